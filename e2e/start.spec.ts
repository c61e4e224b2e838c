import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { testElectron } from '../scripts/electron.ts';
import { readPageFragment } from '../shared/ipc/bridge.ts';
import { freshHome, ROOT } from './app.ts';
import { isRoot, NEEDS_ROOT, type PlainUser, plainUser } from './plain-user.ts';
import { type ShellFolder, shellFolder } from './shell/folder.ts';

/** Notes that it was started, and who by; then lives until its input ends. */
const ENGINE = `
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
writeFileSync(join(homedir(), 'engine-ran'), String(process.getuid()));
process.stdin.resume().on('end', () => process.exit(0));
`;
const STACK = { kind: 'mount', mount: '/srv/web' };

let shell: ShellFolder;
let electrons: string;
let user: PlainUser;
const opened: Opened[] = [];

test.skip(!isRoot, NEEDS_ROOT);

test.beforeAll(async () => {
  shell = await shellFolder(ENGINE);
  electrons = await mkdtemp(join(tmpdir(), 'stratoscope-electrons-'));
  await chmod(electrons, 0o755);
  // A desktop that takes down what it is asked to open.
  await mkdir(join(electrons, 'desktop'));
  await writeFile(join(electrons, 'desktop', 'xdg-open'), '#!/bin/sh\necho "$@" > "$HOME/asked"\n');
  await chmod(join(electrons, 'desktop', 'xdg-open'), 0o755);
  user = await plainUser({ checkout: ROOT, app: shell.folder, electron: await testElectron(), electrons });
});
test.afterEach(async () => {
  for (const one of opened.splice(0)) {
    one.child.kill('SIGTERM');
    await one.ended;
  }
  for (const name of ['engine-ran', 'asked', 'words']) await rm(join(user.home, name), { force: true });
});
test.afterAll(async () => {
  await user.remove();
  await shell.remove();
  await rm(electrons, { recursive: true });
});

/** An Electron's folder with this script in place of the program. */
async function fakeElectron(name: string, script: string): Promise<string> {
  await mkdir(join(electrons, name));
  await writeFile(join(electrons, name, 'electron'), script);
  await chmod(join(electrons, name, 'electron'), 0o755);
  return join(user.at('electrons'), name);
}

type Opened = {
  child: ChildProcess;
  said(): string;
  until(text: RegExp): Promise<string>;
  ended: Promise<number | null>;
};

type Run = { env?: Record<string, string | undefined>; words?: string[]; chroot?: boolean };

/** Opens the app as a plain user. */
async function openAsUser({ env = {}, words = [], chroot = false }: Run): Promise<Opened> {
  const node = join(user.at('checkout'), 'node_modules', '.bin', 'node');
  const script = join(user.at('checkout'), 'e2e', 'shell', 'open.ts');
  const program = await user.program([node, script, join(user.at('app'), 'dist')], { chroot });
  const desktop = join(user.at('electrons'), 'desktop');
  return watch(
    spawn(program, words, { env: environment({ ...user.env, PATH: `${desktop}:${process.env.PATH}`, ...env }) }),
  );
}

function environment(env: Record<string, string | undefined>): NodeJS.ProcessEnv {
  const all: NodeJS.ProcessEnv = { ...process.env, ...env };
  if (env.SSH_CONNECTION === undefined) delete all.SSH_CONNECTION;
  for (const [name, value] of Object.entries(env)) if (value === undefined) delete all[name];
  return all;
}

function watch(child: ChildProcess): Opened {
  let text = '';
  const wakers: (() => void)[] = [];
  const wake = (): void => {
    for (const one of wakers.splice(0)) one();
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (piece) => {
      text += piece;
      wake();
    });
  }
  const ended = once(child, 'close').then(([code]) => {
    wake();
    return code as number | null;
  });
  const out: Opened = {
    child,
    said: () => text,
    async until(pattern) {
      while (!pattern.test(text)) {
        if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended and said:\n${text}`);
        await new Promise<void>((resolve) => wakers.push(resolve));
      }
      return text;
    },
    ended,
  };
  opened.push(out);
  return out;
}

const addressOf = (said: string): URL => new URL(said.match(/^http:\S+$/m)?.[0] ?? '');

/** The browser form works: the page is there, and the stack with it. */
async function expectServed(opened: Opened, stack?: unknown): Promise<void> {
  const said = await opened.until(/^http:\/\/127\.0\.0\.1:\d+\/#token=\S+$/m);
  const url = addressOf(said);
  expect((await fetch(url)).status).toBe(200);
  expect(readPageFragment(url.hash)).toEqual({ token: expect.any(String), ...(stack === undefined ? {} : { stack }) });
}

/** One line says why there is no window and what would mend it; then the browser form works. */
async function expectFallback(opened: Opened, cause: RegExp, cure: RegExp): Promise<void> {
  await expectServed(opened);
  const lines = opened
    .said()
    .split('\n')
    .filter((line) => line.startsWith('No window: '));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(cause);
  expect(lines[0]).toMatch(cure);
  opened.child.kill('SIGINT');
  expect(await opened.ended).toBe(0);
}

test("a plain user's window opens, and ends when interrupted", async () => {
  const app = await openAsUser({ env: { ELECTRON_OVERRIDE_DIST_PATH: user.at('electron') } });
  await expect.poll(() => readFile(join(user.home, 'engine-ran'), 'utf8').catch(() => '')).toBe('65534');
  app.child.kill('SIGINT');
  expect(await app.ended).toBe(0);
  expect(app.said()).toBe('');
});

test('--no-sandbox is never added for a plain user; the stack is', async () => {
  const electron = await fakeElectron('words', `#!/bin/sh\necho "$@" > "$HOME/words"\necho standing >&3\n`);
  const app = await openAsUser({
    env: { ELECTRON_OVERRIDE_DIST_PATH: electron, DISPLAY: ':0' },
    words: [JSON.stringify(STACK), '--as-root'],
  });
  expect(await app.ended).toBe(0);
  const words = (await readFile(join(user.home, 'words'), 'utf8')).trim().split(' ');
  expect(words).toEqual([user.at('app'), `--stack=${encodeURIComponent(JSON.stringify(STACK))}`]);
});

test('a sandbox that the kernel refuses', async () => {
  const app = await openAsUser({ chroot: true, env: { ELECTRON_OVERRIDE_DIST_PATH: user.at('electron') } });
  await expectFallback(app, /sandbox is refused here/, /chmod 4755/);
});

test('a library that is missing', async () => {
  await cp(await testElectron(), join(electrons, 'lacking'), { recursive: true, verbatimSymlinks: true });
  await rm(join(electrons, 'lacking', 'libffmpeg.so'));
  const app = await openAsUser({ env: { ELECTRON_OVERRIDE_DIST_PATH: join(user.at('electrons'), 'lacking') } });
  await expectFallback(app, /needs the library libffmpeg\.so/, /install/);
});

test('no display', async () => {
  const app = await openAsUser({ env: { DISPLAY: undefined, WAYLAND_DISPLAY: undefined } });
  await expectFallback(app, /there is no display/, /desktop/);
});

test('a display that does not answer', async () => {
  const app = await openAsUser({
    env: { ELECTRON_OVERRIDE_DIST_PATH: user.at('electron'), DISPLAY: ':4242', WAYLAND_DISPLAY: undefined },
  });
  await expectFallback(app, /does not answer/, /XAUTHORITY/);
});

test('no binary', async () => {
  const app = await openAsUser({ env: { ELECTRON_OVERRIDE_DIST_PATH: user.home, DISPLAY: ':0' } });
  await expectFallback(app, /holds no file named electron/, /ELECTRON_OVERRIDE_DIST_PATH/);
});

test('the desktop is asked to open the address, where there is one', async () => {
  const asked = (): Promise<string> => readFile(join(user.home, 'asked'), 'utf8').catch(() => '');
  const app = await openAsUser({ env: { ELECTRON_OVERRIDE_DIST_PATH: user.home, DISPLAY: ':0' } });
  await expectServed(app);
  await expect.poll(asked).toBe(`${addressOf(app.said())}\n`);
});

test('a binary that is no program', async () => {
  const electron = await fakeElectron('text', 'no program\n');
  await chmod(join(electrons, 'text', 'electron'), 0o644);
  const app = await openAsUser({ env: { ELECTRON_OVERRIDE_DIST_PATH: electron, DISPLAY: ':0' } });
  await expectFallback(app, /could not be started/, /program for this machine/);
});

test('under ssh the tunnel is printed', async () => {
  const app = await openAsUser({
    env: { DISPLAY: undefined, WAYLAND_DISPLAY: undefined, SSH_CONNECTION: '192.0.2.7 50000 192.0.2.1 2222' },
  });
  await expectServed(app);
  const { port } = addressOf(app.said());
  expect(await app.until(/ssh /)).toContain(`ssh -p 2222 -L ${port}:127.0.0.1:${port} nobody@192.0.2.1`);
});

test.describe('as root', () => {
  const open = (env: Record<string, string | undefined>, words: string[]): Opened => {
    const script = join(ROOT, 'e2e', 'shell', 'open.ts');
    const all = environment({ ...freshHome(user.home), ...env });
    return watch(spawn(process.execPath, [script, join(shell.folder, 'dist'), ...words], { env: all }));
  };

  test('the browser form opens, with the reason and the way to a window', async () => {
    const app = open({ npm_lifecycle_event: 'start', DISPLAY: ':0' }, [JSON.stringify(STACK)]);
    await expectServed(app, STACK);
    expect(app.said()).toMatch(/^No window: this is root, .*"npm start -- --as-root" for a window/m);
  });

  test('--as-root opens the window', async () => {
    const app = open({ ELECTRON_OVERRIDE_DIST_PATH: await testElectron() }, ['--as-root']);
    await expect.poll(() => readFile(join(user.home, 'engine-ran'), 'utf8').catch(() => '')).toBe('0');
    app.child.kill('SIGINT');
    expect(await app.ended).toBe(0);
    expect(app.said()).toBe('');
  });

  /** `npm start` in the checkout, as a person types it. */
  const npmStart = (env: Record<string, string | undefined>, ...words: string[]): Opened =>
    watch(
      spawn('npm', ['start', ...(words.length === 0 ? [] : ['--', ...words])], {
        cwd: ROOT,
        // A group of its own, for Ctrl+C reaches a whole group.
        detached: true,
        env: environment({ ...freshHome(user.home), ...env }),
      }),
    );

  test('npm start opens the app in a browser, on a stack too', async () => {
    const app = npmStart({}, '/srv//web/.');
    await expectServed(app, { kind: 'mount', mount: '/srv/web', pid: null });
    expect(app.said()).toContain('"npm start -- --as-root"');
    process.kill(-(app.child.pid as number), 'SIGINT');
    await app.ended;
    await expect(fetch(addressOf(app.said()))).rejects.toThrow();
  });

  test('npm start -- --as-root STACK opens the window on it', async () => {
    const electron = await fakeElectron('as-root', `#!/bin/sh\necho "$@" > "$HOME/words"\necho standing >&3\n`);
    const path = electron.replace(user.at('electrons'), electrons);
    const app = npmStart({ ELECTRON_OVERRIDE_DIST_PATH: path, DISPLAY: ':0' }, '--as-root', '/srv/web');
    expect(await app.ended).toBe(0);
    const words = (await readFile(join(user.home, 'words'), 'utf8')).trim().split(' ');
    expect(words.slice(0, 2)).toEqual(['--no-sandbox', ROOT]);
    expect(JSON.parse(decodeURIComponent(words[2] ?? '').replace('--stack=', ''))).toMatchObject({ mount: '/srv/web' });
  });
});
