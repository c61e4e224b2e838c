import { statSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { FORMS, type OpenApp, openApp } from './forms.ts';
import { type MixedOverlay, makeMixedOverlay } from './mixed.ts';
import { dialog, inspector, jump, row, sources, THEMES, tree } from './page.ts';

/** The numbers that a mount shows: as columns, drawn from the name on, copied, and searched for. */
const cell = (page: Page, name: RegExp, column: string): Locator => row(page, name).locator(`[data-col="${column}"]`);
const heads = (page: Page): Promise<string[]> => tree(page).getByRole('columnheader').allTextContents();
const openTab = (page: Page, name: string): Promise<void> => inspector(page).getByRole('tab', { name }).click();

async function expectAccessible(page: Page, state: string): Promise<void> {
  for (const theme of THEMES) {
    await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme);
    const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
      `${state}, ${theme}`,
    ).toEqual([]);
  }
}

for (const form of FORMS) {
  test.describe(`numbers in the ${form}`, () => {
    let overlay: MixedOverlay;
    let other: MixedOverlay | null = null;
    let app: OpenApp;
    let page: Page;
    const begin = async (xino: 'on' | 'off'): Promise<void> => {
      overlay = makeMixedOverlay(xino);
      app = await openApp(form, { mount: overlay.mount });
      page = app.page;
      await expect(row(page, /^etc/)).toBeVisible();
      await jump(page, 'etc/passwd');
      await expect(row(page, /^passwd/)).toHaveAttribute('aria-selected', 'true');
    };
    const real = (path: string): bigint => statSync(join(overlay.lower, path), { bigint: true }).ino;
    /** What the kernel answers; Node reads the highest bit as a sign. */
    const shown = (path: string): bigint =>
      BigInt.asUintN(64, statSync(join(overlay.mount, path), { bigint: true }).ino);
    test.afterEach(async () => {
      await app?.close();
      overlay?.remove();
      other?.remove();
      other = null;
    });

    test('a mapped number stands as filesystem id and real number, and is copied whole', async () => {
      await begin('on');
      await expect(cell(page, /^passwd/, 'ino')).toHaveText(`1·${real('etc/passwd')}`);
      await expect(cell(page, /^passwd/, 'dino')).toHaveText(`1·${real('etc/passwd')}`);
      expect(await heads(page)).not.toContain('st_dev');
      await page.keyboard.press('Control+Alt+I');
      await expect.poll(app.clipboard).toMatch(/^\d{19}$/);
      const predicted = await app.clipboard();
      expect(predicted).toBe(String(shown('etc/passwd')));
      await page.keyboard.press('Shift+F10');
      await page.getByRole('menuitem', { name: 'Copy the real inode number' }).click();
      await expect.poll(app.clipboard).toMatch(/^\d{1,9}$/);
      await expect(cell(page, /^passwd/, 'real')).toContainText(await app.clipboard());
    });

    test('the way from name to number is drawn, each number pressed and copied', async () => {
      await begin('on');
      await expect(inspector(page)).toContainText('found alive, on another filesystem than the upper');
      await expect(inspector(page)).toContainText('xino=on sets fs id 1 above it: stat and readdir give');
      await inspector(page).getByRole('button', { name: 'copied up, origin usable' }).click();
      await expect(inspector(page)).toContainText('What was copied up goes on showing the number');
      await openTab(page, 'Inodes');
      const steps = inspector(page).getByRole('list', { name: 'From name to number' }).getByRole('listitem');
      await expect(steps.locator('h3')).toHaveText([/^Name/, /^Real inodes/, /^Origin/, /^Number/, /^How long/]);
      await expect(steps.nth(2)).toContainText('verified');
      await expect(steps.nth(3).getByRole('img')).toHaveAccessibleName(
        `Bits 63: fs id 1, 62: no counter, 61–0: lower 1’s inode ${real('etc/passwd')}`,
      );
      await expect(steps.nth(4)).toContainText('stays, over copy-up, eviction and remount');
      await steps
        .nth(2)
        .getByRole('button', { name: /^Copy inode that the origin names/ })
        .click();
      await expect.poll(app.clipboard).toBe(String(real('etc/passwd')));
      await steps
        .nth(3)
        .getByRole('button', { name: /^st_ino \d+: find/ })
        .click();
      const meanings = dialog(page).getByRole('option');
      await expect(meanings.filter({ hasText: /^st_ino\s*etc\/passwd/ })).toBeVisible();
      await expect(dialog(page).getByRole('combobox')).toHaveValue(String(shown('etc/passwd')));
      await page.keyboard.press('Escape');
      await openTab(page, 'Inodes');
      await expectAccessible(page, 'the way to a mapped number');
    });

    test('a number is looked for in the mounts that are not open too, and leads there', async () => {
      await begin('on');
      other = makeMixedOverlay('off');
      const { mount, lower } = other;
      await page.keyboard.press('F5');
      await expect(sources(page).getByRole('button', { name: mount })).toBeVisible();
      const number = statSync(join(lower, 'opt/tool'), { bigint: true }).ino;
      await page.keyboard.press('Control+p');
      await expect(dialog(page).getByRole('combobox')).toBeFocused();
      await page.keyboard.type(String(number));
      // Whatever else is mounted on this machine is read too, one after another.
      await dialog(page)
        .getByRole('option', { name: /Search (it|them) too/ })
        .click();
      const there = dialog(page)
        .getByRole('group', { name: mount })
        .getByRole('option', { name: /^st_ino\s*opt\/tool/ });
      await expect(there).toBeVisible({ timeout: 45_000 });
      await there.click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(mount);
      await expect(row(page, /^tool/)).toHaveAttribute('aria-selected', 'true');
    });

    test('in mode none devices stand beside the numbers, and what does not last says so', async () => {
      await begin('off');
      expect(await heads(page)).toContain('st_dev');
      await expect(cell(page, /^passwd/, 'dev')).toHaveText('P1');
      await expect(cell(page, /^passwd/, 'ino')).toHaveText(String(real('etc/passwd')));
      await expect(cell(page, /^passwd/, 'dino').locator('.differs')).toHaveText(/^\d+$/);
      await expect(cell(page, /^etc/, 'ino').locator('em')).toHaveText('volatile');
      await expect(cell(page, /^etc/, 'dev')).toHaveText('overlay');
      await expect(row(page, /^shadow link split/)).toBeVisible();
      await expect(inspector(page)).toContainText('How to read the numbers here');
      await row(page, /^etc/).first().click();
      await openTab(page, 'Inodes');
      await expect(inspector(page).getByRole('list', { name: 'From name to number' })).toContainText(
        'volatile, another number after eviction and remount',
      );
      await expectAccessible(page, 'a volatile number');
      await openTab(page, 'Explain');
      await expectAccessible(page, 'mode none in words');
    });
  });
}
