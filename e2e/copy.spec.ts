import { readFile } from 'node:fs/promises';
import { expect, type Page, test } from '@playwright/test';
import { FORMS, type OpenApp } from './forms.ts';
import { type Opened, openOverlay } from './opened.ts';
import { command, dialog, jump, names, row } from './page.ts';

const HOSTILE = 'srv/www/<img src=x onerror=alert(1)>';

for (const form of FORMS) {
  test.describe(`the ${form}`, () => {
    let app: OpenApp;
    let page: Page;
    let opened: Opened | undefined;

    test.beforeEach(async () => {
      opened = await openOverlay(form);
      ({ app, page } = opened);
    });
    test.afterEach(async () => {
      await opened?.close();
      opened = undefined;
    });

    /** The rows shown, written by the dialog, as the file holds them. */
    async function exported(format: 'NDJSON' | 'CSV'): Promise<string[]> {
      await command(page, 'Export the rows shown');
      await dialog(page).getByRole('radio', { name: format }).check();
      const path = test.info().outputPath(`entries.${format}`);
      await app.saved(path, () => dialog(page).getByRole('button', { name: 'Export' }).click());
      await expect(dialog(page)).toBeHidden();
      return (await readFile(path, 'utf8')).trimEnd().split('\n');
    }

    test('copies the path as it is, and quoted for a shell', async () => {
      await jump(page, HOSTILE);
      await expect(row(page, /^<img/)).toHaveAttribute('aria-selected', 'true');
      await page.keyboard.press('Control+Shift+C');
      await expect.poll(app.clipboard).toBe(HOSTILE);
      await page.keyboard.press('Control+Alt+C');
      await expect.poll(app.clipboard).toBe(`'${HOSTILE}'`);
    });

    test('exports the rows shown, in their order, as NDJSON and as CSV', async () => {
      await jump(page, 'etc/passwd');
      await expect(row(page, /^passwd/)).toBeVisible();
      const shown = await names(page);

      const lines = (await exported('NDJSON')).map((line) => JSON.parse(line));
      const [{ meta }, ...rows] = lines;
      expect(meta).toMatchObject({ contract: 1, kind: 'overlay' });
      expect(rows.map(({ path }) => (path === '' ? '/' : path.split('/').at(-1)))).toEqual(
        shown.map((name) => name.replace(/ → .*$/, '')),
      );
      expect(rows.find(({ path }) => path === 'etc/passwd')).toMatchObject({
        provenance: 'copied-up',
        type: 'file',
      });

      const [head, ...cells] = await exported('CSV');
      expect((head as string).toLowerCase()).toContain('path');
      expect(cells).toHaveLength(shown.length);
      expect(cells.find((line) => line.includes('etc/passwd'))).toContain('copied up');
    });
  });
}
