import { type Browser, chromium, expect, type Page, test } from '@playwright/test';
import { serve } from '../electron/cli/serve.ts';
import { CSP_META } from '../shared/csp.ts';
import { CHROMIUM, launchWindow, ROOT } from './app.ts';

/** The app's own page keeps to the policy: it has it, and nothing that it does is held back by it. */
async function expectPolicy(page: Page): Promise<void> {
  await expect(page.locator('meta[http-equiv="Content-Security-Policy"]')).toHaveAttribute('content', CSP_META);
  // Everything that is drawn at the start and by the palette.
  await expect(page.getByRole('navigation', { name: 'Sources' })).toBeVisible();
  await page.keyboard.press('Control+Shift+P');
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
}

/** What the console says of the policy, from before the page begins. */
function violations(page: Page): string[] {
  const found: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) found.push(message.text());
  });
  return found;
}

test('in the window', async () => {
  const { page, close } = await launchWindow();
  try {
    const found = violations(page);
    await page.reload();
    await expectPolicy(page);
    expect(found).toEqual([]);
  } finally {
    await close();
  }
});

test('in a browser', async () => {
  const serving = await serve({ dist: `${ROOT}/dist`, port: 0, onNotice: () => {} });
  let browser: Browser | null = null;
  try {
    browser = await chromium.launch({ executablePath: CHROMIUM });
    const page = await browser.newPage();
    const found = violations(page);
    await page.goto(serving.url);
    await expectPolicy(page);
    expect(found).toEqual([]);
  } finally {
    await browser?.close();
    await serving.close();
  }
});
