import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { testElectron } from '../scripts/electron.ts';
import { readPageFragment } from '../shared/ipc/bridge.ts';
import { freshHome, launchWindow, type RunningWindow } from './app.ts';
import { type ShellFolder, shellFolder } from './shell/folder.ts';

let shell: ShellFolder;
let running: RunningWindow;

test.beforeEach(async () => {
  shell = await shellFolder();
  running = await launchWindow({ folder: shell.folder, stack: { kind: 'mount', mount: '/srv/web' } });
  await running.page.waitForSelector('body[data-ready]');
});
test.afterEach(async () => {
  await running.close();
  await shell.remove();
});

type Heard = { engine: string; pid?: number; why?: string } | ArrayBuffer;
/** What the page heard of the pump; a frame counts as the word "frame". */
const heard = (page: Page): Promise<(Exclude<Heard, ArrayBuffer> | 'frame')[]> =>
  page.evaluate(`window.heard.map((one) => (one instanceof ArrayBuffer ? 'frame' : one))`);
const enginePid = (page: Page): Promise<number> => page.evaluate('window.heard[0].pid');
const send = (page: Page, message: string): Promise<unknown> => page.evaluate(`window.port.postMessage(${message})`);
const FRAME = 'new Uint8Array([5, 0, 0, 0, 6, 1, 0, 0, 0]).buffer';
const RUNNING = { engine: 'running', pid: expect.any(Number) };

test('the page finds the stack in its address', async () => {
  const { stack } = readPageFragment(new URL(running.page.url()).hash);
  expect(stack).toMatchObject({ kind: 'mount', mount: '/srv/web' });
});

test('frames go to the engine and come back; one that dies is told, and started again when asked', async () => {
  const { page } = running;
  await send(page, FRAME);
  await expect.poll(() => heard(page)).toEqual([RUNNING, 'frame']);
  process.kill(await enginePid(page), 'SIGKILL');
  const ended = { engine: 'ended', why: 'The engine was ended by SIGKILL.' };
  await expect.poll(() => heard(page)).toEqual([RUNNING, 'frame', ended]);
  await send(page, `{ engine: 'restart' }`);
  await expect.poll(() => heard(page)).toEqual([RUNNING, 'frame', ended, RUNNING]);
  await send(page, FRAME);
  await expect.poll(() => heard(page)).toEqual([RUNNING, 'frame', ended, RUNNING, 'frame']);
});

test('a reload gets an engine of its own, and the one before ends', async () => {
  const { page } = running;
  await expect.poll(() => heard(page)).toEqual([RUNNING]);
  const before = await enginePid(page);
  await page.reload();
  await expect.poll(() => heard(page)).toEqual([RUNNING]);
  const after = await enginePid(page);
  expect(after).not.toBe(before);
  await expect.poll(() => isAlive(before)).toBe(false);
});

test('the page can save what it made, where the person says', async () => {
  const path = join(running.home, 'rows.ndjson');
  await running.app.evaluate(({ session }, to) => {
    const saved = new Promise((resolve) => {
      // In the dialog's place.
      session.defaultSession.once('will-download', (_event, item) => {
        item.setSavePath(to);
        item.once('done', (_done, state) => resolve(state));
      });
    });
    Object.assign(globalThis, { saved });
  }, path);
  await running.page.evaluate(`(() => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(['{"rows":1}\\n']));
    link.download = 'rows.ndjson';
    link.click();
  })()`);
  expect(await running.app.evaluate(() => (globalThis as unknown as { saved: Promise<string> }).saved)).toBe(
    'completed',
  );
  expect(await readFile(path, 'utf8')).toBe('{"rows":1}\n');
});

test('place and size are remembered', async () => {
  const bounds = { x: 40, y: 30, width: 1111, height: 777 };
  await running.app.evaluate(({ BrowserWindow }, wanted) => {
    const [window] = BrowserWindow.getAllWindows();
    window?.setBounds(wanted);
    window?.close();
  }, bounds);
  const file = join(running.home, 'config', 'stratoscope', 'window.json');
  await expect.poll(() => readFile(file, 'utf8').then(JSON.parse, () => null)).toEqual({ bounds, maximized: false });
  const again = await launchWindow({ folder: shell.folder, env: freshHome(running.home) });
  const [found] = await again.app.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((window) => window.getNormalBounds()),
  );
  expect(found).toEqual(bounds);
  await again.close();
});

test('the dialog gives bytes, and refuses a name that its text cannot hold', async () => {
  const pick = async (filePaths: string[]): Promise<unknown> => {
    await running.app.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = async () => ({ canceled: chosen.length === 0, filePaths: chosen });
    }, filePaths);
    return running.page.evaluate(`window.stratoscope.pickDirectory('Lower directory')`);
  };
  expect(await pick(['/srv/web'])).toEqual({ ok: '/srv/web' });
  // UTF-8, a unit a byte.
  expect(await pick(['/srv/ü'])).toEqual({ ok: '/srv/\xc3\xbc' });
  expect(await pick([])).toEqual({ ok: null });
  expect(await pick(['/srv/\ufffd'])).toMatchObject({ error: { code: 'not-utf-8' } });
});

test('a second start opens a second window in the first process', async () => {
  const opened = running.app.waitForEvent('window');
  const stack = encodeURIComponent(JSON.stringify({ kind: 'mount', mount: '/srv/other' }));
  const second = spawn(
    join(await testElectron(), 'electron'),
    [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), shell.folder, `--stack=${stack}`],
    {
      env: { ...process.env, ...freshHome(running.home), STRATOSCOPE_STANDING_FD: '3' },
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  const [[told], [code]] = await Promise.all([
    once(second.stdio[3] as NodeJS.ReadableStream, 'data'),
    once(second, 'close'),
  ]);
  expect(String(told)).toBe('handed over\n');
  expect(code).toBe(0);
  const page = await opened;
  await page.waitForSelector('body[data-ready]');
  expect(readPageFragment(new URL(page.url()).hash).stack).toMatchObject({ mount: '/srv/other' });
  await expect.poll(() => heard(page)).toEqual([RUNNING]);
  // Each has its own engine.
  expect((await heard(page))[0]).not.toEqual((await heard(running.page))[0]);
});

test('every item of the menu has a key of its own within its menu, and the commands press the keys of the page', async () => {
  const menus = await running.app.evaluate(({ Menu }) =>
    (Menu.getApplicationMenu()?.items ?? []).map((menu) => ({
      label: menu.label,
      items: (menu.submenu?.items ?? []).filter(({ type }) => type !== 'separator').map(({ label }) => label),
    })),
  );
  const keys = (labels: string[]): string[] => labels.map((label) => label.match(/&(.)/)?.[1]?.toLowerCase() ?? '');
  for (const labels of [menus.map(({ label }) => label), ...menus.map(({ items }) => items)]) {
    expect(new Set(keys(labels)).size, labels.join()).toBe(labels.length);
    expect(keys(labels)).not.toContain('');
  }
  await running.page.evaluate(`window.keys = []; addEventListener('keydown', ({ key, ctrlKey, altKey, shiftKey }) =>
    window.keys.push((ctrlKey ? 'Ctrl+' : '') + (altKey ? 'Alt+' : '') + (shiftKey ? 'Shift+' : '') + key))`);
  await running.app.evaluate(({ BrowserWindow, Menu }) => {
    const [window] = BrowserWindow.getAllWindows();
    for (const menu of Menu.getApplicationMenu()?.items ?? []) {
      if (menu.label !== '&Go') continue;
      for (const item of menu.submenu?.items ?? []) if (item.type !== 'separator') item.click(undefined, window);
    }
  });
  await expect
    .poll(() => running.page.evaluate('window.keys'))
    .toEqual(['Ctrl+p', 'Ctrl+f', 'Ctrl+Shift+P', 'F6', 'F5', 'Ctrl+Alt+v']);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
