import { statSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { FORMS, type OpenApp, openApp } from './forms.ts';
import { type MixedOverlay, makeMixedOverlay } from './mixed.ts';
import { command, dialog, inspector, jump, row, sources, THEMES, tree } from './page.ts';

/** What is the matter with a stack: badges in the tree, the view by code, cause and cure beside it. */
const findings = (page: Page) => page.getByRole('grid', { name: 'Findings' });

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
}

for (const form of FORMS) {
  test.describe(`the findings in the ${form}`, () => {
    let overlay: MixedOverlay;
    let app: OpenApp;
    test.beforeAll(async () => {
      overlay = makeMixedOverlay();
      app = await openApp(form, { mount: overlay.mount });
    });
    test.afterAll(async () => {
      await app?.close();
      overlay?.remove();
    });

    test('a badge for what misleads, none for a note', async () => {
      const { page } = app;
      await expect(tree(page)).toBeVisible();
      await jump(page, 'etc/shadow-');
      await expect(row(page, /^shadow link split/)).toBeVisible();
      await expect(row(page, /^passwd/).locator('.badge')).toHaveCount(0);
      await expect(page.getByRole('button', { name: /1 finding, \d+ notes/ })).toBeVisible();
    });

    test('by code, with cause, cure and evidence, by keyboard alone', async () => {
      const { page } = app;
      await page.keyboard.press('Control+m');
      const list = findings(page);
      await expect(list).toBeFocused();
      await expect(list.getByRole('row', { name: /^hardlink-split: .* 1 entry/ })).toBeVisible();
      await expect(list.getByRole('row', { name: /^volatile-dir-ino: .* 3 entries/ })).toBeVisible();
      await page.keyboard.press('Home');
      const split = list.getByRole('row', { name: /^hardlink-split: etc\/shadow: / });
      for (let step = 0; step < 20 && (await split.getAttribute('aria-selected')) !== 'true'; step++)
        await page.keyboard.press('ArrowDown');
      const card = inspector(page).getByRole('article', { name: /^hardlink-split/ });
      await expect(card).toContainText('Cause.');
      await expect(card).toContainText('index');
      await expect(card).toContainText('Before and after');
      await expect(card.getByRole('row', { name: /^etc\/shadow- 1/ })).toBeVisible();
      await expect(inspector(page).getByRole('tab', { name: 'Finding' })).toHaveAttribute('data-state', 'active');
    });

    test('what was found stands beside the stack, and its cures come as a script', async () => {
      const { page } = app;
      await expect(sources(page).getByRole('button', { name: /1 finding$/ })).toBeVisible();
      await page.getByRole('button', { name: 'Write a script of the cures…' }).click();
      await expect(dialog(page).getByRole('alert')).toContainText('The upper is mounted');
      await dialog(page).getByRole('button', { name: 'Write it all the same' }).click();
      await expect(dialog(page).locator('pre')).toContainText('# hardlink-split: etc/shadow');
      await dialog(page).getByRole('button', { name: 'Copy' }).click();
      await expect.poll(app.clipboard).toMatch(/^#!\/bin\/bash\n/);
      await expectAccessible(page);
      await page.keyboard.press('Escape');
      await expect(dialog(page)).toBeHidden();
    });

    test('more of a note are shown when asked for; one severity alone', async () => {
      const { page } = app;
      await findings(page)
        .getByRole('row', { name: /^volatile-dir-ino: show 2 more/ })
        .click();
      await expect(findings(page).getByRole('row', { name: /^volatile-dir-ino: etc: / })).toBeVisible();
      await page.getByRole('button', { name: '1 warning' }).click();
      await expect(findings(page).getByRole('row', { name: /^volatile/ })).toHaveCount(0);
      await page.getByRole('button', { name: 'All', exact: true }).click();
    });

    test('is readable in every theme', async () => {
      const { page } = app;
      for (const theme of THEMES) {
        await command(page, theme === 'contrast' ? 'Theme: high contrast' : `Theme: ${theme}`);
        await expect(page.locator(`[data-theme="${theme}"]`)).toBeVisible();
        await page.screenshot({ path: test.info().outputPath(`findings-${form}-${theme}.png`) });
        await expectAccessible(page);
      }
    });

    test('Ctrl+P takes a number, and the message of a program', async () => {
      const { page } = app;
      const { ino } = statSync(join(overlay.lower, 'opt/tool'), { bigint: true });
      await page.keyboard.press('Control+p');
      await expect(page.getByRole('dialog').getByRole('combobox')).toBeFocused();
      await page.keyboard.type(String(ino));
      const options = page.getByRole('dialog').getByRole('option');
      await expect(options.filter({ hasText: /^st_ino\s*opt\/tool/ })).toContainText('on P1');
      await expect(options.filter({ hasText: /^real\s*opt\/tool/ })).toContainText('lower 1');
      await page.screenshot({ path: test.info().outputPath(`number-${form}.png`) });
      await page.keyboard.press('Control+a');
      await page.keyboard.type("mv: cannot move 'etc' to 'e': Invalid cross-device link");
      await expect(options.filter({ hasText: 'rename-exdev' }).first()).toBeVisible();
      await page.screenshot({ path: test.info().outputPath(`message-${form}.png`) });
      await page.keyboard.press('Escape');
    });

    test('Enter shows the entry in the tree, Escape goes back', async () => {
      const { page } = app;
      await findings(page).focus();
      await page.keyboard.press('Escape');
      await expect(tree(page)).toBeFocused();
    });
  });
}
