import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { launchWindow } from './app.ts';
import { row } from './page.ts';

/** So many lowers: `all` stands in each, `top` in the first, `last` in the last. */
function makeLowers(folder: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const path = join(folder, `layer${at + 1}`);
    mkdirSync(join(path, 'all'), { recursive: true });
    if (at === 0) writeFileSync(join(path, 'top'), '');
    if (at === count - 1) writeFileSync(join(path, 'last'), '');
    return path;
  });
}

/** Cells of the strip of `all`, which stands everywhere, and how many layers found no room. */
const EXPECTED = [
  { count: 2, cells: ['1', '2'], more: '' },
  { count: 4, cells: ['1', '2', '3', '4'], more: '' },
  { count: 24, cells: ['1', '2', '3', '4', '5'], more: '+19' },
  { count: 500, cells: ['1', '2', '3', '4', '5'], more: '+495' },
];

for (const { count, cells, more } of EXPECTED) {
  test(`the strip of ${count} layers`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stratoscope-strip-'));
    const lowers = makeLowers(folder, count);
    const window = await launchWindow({ stack: { kind: 'directories', lowers } });
    try {
      const { page } = window;
      await expect(row(page, /^last/)).toBeVisible();
      const strip = (name: RegExp) => row(page, name).locator('.col-layers [role="img"]');
      await expect(strip(/^top/)).toHaveAccessibleName('lower 1 used');
      await expect(strip(/^last/)).toHaveAccessibleName(`lower ${count} used`);
      await expect(strip(/^all/)).toHaveAccessibleName(`lowers 1 to ${count} used`);
      if (more === '') {
        // Each layer has its place, in a picture as wide as all of them.
        await expect(strip(/^all/)).toHaveAttribute('width', String(cells.length * 15 - 3));
      } else {
        await expect(strip(/^all/).locator('.lab')).toHaveText(cells);
        await expect(strip(/^all/).locator('.more')).toHaveText(more);
        await expect(strip(/^last/).locator('.lab')).toHaveText([String(count)]);
      }
      await page.screenshot({ path: test.info().outputPath(`strip-${count}.png`) });
    } finally {
      await window.close();
      rmSync(folder, { recursive: true });
    }
  });
}

test('one layer alone is no stack, and is refused in a sentence', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stratoscope-strip-'));
  const window = await launchWindow({ stack: { kind: 'directories', lowers: makeLowers(folder, 1) } });
  try {
    await expect(window.page.getByRole('alert')).toContainText('One lower alone, without an upper, is no union');
  } finally {
    await window.close();
    rmSync(folder, { recursive: true });
  }
});
