import { appendFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { FORMS, type OpenApp, openApp } from './forms.ts';
import { type MixedOverlay, makeMixedOverlay } from './mixed.ts';
import { command, dialog, inspector, jump, row, THEMES, tree } from './page.ts';

/** What was seen of an entry before: in the inspector's tab, beside its number, and switched off and wiped. */
async function expectAccessible(page: Page, state: string): Promise<void> {
  for (const theme of THEMES) {
    await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
    await page.screenshot({ path: test.info().outputPath(`${state}-${theme}.png`) });
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
      `${state}, ${theme}`,
    ).toEqual([]);
  }
}

for (const form of FORMS) {
  test.describe(`the history in the ${form}`, () => {
    let overlay: MixedOverlay;
    let app: OpenApp;
    let page: Page;
    test.beforeEach(async () => {
      overlay = makeMixedOverlay();
      app = await openApp(form, { mount: overlay.mount });
      page = app.page;
      await expect(row(page, /^etc/)).toBeVisible();
    });
    test.afterEach(async () => {
      await app?.close();
      overlay?.remove();
    });

    test('tells which number an entry had until when, and how that ended', async () => {
      await jump(page, 'etc/shadow-');
      await expect(row(page, /^shadow-/)).toHaveAttribute('aria-selected', 'true');
      await inspector(page).getByRole('tab', { name: 'History' }).click();
      await expect(inspector(page)).toContainText('It was never seen otherwise.');
      const before = statSync(join(overlay.mount, 'etc/shadow-'), { bigint: true }).ino;
      // The second name of the hard link is copied up alone.
      appendFileSync(join(overlay.mount, 'etc/shadow-'), 'more\n');
      await tree(page).focus();
      await page.keyboard.press('F5');
      const states = inspector(page).getByRole('tabpanel').getByRole('list').last().getByRole('listitem');
      await expect(states).toHaveCount(2);
      await expect(states.nth(0)).toContainText('until now');
      await expect(states.nth(1)).toContainText(`${before}`);
      await expect(states.nth(1)).toContainText('number changed');
      await expect(states.nth(1)).toContainText('copied up alone, which broke its hard link');
      await expectAccessible(page, `history-${form}`);
      await states
        .nth(1)
        .getByRole('button', { name: `Copy former st_ino ${before}` })
        .click();
      await expect.poll(app.clipboard).toBe(String(before));
      await inspector(page).getByRole('tab', { name: 'Explain' }).click();
      await expect(inspector(page)).toContainText(`was ${before} until`);
      await inspector(page).getByRole('tab', { name: 'Inodes' }).click();
      await expect(inspector(page).getByRole('list', { name: 'From name to number' })).toContainText(`was ${before}`);
    });

    test('is bounded, wiped and switched off in the settings', async () => {
      await jump(page, 'etc/passwd');
      await expect(row(page, /^passwd/)).toHaveAttribute('aria-selected', 'true');
      await inspector(page).getByRole('tab', { name: 'History' }).click();
      await expect(inspector(page)).toContainText('It was never seen otherwise.');
      await inspector(page).getByRole('button', { name: 'What is remembered…' }).click();
      await expect(dialog(page).getByRole('status')).toContainText(/of 1 stack are kept now/);
      const megabytes = dialog(page).getByRole('textbox', { name: 'At most, in megabytes' });
      await expect(megabytes).toHaveValue('200');
      await megabytes.fill('0');
      await expect(dialog(page)).toContainText('A whole number from 1 to 10000');
      await expectAccessible(page, `settings-${form}`);
      await megabytes.fill('50');
      await dialog(page).getByRole('button', { name: 'Wipe…' }).click();
      await dialog(page).getByRole('button', { name: 'Forget everything' }).click();
      await expect(dialog(page).getByRole('status')).toContainText('Nothing is kept now');
      await dialog(page)
        .getByRole('checkbox', { name: /^Remember what each path/ })
        .uncheck();
      await page.keyboard.press('Escape');
      await expect(inspector(page)).toContainText('the history is switched off');
      await command(page, 'Settings…');
      await expect(dialog(page).getByRole('checkbox', { name: /^Remember what each path/ })).not.toBeChecked();
      await expect(dialog(page).getByRole('textbox', { name: 'At most, in megabytes' })).toHaveValue('50');
    });
  });
}
