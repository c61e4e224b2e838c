import { execFileSync, spawn } from 'node:child_process';
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

    test('the timeline tells of each process when it did what, and is worked by keys', async () => {
      const holder = spawn(
        'python3',
        [
          '-c',
          "import os,time; f=os.open('srv/www',os.O_TMPFILE|os.O_RDWR,0o600); os.write(f,b'x'*5000); time.sleep(600)",
        ],
        { cwd: overlay.mount },
      );
      try {
        const told = live(page).getByRole('listitem');
        await expect(told.filter({ hasText: /^python3 \d+: .*#\d+ in srv\/www · O_TMPFILE.*, lives/ })).toHaveCount(1);
        await expect(live(page).getByText(/^1 held now/)).toBeVisible();
        await page.keyboard.press('F6');
        const timeline = live(page).getByRole('group', { name: 'Timeline' });
        await timeline.focus();
        await page.keyboard.press('ArrowLeft');
        await expect(live(page).getByRole('button', { name: 'Back to now' })).toBeVisible();
        await page.keyboard.press('End');
        await expect(live(page).getByRole('button', { name: 'Back to now' })).toBeHidden();
        await page.keyboard.press('-');
        await expect(live(page).getByRole('button', { name: /^Span of the timeline: 15 s/ })).toBeVisible();
        // The lane of what lives stands first; its one item is the file.
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('.');
        await expect(
          live(page)
            .getByRole('status')
            .filter({ hasText: /O_TMPFILE/ }),
        ).toHaveCount(1);
        await page.keyboard.press('Enter');
        await expect(row(page, /^www/)).toHaveAttribute('aria-selected', 'true');
      } finally {
        holder.kill();
      }
      await expect(live(page).getByText(/^0 held now/)).toBeVisible();
    });
  });
}
