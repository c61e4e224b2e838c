/** Where things are in the page, by their roles and names. */
import { expect, type Locator, type Page } from '@playwright/test';

export const tree = (page: Page): Locator => page.getByRole('treegrid', { name: 'Entries' });
export const row = (page: Page, name: string | RegExp): Locator => tree(page).getByRole('row', { name });
export const inspector = (page: Page): Locator => page.getByRole('complementary', { name: 'Inspector' });
export const sources = (page: Page): Locator => page.getByRole('navigation', { name: 'Sources' });
export const dialog = (page: Page): Locator => page.getByRole('dialog');

export const THEMES = ['dark', 'light', 'contrast'] as const;

/** Goes to a path by the jump box. */
export async function jump(page: Page, path: string): Promise<void> {
  await expect(dialog(page)).toBeHidden();
  await page.keyboard.press('Control+p');
  // The box takes the keyboard a moment after it opens.
  await expect(dialog(page).getByRole('combobox')).toBeFocused();
  await page.keyboard.type(path);
  await page.keyboard.press('Enter');
  await expect(dialog(page)).toBeHidden();
}

/** Runs a command of the palette by its whole title. */
export async function command(page: Page, title: string): Promise<void> {
  await expect(dialog(page)).toBeHidden();
  await page.keyboard.press('Control+Shift+P');
  // The box takes the keyboard a moment after it opens.
  await expect(dialog(page).getByRole('combobox')).toBeFocused();
  await page.keyboard.type(title);
  await expect(page.getByRole('option').first()).toContainText(title);
  await page.keyboard.press('Enter');
}

/** Names of the rows in sight, in their order. */
export const names = (page: Page): Promise<string[]> => tree(page).locator('.body .nm .x').allTextContents();

/** Fills "Open directories…" with these lowers, an upper or none, and opens them. */
export async function openDirectories(page: Page, lowers: readonly string[], upper?: string): Promise<void> {
  await page
    .getByRole('button', { name: /Open directories/ })
    .first()
    .click();
  await expect(dialog(page)).toBeVisible();
  for (const [at, path] of lowers.entries()) {
    const field = dialog(page).getByRole('combobox', { name: `Lower ${at + 1}`, exact: true });
    if ((await field.count()) === 0) await dialog(page).getByRole('button', { name: 'Add a lower' }).click();
    await field.fill(path);
  }
  if (upper !== undefined) await dialog(page).getByRole('combobox', { name: 'Upper', exact: true }).fill(upper);
  await dialog(page).getByRole('button', { name: 'Open', exact: true }).click();
}
