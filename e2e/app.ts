/** Starts the app as a person would have it: the real window in a real Electron. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import { testElectron } from '../scripts/electron.ts';

export const ROOT: string = join(import.meta.dirname, '..');

/** Debian's Chromium, which shows the browser form. */
export const CHROMIUM = '/usr/bin/chromium';

/**
 * Playwright's own module that holds the app back until Playwright has attached. It adds it by itself only where it
 * also chooses the executable; without it a page that is quick enough is never told of.
 */
export const LOADER = 'node_modules/playwright-core/lib/server/electron/loader.js';

export type WindowOptions = {
  /** Folder with package.json and dist/; the checkout where none is said. */
  folder?: string;
  /** A StackRef to open. */
  stack?: unknown;
  env?: Record<string, string>;
  /** Runs in place of Electron's executable (a wrapper that becomes another user, for one). */
  executable?: string;
  /** Where LOADER is to be found by whoever runs Electron. */
  loader?: string;
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
 * Removes a folder that programs had as their home. Chromium's helpers outlive it for a moment, and one that finds the
 * folder gone makes it again: it is removed until it stays away.
 */
export async function removeHome(folder: string): Promise<void> {
  for (let quiet = 0; quiet < 3; quiet++) {
    if (existsSync(folder)) quiet = 0;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Opens the window and waits until it has a page. */
export async function launchWindow(options: WindowOptions = {}): Promise<RunningWindow> {
  const electron = options.executable ?? join(await testElectron(), 'electron');
  const home = await mkdtemp(join(tmpdir(), 'stratoscope-home-'));
  const args = ['-r', options.loader ?? join(ROOT, LOADER), options.folder ?? ROOT];
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
