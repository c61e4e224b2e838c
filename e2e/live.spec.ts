import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import { WatchEvent, WatchMeta } from '../shared/contract/watch.ts';
import { FORMS, type OpenApp, openApp } from './forms.ts';
import { makeOverlay, type TestOverlay } from './overlay.ts';
import { command, dialog, jump, row } from './page.ts';
import { isRoot, NEEDS_ROOT } from './plain-user.ts';

test.skip(!isRoot, NEEDS_ROOT);

const live = (page: Page): Locator => page.getByRole('region', { name: 'Live' });
const words = (page: Page): Locator => live(page).getByRole('textbox', { name: 'Path or process of events' });
const event = (page: Page, name: RegExp): Locator => live(page).getByRole('row', { name });

/** Notes each flash of a row as it begins: what it says, and the row's name. */
async function watchFlashes(page: Page): Promise<{ flashes: () => Promise<string[]>; watch: () => Promise<void> }> {
  return {
    watch: () =>
      page.evaluate(() => {
        const seen: string[] = [];
        Object.assign(window, { seen });
        document.addEventListener('animationstart', ({ target }) => {
          const flash = (target as Element).closest('.flash');
          const change = flash?.className.replace(/^.*is-/, '');
          if (flash) seen.push(`${change} ${flash.parentElement?.querySelector('.x')?.textContent}`);
        });
      }),
    flashes: () => page.evaluate(() => (window as unknown as { seen: string[] }).seen),
  };
}

for (const form of FORMS) {
  test.describe(`the live lane in the ${form}`, () => {
    let overlay: TestOverlay;
    let app: OpenApp;
    let page: Page;
    const sh = (script: string): void => {
      execFileSync('bash', ['-c', script], { cwd: overlay.mount, stdio: ['ignore', 'ignore', 'pipe'] });
    };
    test.beforeAll(async () => {
      overlay = makeOverlay();
      app = await openApp(form, { mount: overlay.mount });
      page = app.page;
      await expect(row(page, /^etc/)).toBeVisible();
      await expect(page.getByText(/^live · \d/)).toBeVisible();
    });
    test.afterAll(async () => {
      await app?.close();
      overlay?.remove();
    });

    test('a copy-up stands in it with its process, and the row of the tree is right afterwards', async () => {
      await jump(page, 'etc/hostname');
      await expect(row(page, /^hostname/)).toContainText('lower');
      sh('chmod 600 etc/hostname');
      const copied = event(page, /copied-up etc\/hostname/);
      await expect(copied).toBeVisible();
      await expect(copied).toContainText(/chmod \d+/);
      await expect(row(page, /^hostname/)).toContainText('copied up');
      await page.screenshot({ path: test.info().outputPath(`${form}.png`) });
    });

    test('rows flash as they come, change and go; shut directories count; none of it where less motion is wanted', async () => {
      await jump(page, 'etc/passwd');
      await expect(row(page, /^passwd/)).toBeVisible();
      const { flashes, watch } = await watchFlashes(page);
      await watch();
      sh('touch etc/fresh');
      await expect(row(page, /^fresh/)).toBeVisible();
      await expect.poll(flashes).toContain('new fresh');
      sh('echo more >> etc/passwd');
      await expect.poll(flashes).toContain('changed passwd');
      sh('rm etc/fresh');
      await expect.poll(flashes).toContain('gone fresh');
      await expect(row(page, /^fresh/)).toBeHidden();
      sh('touch usr/bin/one usr/bin/two');
      await expect(row(page, /^usr/)).toContainText('+2');
      await expect(row(page, /^usr/)).not.toContainText('+2');

      await page.emulateMedia({ reducedMotion: 'reduce' });
      sh('touch etc/still');
      await expect(row(page, /^still/)).toBeVisible();
      expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
      sh('rm etc/still');
      await expect(row(page, /^still/)).toBeHidden();
      await page.emulateMedia({ reducedMotion: 'no-preference' });
    });

    test('nothing jumps under the keyboard’s row, nor under the pointer', async () => {
      await jump(page, 'etc/passwd');
      const passwd = row(page, /^passwd/);
      await expect(passwd).toHaveAttribute('aria-selected', 'true');
      const top = async (): Promise<number | undefined> => (await passwd.boundingBox())?.y;
      const before = await top();
      expect(before).toBeDefined();
      sh('for n in 1 2 3 4 5; do touch etc/a$n; done');
      await expect(row(page, /^a5/)).toBeAttached();
      expect(await top()).toBe(before);
      await passwd.hover();
      sh('for n in 6 7 8 9; do touch etc/a$n; done');
      await expect(row(page, /^a9/)).toBeAttached();
      expect(await top()).toBe(before);
      sh('rm etc/a?');
      await expect(row(page, /^a9/)).toHaveCount(0);
      expect(await top()).toBe(before);
    });

    test('the timeline tells of each process when it did what, and is worked by keys', async () => {
      const holder = spawn(
        'python3',
        [
          '-c',
          "import os,time; f=os.open('srv/www',os.O_TMPFILE|os.O_RDWR,0o600); os.write(f,b'x'*5000); time.sleep(600)",
        ],
        { cwd: overlay.mount },
      );
      try {
        const told = live(page).getByRole('listitem');
        await expect(told.filter({ hasText: /^python3 \d+: .*#\d+ in srv\/www · O_TMPFILE.*, lives/ })).toHaveCount(1);
        await expect(live(page).getByText(/^1 held now/)).toBeVisible();
        await page.keyboard.press('F6');
        const timeline = live(page).getByRole('group', { name: 'Timeline' });
        await timeline.focus();
        await page.keyboard.press('ArrowLeft');
        await expect(live(page).getByRole('button', { name: 'Back to now' })).toBeVisible();
        await page.keyboard.press('End');
        await expect(live(page).getByRole('button', { name: 'Back to now' })).toBeHidden();
        await page.keyboard.press('-');
        await expect(live(page).getByRole('button', { name: /^Span of the timeline: 15 s/ })).toBeVisible();
        // The lane of what lives stands first; its one item is the file.
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('.');
        await expect(
          live(page)
            .getByRole('status')
            .filter({ hasText: /O_TMPFILE/ }),
        ).toHaveCount(1);
        await page.keyboard.press('Enter');
        await expect(row(page, /^www/)).toHaveAttribute('aria-selected', 'true');
      } finally {
        holder.kill();
      }
      await expect(live(page).getByText(/^0 held now/)).toBeVisible();
    });

    test('events are filtered by kind, path and process, held, chosen and exported', async () => {
      sh('touch etc/one srv/two; rm etc/one');
      await expect(event(page, /created srv\/two/)).toBeVisible();
      await words(page).fill('ETC touch');
      await expect(event(page, /created srv\/two/)).toBeHidden();
      await expect(event(page, /created etc\/one/)).toBeVisible();
      await words(page).fill('etc/one');
      await expect(event(page, /removed etc\/one/)).toBeVisible();
      await live(page).getByRole('button', { name: 'Kinds' }).click();
      await page.getByRole('menuitemcheckbox', { name: 'All' }).click();
      await page.getByRole('menuitemcheckbox', { name: 'created', exact: true }).click();
      await page.keyboard.press('Escape');
      await expect(event(page, /removed etc\/one/)).toBeHidden();
      await expect(event(page, /created etc\/one/)).toBeVisible();

      await live(page).getByRole('button', { name: 'Export the events shown…' }).click();
      await expect(dialog(page)).toContainText('1 event,');
      const path = test.info().outputPath('events.ndjson');
      await app.saved(path, () => page.getByRole('button', { name: 'Export', exact: true }).click());
      const lines = readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(WatchMeta.parse(lines[0]).meta.watched.map(({ layer }) => layer)).toEqual([-1, 0, 1, 2]);
      expect(lines.slice(1).map((line) => WatchEvent.parse(line))).toMatchObject([
        { event: 'created', path: 'etc/one', command: 'touch' },
      ]);

      await live(page).getByRole('button', { name: 'Show all events' }).click();
      await live(page).getByRole('button', { name: 'Pause' }).click();
      sh('touch srv/three');
      await expect(page.getByText(/^live · [1-9]/)).toBeVisible();
      await expect(event(page, /created srv\/three/)).toBeHidden();
      await live(page).getByRole('button', { name: 'Pause' }).click();
      await expect(event(page, /created srv\/three/)).toBeVisible();

      await live(page).getByRole('grid', { name: 'Events' }).focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await expect(live(page).locator('.event.sel')).toHaveCount(1);
    });

    test('what is being read stays where it is while events come in', async () => {
      const list = live(page).getByRole('grid', { name: 'Events' });
      const chosen = list.locator('[aria-selected="true"]');
      await list.focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('Escape');
      sh('for n in 1 2 3 4 5 6 7 8 9; do touch srv/more$n; done');
      await expect(event(page, /created srv\/more9/)).toBeVisible();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowDown');
      const before = { at: await chosen.boundingBox(), text: await chosen.textContent() };
      expect(before.at).not.toBeNull();
      sh('for n in 1 2 3 4 5 6 7 8 9; do touch srv/again$n; done');
      await expect.poll(() => list.evaluate((grid) => Number(grid.getAttribute('aria-rowcount')))).toBeGreaterThan(18);
      await expect(
        live(page)
          .getByRole('listitem')
          .filter({ hasText: /^touch/ })
          .nth(10),
      ).toBeAttached();
      expect({ at: await chosen.boundingBox(), text: await chosen.textContent() }).toEqual(before);
      await page.keyboard.press('Escape');
      await expect(event(page, /created srv\/again9/)).toBeVisible();
    });

    test('says who copied up how much, in how many files', async () => {
      sh('chmod 640 etc/hostname; echo more >> etc/app.conf');
      await live(page).getByRole('button', { name: 'By process' }).click();
      const panel = live(page).getByRole('region', { name: 'By process' });
      await expect(panel).toContainText(/copied up .* in \d+ file/);
      await expect(panel.getByRole('row', { name: /^chmod/ })).toBeVisible();
      await panel
        .getByRole('row', { name: /^chmod/ })
        .getByRole('button', { name: /chmod/ })
        .click();
      await expect(event(page, /copied-up etc\/hostname/)).toBeVisible();
      await live(page).getByRole('button', { name: 'Show all events' }).click();
    });

    test('has no accessibility violation in any theme', async () => {
      test.setTimeout(180_000);
      for (const theme of ['Theme: light', 'Theme: high contrast', 'Theme: dark'])
        for (const isByProcess of [false, true]) {
          await command(page, theme);
          await live(page).getByRole('button', { name: 'By process' }).click();
          const { violations } = await new AxeBuilder({ page }).include('.live').setLegacyMode(true).analyze();
          expect(violations.map(({ id, nodes }) => `${theme} ${isByProcess} ${id}: ${nodes[0]?.html}`)).toEqual([]);
        }
    });

    test('keeps its last picture when the mount goes, and says so', async () => {
      sh('touch srv/last');
      await expect(event(page, /created srv\/last/)).toBeVisible();
      execFileSync('umount', [overlay.mount]);
      await expect(live(page).getByText('Unmounted.')).toBeVisible();
      await expect(page.getByText(/^live · /)).toBeHidden();
      await expect(event(page, /created srv\/last/)).toBeVisible();
      await expect(row(page, /^(etc|srv|app\.conf|usr)/).first()).toBeVisible();
      await expect(live(page).getByRole('button', { name: 'Watch' })).toBeVisible();
      await page.screenshot({ path: test.info().outputPath(`${form}-unmounted.png`) });
    });
  });
}
