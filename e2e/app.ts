/** Starts the app as a person would have it: the real window in a real Electron. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import { testElectron } from '../scripts/electron.ts';

export const ROOT: string = join(import.meta.dirname, '..');

/** Debian's Chromium, which shows the browser form. */
export const CHROMIUM = '/usr/bin/chromium';

export type WindowOptions = {
  /** Folder with package.json and dist/; the checkout where none is said. */
  folder?: string;
  /** A StackRef to open. */
  stack?: unknown;
  env?: Record<string, string>;
  /** Runs in place of Electron's executable (a wrapper that becomes another user, for one). */
  executable?: string;
  /** Chromium's sandbox: on, except as root, where Chromium refuses it. */
  sandbox?: boolean;
};

export type RunningWindow = {
  app: ElectronApplication;
  page: Page;
  /** A home of its own: no window sees another's settings. */
  home: string;
  close(): Promise<void>;
};

/** The environment of a program that shall find nothing of the person's own: fresh folders below `home`. */
export function freshHome(home: string): Record<string, string> {
  return {
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_DATA_HOME: join(home, 'data'),
    XDG_STATE_HOME: join(home, 'state'),
    XDG_CACHE_HOME: join(home, 'cache'),
    // Chromium looks for a session bus and waits for it otherwise.
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
  };
}

/**
 * Removes the home of programs that have ended, once the last of their helpers is gone: Chromium's outlive it for a
 * moment, and one that finds its folder gone makes it again.
 */
export async function removeHome(home: string): Promise<void> {
  const isLivedIn = async (pid: string): Promise<boolean> => {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
    return environment.includes(`HOME=${home}\0`);
  };
  for (let i = 0; i < 100; i++) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lived = await Promise.all(pids.map(isLivedIn));
    if (!lived.includes(true)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}

/** Opens the window and waits until it has a page. */
export async function launchWindow(options: WindowOptions = {}): Promise<RunningWindow> {
  const electron = options.executable ?? join(await testElectron(), 'electron');
  const home = await mkdtemp(join(tmpdir(), 'stratoscope-home-'));
  const args = [options.folder ?? ROOT];
  if (options.stack !== undefined) args.push(`--stack=${encodeURIComponent(JSON.stringify(options.stack))}`);
  const app = await _electron.launch({
    executablePath: electron,
    args,
    // Playwright adds --no-sandbox where this is false.
    chromiumSandbox: options.sandbox ?? process.getuid?.() !== 0,
    env: { ...(process.env as Record<string, string>), ...freshHome(home), ...options.env },
  });
  const page = await app.firstWindow();
  await page.waitForLoadState();
  return {
    app,
    page,
    home,
    close: async () => {
      await app.close();
      await removeHome(home);
    },
  };
}
