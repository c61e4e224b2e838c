import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { testElectron } from '../scripts/electron.ts';
import { LOADER, launchWindow, ROOT } from './app.ts';
import { isRoot, NEEDS_ROOT, NOBODY, plainUser } from './plain-user.ts';
import { shellFolder } from './shell/folder.ts';

/** A line of /proc/PID/status. */
const status = (pid: number, key: string): string =>
  readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${key}:\\s*(.*)$`, 'm'))?.[1] ?? '';

test.skip(!isRoot, NEEDS_ROOT);

test("a plain user's window runs in Chromium's sandbox", async () => {
  const shell = await shellFolder();
  const user = await plainUser({ app: shell.folder, electron: await testElectron(), checkout: ROOT });
  const running = await launchWindow({
    executable: await user.program([`${user.at('electron')}/electron`]),
    folder: user.at('app'),
    env: user.env,
    sandbox: true,
    loader: join(user.at('checkout'), LOADER),
  });
  try {
    await running.page.waitForSelector('body[data-ready]');
    const facts = await running.app.evaluate(({ app, webContents }) => ({
      uid: process.getuid?.(),
      words: process.argv,
      noSandbox: app.commandLine.hasSwitch('no-sandbox'),
      renderer: webContents.getAllWebContents()[0]?.getOSProcessId() ?? 0,
    }));
    expect(facts.uid).toBe(NOBODY);
    expect(facts.noSandbox).toBe(false);
    expect(facts.words).not.toContain('--no-sandbox');
    // The page's process, as the kernel has it: system calls filtered, in a user and process namespace of its own.
    expect(status(facts.renderer, 'Seccomp')).toBe('2');
    expect(status(facts.renderer, 'NoNewPrivs')).toBe('1');
    expect(status(facts.renderer, 'NSpid').split(/\s+/).length).toBeGreaterThan(1);
  } finally {
    await running.close();
    await user.remove();
    await shell.remove();
  }
});
