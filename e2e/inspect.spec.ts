import { rmSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { FORMS, type OpenApp } from './forms.ts';
import { type Opened, openOverlay } from './opened.ts';
import type { TestOverlay } from './overlay.ts';
import { inspector, jump, row, THEMES } from './page.ts';

async function setTheme(page: Page, theme: (typeof THEMES)[number]): Promise<void> {
  await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
}

/** No violation in any theme; the state is named in what fails. */
async function expectAccessible(page: Page, state: string): Promise<void> {
  for (const theme of THEMES) {
    await setTheme(page, theme);
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    expect(told, `${state}, ${theme}`).toEqual([]);
  }
  await setTheme(page, 'dark');
}

for (const form of FORMS) {
  test.describe(`the ${form}`, () => {
    let overlay: TestOverlay;
    let app: OpenApp;
    let page: Page;
    let opened: Opened | undefined;

    test.beforeEach(async () => {
      opened = await openOverlay(form);
      ({ app, overlay, page } = opened);
    });
    test.afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });

    test('opens a mount, expands it, shows what is hidden and inspects', async () => {
      await row(page, /^etc/).click();
      await page.keyboard.press('ArrowRight');
      await expect(row(page, /^passwd/)).toContainText('copied up');
      await expect(row(page, /^motd/)).toContainText('whiteout');

      await row(page, /^passwd/).click();
      await expect(inspector(page)).toContainText('copied up');
      for (const tab of ['Layers', 'Inodes', 'Xattrs', 'Explain']) {
        await inspector(page).getByRole('tab', { name: tab }).click();
        await expect(inspector(page).getByRole('tabpanel')).not.toBeEmpty();
      }
      await inspector(page).getByRole('tab', { name: 'Xattrs' }).click();
      await expect(inspector(page)).toContainText('trusted.overlay.origin');

      await page.getByRole('button', { name: /Show hidden/ }).click();
      await jump(page, 'srv/www/index.html');
      await row(page, /^v1/).click();
      await page.keyboard.press('ArrowRight');
      await expect(row(page, /^app\.js/).first()).toContainText(/hidden/);
    });

    test('names that would deceive are shown as escapes and never run', async () => {
      let ran = false;
      page.on('dialog', (dialog) => {
        ran = true;
        void dialog.dismiss();
      });
      await jump(page, 'srv/www/index.html');
      await expect(row(page, /^<img src=x/)).toBeVisible();
      await expect(row(page, /^line\\nbreak \\e/)).toContainText('\\u{202e}');
      expect(ran).toBe(false);
    });

    test('is worked without the mouse: jump, find, inspect, palette, panes', async () => {
      await jump(page, 'hostname');
      await expect(row(page, /^hostname/)).toHaveAttribute('aria-selected', 'true');
      await expect(inspector(page)).toContainText('etc/hostname');
      await page.keyboard.press('Home');
      await expect(row(page, /^\//)).toHaveAttribute('aria-selected', 'true');
      await page.keyboard.press('End');
      await page.keyboard.type('va');
      await expect(row(page, /^var/)).toHaveAttribute('aria-selected', 'true');
      await page.keyboard.press('ArrowRight');
      await expect(row(page, /^log/)).toBeVisible();
      await page.keyboard.press('ArrowRight');
      await expect(row(page, /^log/)).toHaveAttribute('aria-selected', 'true');
      await page.keyboard.press('Control+f');
      await page.keyboard.type('passwd');
      await page.keyboard.press('Enter');
      await expect(row(page, /^passwd/)).toHaveAttribute('aria-selected', 'true');
      await page.keyboard.press('Escape');
      await page.keyboard.press('F6');
      await page.keyboard.press('Control+Shift+P');
      await expect(page.getByRole('dialog')).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
    });

    test('a layer that is deleted while it is open is told beside the rest', async () => {
      rmSync(overlay.layer('site'), { recursive: true, force: true });
      await page.keyboard.press('F5');
      await expect(page.getByText(/missing|could not be read|cannot be read|can’t be read/i).first()).toBeVisible();
      await expect(row(page, /^etc/)).toBeVisible();
    });

    test('an engine that dies leaves the picture, and is started again', async () => {
      app.killEngine();
      const again = page.getByRole('button', { name: /again/i });
      await expect(again).toBeVisible();
      await expect(row(page, /^etc/)).toBeVisible();
      await again.click();
      await expect(again).toBeHidden();
      // The rows of before stay on show until the new engine has its own.
      await expect(async () => {
        await row(page, /^etc/).click();
        await page.keyboard.press('ArrowRight');
        await expect(row(page, /^passwd/)).toBeVisible({ timeout: 1000 });
      }).toPass();
    });

    test('has no accessibility violation in any state and theme', async () => {
      test.setTimeout(180_000);
      await expectAccessible(page, 'rows');
      await row(page, /^etc/).click();
      await page.keyboard.press('ArrowRight');
      await page.getByRole('button', { name: /Show hidden/ }).click();
      await row(page, /^passwd/).click();
      for (const tab of ['Explain', 'Layers', 'Inodes', 'Xattrs']) {
        await inspector(page).getByRole('tab', { name: tab }).click();
        await expect(inspector(page).getByRole('tabpanel')).not.toBeEmpty();
        await expectAccessible(page, `inspector: ${tab}, hidden rows`);
      }
      await page.keyboard.press('Control+Shift+P');
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page, 'palette');
      await page.keyboard.press('Escape');
      await page
        .getByRole('button', { name: /Open directories/ })
        .first()
        .click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await expectAccessible(page, 'dialog');
      await page.keyboard.press('Escape');
      app.killEngine();
      await expect(page.getByRole('button', { name: /again/i })).toBeVisible();
      await expectAccessible(page, 'engine died');
    });

    test('keeps pictures of itself', async () => {
      await row(page, /^etc/).click();
      await page.keyboard.press('ArrowRight');
      await row(page, /^passwd/).click();
      await expect(inspector(page)).toContainText('copied up');
      for (const theme of THEMES) {
        await setTheme(page, theme);
        await page.screenshot({ path: test.info().outputPath(`${form}-${theme}.png`) });
      }
    });
  });
}
