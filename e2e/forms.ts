/** The app in its two forms, the window and the browser, behind one face: the scenarios are the same. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, type ElectronApplication, type Page } from '@playwright/test';
import { testElectron } from '../scripts/electron.ts';
import { CHROMIUM, freshHome, launchWindow, ROOT, removeHome } from './app.ts';

export const FORMS = ['window', 'browser'] as const;
export type Form = (typeof FORMS)[number];

export type OpenOptions = {
  /** Shown at once. */
  mount?: string;
  /** A home to find settings in, and leave them; else a fresh one, removed in the end. */
  home?: string;
  /** Makes a program that runs another where the test wants it: in namespaces of its own, for one. */
  within?: (command: readonly string[]) => Promise<string>;
};

export type OpenApp = {
  page: Page;
  /** The window's own process; null in the browser form. */
  electron: ElectronApplication | null;
  /** Kills the engine as a fault would. */
  killEngine(): void;
  /** Process of the probe that runs now. */
  probe(): number;
  /** Does what saves a file, and saves it there. */
  saved(path: string, act: () => Promise<void>): Promise<void>;
  /** The text on the clipboard. */
  clipboard(): Promise<string>;
  close(): Promise<void>;
};

/** Chromium asks nobody beyond this machine. */
const QUIET = [
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function openApp(form: Form, options: OpenOptions = {}): Promise<OpenApp> {
  return form === 'window' ? openWindow(options) : openBrowser(options);
}

async function openWindow({ mount, home, within }: OpenOptions): Promise<OpenApp> {
  const { app, page, close } = await launchWindow({
    ...(mount === undefined ? {} : { stack: { kind: 'mount', mount } }),
    ...(home === undefined ? {} : { env: freshHome(home) }),
    ...(within ? { executable: await within([join(await testElectron(), 'electron')]) } : {}),
  });
  const clipboard = () => app.evaluate(({ clipboard: board }) => board.readText());
  const saved = async (path: string, act: () => Promise<void>): Promise<void> => {
    const done = app.evaluate(
      ({ session }, to) =>
        new Promise<string>((resolve) => {
          session.defaultSession.once('will-download', (_event, item) => {
            item.setSavePath(to);
            item.once('done', (_done, state) => resolve(state));
          });
        }),
      path,
    );
    await act();
    const state = await done;
    if (state !== 'completed') throw new Error(`saving ${path}: ${state}`);
  };
  return { page, electron: app, close, clipboard, saved, ...processesBelow(app.process().pid as number) };
}

async function openBrowser({ mount, home: given, within }: OpenOptions): Promise<OpenApp> {
  const home = given ?? (await mkdtemp(join(tmpdir(), 'stratoscope-home-')));
  const program = [join(ROOT, 'node_modules/.bin/node'), join(ROOT, 'dist/stratoscope.js')];
  const words = ['serve', '--format', 'json', ...(mount === undefined ? [] : [mount])];
  const [file, ...args] = within ? [await within(program)] : program;
  const server = spawn(file as string, [...args, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...freshHome(home) },
  });
  const url = await addressOf(server);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    chromiumSandbox: process.getuid?.() !== 0,
    args: QUIET,
  });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(url).origin });
  const page = await context.newPage();
  await page.goto(url);
  return {
    page,
    electron: null,
    clipboard: () => page.evaluate(() => navigator.clipboard.readText()),
    saved: async (path, act) => {
      const [download] = await Promise.all([page.waitForEvent('download'), act()]);
      await download.saveAs(path);
    },
    ...processesBelow(server.pid as number),
    close: async () => {
      await browser.close();
      const ended = new Promise((resolve) => server.once('exit', resolve));
      // Whoever stands between passes no signal on: the program itself is asked to end.
      process.kill(findBelow(server.pid as number, /stratoscope\.js serve/), 'SIGTERM');
      await ended;
      if (given === undefined) await removeHome(home);
    },
  };
}

function addressOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    createInterface({ input: server.stdout as NonNullable<ChildProcess['stdout']> }).on('line', (line) => {
      text += line;
      const url = /"url":\s*"([^"]+)"/.exec(text)?.[1];
      if (url) resolve(url);
    });
    server.on('exit', (code) => reject(new Error(`serve ended with ${code}: ${text}`)));
  });
}

const processesBelow = (pid: number): Pick<OpenApp, 'killEngine' | 'probe'> => ({
  killEngine: () => process.kill(findBelow(pid, /dist\/engine\.js/), 'SIGKILL'),
  probe: () => findBelow(pid, /dist\/probe\.js/),
});

/** The innermost process of `pid` and its descendants whose command line is like this. */
function findBelow(pid: number, like: RegExp): number {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).trim().split('\n');
  const processes = lines.map((line) => {
    const [, own, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) as RegExpExecArray;
    return { pid: Number(own), parent: Number(parent), args: args as string };
  });
  const below = new Set([pid]);
  for (let size = 0; size !== below.size; ) {
    size = below.size;
    for (const one of processes) if (below.has(one.parent)) below.add(one.pid);
  }
  const found = processes.filter((one) => below.has(one.pid) && like.test(one.args));
  const innermost = found.find((one) => !found.some((other) => other.parent === one.pid));
  if (!innermost) throw new Error(`no process below ${pid} is like ${like}`);
  return innermost.pid;
}
