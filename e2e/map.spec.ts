import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { FORMS, type OpenApp, openApp } from './forms.ts';
import { type MixedOverlay, makeMixedOverlay } from './mixed.ts';
import { command, inspector, THEMES, tree } from './page.ts';

/** The inode map in the window: made when it is asked for, both ways, drawn with its bits. */
for (const form of FORMS) {
  test.describe(`the inode map in the ${form}`, () => {
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

    test('is kept once it is asked for', async () => {
      const { page } = app;
      await expect(tree(page)).toBeVisible();
      await command(page, 'Inode map of 2017');
      const map = page.getByRole('region', { name: 'Inode map' });
      await expect(map).toContainText('no map of this stack yet');
      await map.getByRole('button', { name: 'Keep a map of this stack' }).click();
      const rows = map.getByRole('grid', { name: 'Mappings' }).getByRole('row');
      await expect(rows.filter({ hasText: 'etc/passwd' })).toBeVisible();
      await expect(map).toContainText('2 mappings');
      await expect(map.getByRole('img', { name: /upper numbers/ })).toBeVisible();
      await map.getByRole('button', { name: 'by lower' }).click();
      await expect(rows.filter({ hasText: 'etc/passwd' })).toBeVisible();
    });

    test('is readable in every theme, and leads to the tree by keyboard', async () => {
      const { page } = app;
      for (const theme of THEMES) {
        await command(page, theme === 'contrast' ? 'Theme: high contrast' : `Theme: ${theme}`);
        await expect(page.locator(`[data-theme="${theme}"]`)).toBeVisible();
        await page.screenshot({ path: test.info().outputPath(`map-${form}-${theme}.png`) });
        const { violations } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
      }
      const grid = page.getByRole('grid', { name: 'Mappings' });
      await grid.focus();
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await expect(tree(page)).toBeFocused();
      await expect(inspector(page).getByRole('heading', { level: 2 })).toContainText(/etc/);
    });
  });
}
