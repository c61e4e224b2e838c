import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { aloneProgram } from './alone.ts';
import { FORMS, openApp } from './forms.ts';
import { dialog, row, sources } from './page.ts';
import { isRoot, NEEDS_ROOT } from './plain-user.ts';

test.skip(!isRoot, NEEDS_ROOT);

for (const form of FORMS) {
  test(`the ${form} offers the demo where nothing is mounted, shows it, and takes it away when it ends`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stratoscope-first-'));
    const place = join(folder, 'demo');
    const app = await openApp(form, { within: (command) => aloneProgram(folder, command) });
    try {
      const { page } = app;
      await expect(page.getByRole('heading', { name: 'No overlay mount in sight' })).toBeVisible();
      await page.screenshot({ path: test.info().outputPath(`${form}-first-start.png`) });
      await page.getByRole('button', { name: 'Open the demo', exact: true }).click();
      await dialog(page).getByRole('combobox', { name: 'Folder of the demo' }).fill(place);
      await dialog(page).getByRole('button', { name: 'Open the demo' }).click();
      await expect(row(page, /^etc/)).toBeVisible({ timeout: 30_000 });
      await expect(sources(page).getByRole('button', { name: join(place, 'merged') })).toBeVisible();
      expect(readdirSync(place)).toContain('upper');
    } finally {
      await app.close();
    }
    await expect.poll(() => existsSync(place)).toBe(false);
    await rm(folder, { recursive: true });
  });
}
