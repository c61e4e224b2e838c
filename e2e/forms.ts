/** The app in its two forms, the window and the browser, behind one face: the scenarios are the same. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium, type Page } from '@playwright/test';
import { CHROMIUM, freshHome, launchWindow, ROOT, removeHome } from './app.ts';

export const FORMS = ['window', 'browser'] as const;
export type Form = (typeof FORMS)[number];

export type OpenApp = {
  page: Page;
  /** Kills the engine as a fault would. */
  killEngine(): void;
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

/** Opens the app; `mount` is shown at once where it is given. */
export async function openApp(form: Form, mount?: string): Promise<OpenApp> {
  return form === 'window' ? openWindow(mount) : openBrowser(mount);
}

async function openWindow(mount?: string): Promise<OpenApp> {
  const stack = mount === undefined ? undefined : { kind: 'mount', mount };
  const { app, page, close } = await launchWindow({ stack });
  return { page, killEngine: () => killEngineBelow(app.process().pid as number), close };
}

async function openBrowser(mount?: string): Promise<OpenApp> {
  const home = await mkdtemp(join(tmpdir(), 'stratoscope-home-'));
  const words = ['serve', '--format', 'json', ...(mount === undefined ? [] : [mount])];
  const server = spawn(join(ROOT, 'node_modules/.bin/node'), [join(ROOT, 'dist/stratoscope.js'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...freshHome(home) },
  });
  const url = await addressOf(server);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    chromiumSandbox: process.getuid?.() !== 0,
    args: QUIET,
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  return {
    page,
    killEngine: () => killEngineBelow(server.pid as number),
    close: async () => {
      await browser.close();
      const ended = new Promise((resolve) => server.once('exit', resolve));
      server.kill('SIGTERM');
      await ended;
      await removeHome(home);
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

/** Kills the engine process among the descendants of `pid`. */
function killEngineBelow(pid: number): void {
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
  const engine = processes.find((one) => below.has(one.pid) && /dist\/engine\.js/.test(one.args));
  if (!engine) throw new Error('no engine is running');
  process.kill(engine.pid, 'SIGKILL');
}
