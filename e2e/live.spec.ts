import { execFileSync } from 'node:child_process';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { FORMS, type OpenApp, openApp } from './forms.ts';
import { makeOverlay, type TestOverlay } from './overlay.ts';
import { jump, row } from './page.ts';
import { isRoot, NEEDS_ROOT } from './plain-user.ts';

test.skip(!isRoot, NEEDS_ROOT);

const live = (page: Page): Locator => page.getByRole('region', { name: 'Live' });
const event = (page: Page, name: RegExp): Locator => live(page).getByRole('row', { name });

for (const form of FORMS) {
  test.describe(`the live lane in the ${form}`, () => {
    let overlay: TestOverlay;
    let app: OpenApp;
    let page: Page;
    const sh = (script: string): void => {
      execFileSync('bash', ['-c', script], { cwd: overlay.mount, stdio: ['ignore', 'ignore', 'pipe'] });
    };
    test.beforeAll(async () => {
      overlay = makeOverlay();
      app = await openApp(form, { mount: overlay.mount });
      page = app.page;
      await expect(row(page, /^etc/)).toBeVisible();
      await expect(page.getByText(/^live · \d/)).toBeVisible();
    });
    test.afterAll(async () => {
      await app?.close();
      overlay?.remove();
    });

    test('a copy-up stands in it with its process', async () => {
      await jump(page, 'etc/hostname');
      await expect(row(page, /^hostname/)).toContainText('lower');
      sh('chmod 600 etc/hostname');
      const copied = event(page, /copied-up etc\/hostname/);
      await expect(copied).toBeVisible();
      await expect(copied).toContainText(/chmod \d+/);
      await page.screenshot({ path: test.info().outputPath(`${form}.png`) });
    });
  });
}
