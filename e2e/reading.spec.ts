import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { FORMS, type OpenApp, openApp } from './forms.ts';
import { makeOverlay } from './overlay.ts';
import { jump, row, tree } from './page.ts';
import { isRoot, NEEDS_ROOT } from './plain-user.ts';

test.skip(!isRoot, NEEDS_ROOT);

/** An overlay of 60 directories with 1,000 files each. */
function makeLarge(): { mount: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'stratoscope-large-'));
  const run = (script: string): void => {
    execFileSync('bash', ['-c', script], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  run(`set -eu; mkdir fs; mount -t tmpfs -o size=256m,nr_inodes=200k stratoscope-e2e fs; cd fs; mkdir upper work lower merged
    for d in $(seq 60); do mkdir lower/dir$d; done
    printf 'lower/dir%s\\n' $(seq 60) | while read d; do (cd $d; seq -f file%g 1000 | xargs touch); done
    mount -t overlay stratoscope-e2e -o lowerdir=$PWD/lower,upperdir=$PWD/upper,workdir=$PWD/work merged`);
  return {
    mount: join(folder, 'fs/merged'),
    remove: () => {
      run('umount -l fs/merged; umount -l fs');
      rmSync(folder, { recursive: true });
    },
  };
}

/** Begins a reading, and stops the probe in its midst. The probe goes on with the function returned. */
async function stopInReading(app: OpenApp): Promise<() => void> {
  const probe = app.probe();
  const progress = app.page.getByRole('progressbar', { name: 'Reading the layers' });
  for (;;) {
    await app.page.keyboard.press('F5');
    await app.page.evaluate(
      () =>
        new Promise<void>((resolve) => {
          const isBusy = (): boolean => document.querySelector('.top .dot.is-busy') !== null;
          const seen = new MutationObserver(() => isBusy() && done());
          const done = (): void => {
            seen.disconnect();
            resolve();
          };
          if (isBusy()) done();
          seen.observe(document.body, { subtree: true, childList: true, attributes: true });
        }),
    );
    process.kill(probe, 'SIGSTOP');
    // A reading that was over before the signal shows no progress: then another is begun.
    const isIn = await progress.waitFor({ timeout: 2000 }).then(
      () => true,
      () => false,
    );
    if (isIn) return () => process.kill(probe, 'SIGCONT');
    process.kill(probe, 'SIGCONT');
  }
}

for (const form of FORMS) {
  test.describe(`the ${form}, reading 60,000 entries`, () => {
    let large: ReturnType<typeof makeLarge>;
    let app: OpenApp;
    let page: Page;

    test.beforeEach(async () => {
      large = makeLarge();
      app = await openApp(form, { mount: large.mount });
      page = app.page;
      await expect(row(page, /^dir1$|^dir1 /).first()).toBeVisible();
      await expect(page.getByText(/^60,061 objects/).first()).toBeVisible();
    });
    test.afterEach(async () => {
      await app?.close();
      large?.remove();
    });

    test('shows how far it is, and is cancelled by Esc', async () => {
      const resume = await stopInReading(app);
      try {
        await expect(page.getByText(/entries read ·/)).toBeVisible();
        await page.screenshot({ path: test.info().outputPath(`${form}-reading.png`) });
        await page.keyboard.press('Escape');
      } finally {
        resume();
      }
      await expect(page.getByText('Cancelled.')).toBeVisible();
      await page.screenshot({ path: test.info().outputPath(`${form}-cancelled.png`) });
      await page.getByRole('button', { name: /Scan again/ }).click();
      await expect(page.getByText(/^60,061 objects/).first()).toBeVisible();
    });

    test('moves nothing by itself where less motion is wanted', async () => {
      const running = (): Promise<number> => page.evaluate(() => document.getAnimations().length);
      await page.emulateMedia({ reducedMotion: 'no-preference' });
      const resume = await stopInReading(app);
      try {
        expect(await running()).toBeGreaterThan(0);
        await page.emulateMedia({ reducedMotion: 'reduce' });
        await expect.poll(running).toBe(0);
        await expect(page.getByRole('progressbar', { name: 'Reading the layers' })).toBeVisible();
      } finally {
        resume();
      }
    });
  });

  test(`the ${form} tells a layer's error beside what the others hold`, async () => {
    const overlay = makeOverlay();
    const app = await openApp(form, { mount: overlay.mount });
    try {
      const { page } = app;
      await expect(row(page, /^etc/)).toBeVisible();
      // The layer's place is taken by a file.
      renameSync(overlay.layer('base'), join(overlay.folder, 'fs/away'));
      writeFileSync(overlay.layer('base'), '');
      rmSync(join(overlay.folder, 'fs/away'), { recursive: true });
      await page.keyboard.press('F5');
      const notice = page.locator('.notice').filter({ hasText: /^Lower 2/ });
      await expect(notice).toContainText(/is missing|can’t be read/);
      await expect(notice).toContainText('The other layers are shown.');
      await expect(notice.getByRole('button', { name: 'Try again' })).toBeVisible();
      // The watch reads the stack once more before it stands.
      await expect(page.getByText(/^live · /)).toBeVisible();
      await jump(page, 'etc/app.conf');
      await expect(row(page, /^app\.conf/)).toBeVisible();
      await expect(tree(page).getByText('unknown').first()).toBeVisible();
      await page.screenshot({ path: test.info().outputPath(`${form}-layer-error.png`) });
    } finally {
      await app.close();
      overlay.remove();
    }
  });
}
