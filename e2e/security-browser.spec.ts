import { join } from 'node:path';
import { type Browser, chromium, expect, type Page, test } from '@playwright/test';
import { type Serving, serve } from '../electron/cli/serve.ts';
import { CHROMIUM } from './app.ts';
import { type ShellFolder, shellFolder } from './shell/folder.ts';

let shell: ShellFolder;
let serving: Serving;
let browser: Browser;

test.beforeAll(async () => {
  shell = await shellFolder();
  browser = await chromium.launch({ executablePath: CHROMIUM });
});
test.beforeEach(async () => {
  serving = await serve({ dist: join(shell.folder, 'dist'), port: 0, onNotice: () => {} });
});
test.afterEach(() => serving.close());
test.afterAll(async () => {
  await browser.close();
  await shell.remove();
});

const heard = (page: Page): Promise<unknown[]> => page.evaluate('window.heard') as Promise<unknown[]>;
const running = { engine: 'running', pid: expect.any(Number) };

test('the address opens the engine in the browser that used it first, over a reload too, and in no other', async () => {
  const first = await browser.newContext();
  const page = await first.newPage();
  await page.goto(serving.url);
  await expect.poll(() => heard(page)).toEqual([running]);
  expect(await page.evaluate('document.cookie')).toBe('');
  await page.reload();
  await expect.poll(() => heard(page)).toEqual([running]);

  const second = await browser.newContext();
  const other = await second.newPage();
  await other.goto(serving.url);
  await expect.poll(() => heard(other)).toEqual(['closed']);
  await first.close();
  await second.close();
});

test('frames go through the socket and come back', async () => {
  const page = await browser.newPage();
  await page.goto(serving.url);
  await expect.poll(() => heard(page)).toEqual([running]);
  const back = await page.evaluate(`new Promise((resolve) => {
    window.socket.onmessage = ({ data }) => resolve([...new Uint8Array(data)]);
    window.socket.send(new Uint8Array([5, 0, 0, 0, 6, 1, 0, 0, 0]));
  })`);
  expect(back).toEqual([5, 0, 0, 0, 6, 1, 0, 0, 0]);
  await page.close();
});

test('a page of another site gets neither the page nor the engine', async () => {
  const stranger = await serve({ dist: join(shell.folder, 'dist'), port: 0, onNotice: () => {} });
  const page = await browser.newPage();
  await page.goto(stranger.url);
  const { host, hash } = new URL(serving.url);
  const token = new URLSearchParams(hash.slice(1)).get('token');
  // The policy of the stranger's page is ours; without it the server refuses all the same.
  const bare = await browser.newContext({ bypassCSP: true });
  const free = await bare.newPage();
  await free.goto(stranger.url);
  for (const one of [page, free]) {
    const outcome = await one.evaluate(`new Promise((resolve) => {
      const socket = new WebSocket('ws://${host}/engine', ['stratoscope.1', '${token}']);
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('refused');
    })`);
    expect(outcome).toBe('refused');
    expect(await one.evaluate(`fetch('http://${host}/').then((answer) => answer.text(), () => 'refused')`)).toBe(
      'refused',
    );
  }
  await page.close();
  await bare.close();
  await stranger.close();
});
