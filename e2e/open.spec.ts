import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import Database from 'better-sqlite3';
import { removeHome } from './app.ts';
import { FORMS, type OpenApp, openApp } from './forms.ts';
import { command, dialog, inspector, jump, names, openDirectories, row, sources, tree } from './page.ts';

/** What the next start is to open, as the store has it; empty where nothing is stored yet. */
function storedSession(home: string): string {
  const db = new Database(join(home, 'data/stratoscope/stratoscope.db'), { readonly: true });
  try {
    const row = db.prepare("SELECT value FROM setting WHERE key = 'session'").get() as { value: string } | undefined;
    return row?.value ?? '';
  } finally {
    db.close();
  }
}

const header = (app: OpenApp, name: string | RegExp) => tree(app.page).getByRole('columnheader', { name });

for (const form of FORMS) {
  test.describe(`the ${form}`, () => {
    let folder: string;
    let home: string;
    let lowers: string[];
    let app: OpenApp;

    test.beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'stratoscope-open-'));
      home = mkdtempSync(join(tmpdir(), 'stratoscope-home-'));
      lowers = ['new', 'old'].map((name) => join(folder, name));
      for (const path of lowers) mkdirSync(join(path, 'etc'), { recursive: true });
      writeFileSync(join(folder, 'new/etc/hosts'), 'x'.repeat(300));
      writeFileSync(join(folder, 'old/etc/hosts'), 'x');
      writeFileSync(join(folder, 'old/etc/fstab'), 'x'.repeat(9000));
      writeFileSync(join(folder, 'old/readme'), '');
      app = await openApp(form, { home });
    });
    test.afterEach(async () => {
      await app?.close();
      await removeHome(home);
      rmSync(folder, { recursive: true });
    });

    test('opens plain directories; what is wrong with one is said at its field', async () => {
      const { page } = app;
      await openDirectories(page, [lowers[0] as string, join(folder, 'none')]);
      const field = dialog(page).getByRole('combobox', { name: 'Lower 2', exact: true });
      await expect(field).toHaveAttribute('aria-invalid', 'true');
      await expect(field).toHaveAccessibleDescription(/there is nothing at this path/);
      await expect(dialog(page).getByRole('combobox', { name: 'Lower 1', exact: true })).toHaveAttribute(
        'aria-invalid',
        'false',
      );
      await field.fill(lowers[1] as string);
      await dialog(page).getByRole('button', { name: 'Open', exact: true }).click();
      await expect(dialog(page)).toBeHidden();
      await jump(page, 'etc/hosts');
      await expect(row(page, /^hosts/)).toHaveAttribute('aria-selected', 'true');
      await expect(row(page, /^hosts/).getByRole('img')).toHaveAccessibleName('lower 1 used; lower 2 hidden');
      await expect(row(page, /^fstab/).getByRole('img')).toHaveAccessibleName('lower 2 used');
    });

    test('sorts by a column, within each directory, and shows the columns that are chosen', async () => {
      const { page } = app;
      await openDirectories(page, lowers);
      await jump(page, 'etc/hosts');
      await expect.poll(() => names(page)).toEqual(['/', 'etc', 'fstab', 'hosts', 'readme']);
      await header(app, /Size/).getByRole('button').click();
      await expect(header(app, /Size/)).not.toHaveAttribute('aria-sort', 'none');
      const first = (await header(app, /Size/).getAttribute('aria-sort')) as string;
      const bySize = ['fstab', 'hosts'];
      const inOrder = (sort: string): string[] => (sort === 'ascending' ? [...bySize].reverse() : bySize);
      const inEtc = async (): Promise<string[]> => (await names(page)).filter((name) => bySize.includes(name));
      await expect.poll(inEtc).toEqual(inOrder(first));
      await header(app, /Size/).getByRole('button').click();
      const second = first === 'ascending' ? 'descending' : 'ascending';
      await expect(header(app, /Size/)).toHaveAttribute('aria-sort', second);
      await expect.poll(inEtc).toEqual(inOrder(second));
      await page.getByRole('button', { name: 'Columns' }).click();
      await page.getByRole('menuitemcheckbox', { name: 'Status' }).click();
      await page.keyboard.press('Escape');
      await expect(header(app, 'Status')).toHaveCount(0);
      await expect(header(app, /Size/)).toHaveCount(1);
    });

    test('keeps saved stacks, theme, order, columns and open directories for the next start', async () => {
      await openDirectories(app.page, lowers);
      await jump(app.page, 'etc/hosts');
      await command(app.page, 'Save this stack');
      await dialog(app.page).getByRole('textbox', { name: 'Name' }).fill('two layers');
      await dialog(app.page).getByRole('button', { name: 'Save', exact: true }).click();
      await expect(sources(app.page).getByRole('button', { name: 'two layers' })).toBeVisible();
      await command(app.page, 'Theme: light');
      await command(app.page, 'Sort by size');
      await app.page.getByRole('button', { name: 'Columns' }).click();
      await app.page.getByRole('menuitemcheckbox', { name: 'Status' }).click();
      await app.page.keyboard.press('Escape');
      await expect(header(app, 'Status')).toHaveCount(0);
      const order = await header(app, /Size/).getAttribute('aria-sort');
      await expect.poll(() => storedSession(home)).toContain('etc/hosts');
      await app.close();

      // Nobody has to open anything: what was open comes back by itself, as it stood.
      app = await openApp(form, { home });
      await expect(app.page.locator('html')).toHaveAttribute('data-theme', 'light');
      // Choosing the stack that is just coming back takes nothing of it away.
      await sources(app.page).getByRole('button', { name: 'two layers' }).click();
      await expect(row(app.page, /^hosts/)).toHaveAttribute('aria-selected', 'true');
      await expect(row(app.page, /^fstab/)).toBeVisible();
      await expect(header(app, /Size/)).toHaveAttribute('aria-sort', order as string);
      await expect(header(app, 'Status')).toHaveCount(0);
      await row(app.page, /^fstab/).click();
      await expect(inspector(app.page)).toContainText('etc/fstab');
      await expect.poll(() => storedSession(home)).toContain('etc/fstab');
      await app.close();

      app = await openApp(form, { home });
      await expect(row(app.page, /^fstab/)).toHaveAttribute('aria-selected', 'true');
    });
  });
}
