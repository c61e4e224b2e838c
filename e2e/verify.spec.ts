import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { FORMS, type OpenApp, openApp } from './forms.ts';
import { type MixedOverlay, makeMixedOverlay } from './mixed.ts';
import { command, dialog, inspector, jump, openDirectories, row, THEMES, tree } from './page.ts';

/** The kernel asked through the mount, once the person has said yes: what differs, and why. */
const view = (page: Page): Locator => page.getByRole('region', { name: 'Verify', exact: true });
const differences = (page: Page): Locator => page.getByRole('grid', { name: 'What differs' });

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
  test.describe(`verify in the ${form}`, () => {
    let overlay: MixedOverlay;
    let app: OpenApp;
    let page: Page;
    const open = async (): Promise<void> => {
      app = await openApp(form, { mount: overlay.mount });
      page = app.page;
      await expect(row(page, /^etc/)).toBeVisible();
    };
    /** All that a look could change in the upper. */
    const upper = (): string =>
      execFileSync('sh', ['-c', 'find . -printf "%p %C@ %i\\n" | sort; getfattr -Rdm- -e hex . 2>/dev/null'], {
        cwd: join(overlay.mount, '../upper'),
        encoding: 'utf8',
      });
    test.beforeEach(() => {
      overlay = makeMixedOverlay();
    });
    test.afterEach(async () => {
      await app?.close();
      overlay?.remove();
      delete process.env.STRATOSCOPE_WITHOUT_ROW;
    });

    test('says first what looking can change, and looks only when told to', async () => {
      await open();
      const before = upper();
      await jump(page, 'etc/passwd');
      await page.keyboard.press('Control+Alt+V');
      await expect(dialog(page).getByRole('note')).toContainText('overlay.origin and overlay.impure into the upper');
      await expect(dialog(page).getByRole('radio', { name: /^The selected entry, etc\/passwd/ })).toBeChecked();
      await expectAccessible(page, `verify-dialog-${form}`);
      await page.keyboard.press('Escape');
      await expect(dialog(page)).toBeHidden();
      expect(upper()).toBe(before);
      await page.getByRole('button', { name: 'Verify…' }).click();
      await dialog(page).getByRole('button', { name: 'Look through the mount' }).click();
      await expect(view(page).getByRole('status').first()).toContainText('etc/passwd: 1 path · 7 answers compared');
      await expect(view(page)).toContainText('The kernel says the same');
      // What was asked stands in the report.
      await page.keyboard.press('Escape');
      await expect(tree(page)).toBeFocused();
      await inspector(page).getByRole('tab', { name: 'Inodes' }).click();
      await inspector(page).getByRole('button', { name: 'Copy report' }).click();
      const ino = statSync(join(overlay.mount, 'etc/passwd'), { bigint: true }).ino;
      await expect.poll(app.clipboard).toContain(`ino ${ino}, as predicted`);
      await inspector(page).getByRole('button', { name: 'Copy script' }).click();
      await expect.poll(app.clipboard).toMatch(/^#!\/bin\/bash\n# etc\/passwd: copied up; /);
    });

    test('looks at chosen paths, at a directory, or at all, and shows what differs with its cause', async () => {
      // The kernel remembers that there is none, and is not told of the one that comes.
      expect(() => statSync(join(overlay.mount, 'opt/late'))).toThrow();
      execFileSync('touch', [join(overlay.lower, 'opt/late')]);
      await open();
      await command(page, 'Verify…');
      await dialog(page)
        .getByRole('radio', { name: /^These paths/ })
        .check();
      const paths = dialog(page).getByRole('textbox', { name: /^Paths/ });
      await paths.fill('../x');
      await expect(dialog(page)).toContainText('write it from the merged root');
      await expect(dialog(page).getByRole('button', { name: 'Look through the mount' })).toBeDisabled();
      await paths.fill('/etc/passwd\nopt/tool\n');
      await dialog(page).getByRole('button', { name: 'Look through the mount' }).click();
      await expect(view(page)).toContainText('2 paths: 2 paths · ');

      await command(page, 'Verify…');
      await dialog(page)
        .getByRole('radio', { name: /^Everything: \d+ objects/ })
        .check();
      await page.keyboard.press('Enter');
      const list = differences(page);
      await expect(list).toBeFocused();
      await expect(list.getByRole('row', { name: /^changed under the mount/ })).toContainText('Unmount it');
      await page.keyboard.press('Home');
      const late = list.getByRole('row', { name: /^opt\/late lookup ok ENOENT/ });
      for (let step = 0; step < 20 && (await late.getAttribute('aria-selected')) !== 'true'; step++)
        await page.keyboard.press('ArrowDown');
      await expect(page.getByRole('article', { name: 'Evidence' })).toContainText('changed under the mount');
      await expect(inspector(page).getByRole('heading', { level: 2 })).toContainText('opt/late');
      await expectAccessible(page, `verify-${form}`);
      await page.keyboard.press('Enter');
      await expect(row(page, /^late/)).toHaveAttribute('aria-selected', 'true');

      await jump(page, 'etc');
      await expect(row(page, /^etc/).first()).toHaveAttribute('aria-selected', 'true');
      await expect(tree(page)).toBeFocused();
      await page.keyboard.press('Shift+F10');
      await page.getByRole('menuitem', { name: 'Verify…' }).click();
      await dialog(page).getByRole('radio', { name: 'etc and all beneath it' }).check();
      await dialog(page).getByRole('button', { name: 'Look through the mount' }).click();
      await expect(view(page)).toContainText('etc and all beneath it: 4 paths · ');
    });

    test('an error of ours is a bug that can be reported', async () => {
      process.env.STRATOSCOPE_WITHOUT_ROW = 'copied up, origin usable';
      await open();
      await command(page, 'Verify…');
      await dialog(page)
        .getByRole('radio', { name: /^Everything/ })
        .check();
      await page.keyboard.press('Enter');
      const head = differences(page).getByRole('row', { name: /^our error/ });
      await expect(head).toContainText('Report it');
      await head.getByRole('button', { name: 'Copy the evidence' }).click();
      await expect
        .poll(app.clipboard)
        .toMatch(/^Stratoscope .* the kernel refutes .*\nstack {.*}\n{"path":"etc\/passwd"/);
      await expectAccessible(page, `verify-ours-${form}`);
    });

    test('is cancelled while the kernel does not answer, and says so', async () => {
      await open();
      const probe = app.probe();
      await command(page, 'Verify…');
      await dialog(page)
        .getByRole('radio', { name: /^Everything/ })
        .check();
      process.kill(probe, 'SIGSTOP');
      try {
        await page.keyboard.press('Enter');
        await expect(view(page).getByRole('progressbar')).toBeVisible();
        await expect(view(page)).toContainText('Looking…');
        await page.screenshot({ path: test.info().outputPath(`verify-running-${form}.png`) });
        await view(page).getByRole('button', { name: 'Cancel' }).click();
        await expect(view(page)).toContainText('everything: cancelled · 0 differ so far');
      } finally {
        process.kill(probe, 'SIGCONT');
      }
      // What was cancelled says nothing any more; the next one is whole.
      await view(page).getByRole('button', { name: 'Verify again…' }).click();
      await dialog(page)
        .getByRole('radio', { name: /^Everything/ })
        .check();
      await page.keyboard.press('Enter');
      await expect(view(page)).toContainText('everything: 7 paths · ');
    });

    test('plain directories are no mount, and that is said', async () => {
      await open();
      await openDirectories(page, [overlay.lower], join(overlay.mount, '../upper'));
      await expect(row(page, /^etc/)).toBeVisible();
      await expect(page.getByRole('button', { name: 'Verify…' })).toBeDisabled();
    });
  });
}
