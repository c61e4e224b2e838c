/**
 * Takes the README's pictures: the real window on the real demo, in each theme; a number's card, and the findings. As
 * root, with Xvfb; the demo's folder must not be there, and pngquant is needed to make them small. It runs in mount and
 * process namespaces of its own, so that only the demo is in sight.
 *
 *   npm run build && npm run pictures
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from '@playwright/test';
import { startDisplay } from '../bench/display.ts';
import { launchWindow, ROOT } from '../e2e/app.ts';
import type { DemoLine } from '../shared/contract/programs.ts';

const FOLDER = '/srv/demo';
const IMAGES = join(ROOT, 'docs', 'images');
const SIZE = { width: 1440, height: 900 };
const ALONE = '--alone';

/** Where the tree is opened; what is then selected. */
const OPENED = ['srv/www/current/app.js', 'etc/default/grub', 'etc'];
const SELECTED = /^shadow/;
/** The finding that is shown. */
const SPLIT = /^hardlink-split: usr\/bin\/perl: /;
const THEMES = { dark: 'Theme: dark', light: 'Theme: light', contrast: 'Theme: high contrast' };

/** Runs this script again where nothing but the demo is mounted. */
function runAlone(): void {
  const script = `cat /proc/self/mountinfo | while read -r _ _ _ _ at rest; do
    case $rest in *" - overlay "*) umount -l "$(printf %b "$at")" ;; esac
  done; exec "$0" "$@"`;
  const own = [process.execPath, import.meta.filename, ALONE];
  const alone = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script, ...own];
  execFileSync('unshare', alone, { stdio: 'inherit' });
}

/** The demo, held until `close`. */
async function openDemo(): Promise<{ stack: { kind: 'mount'; mount: string; pid: number }; close(): Promise<void> }> {
  const program = join(ROOT, 'dist', 'stratoscope.js');
  const child = spawn(process.execPath, [program, 'demo', FOLDER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(() => Promise.reject(new Error('the demo could not be built'))),
  ])) as [string];
  const { mount, pid } = JSON.parse(line) as DemoLine;
  if (mount === null || pid === null) throw new Error('the demo has no mount: it needs root');
  return {
    stack: { kind: 'mount', mount, pid },
    close: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function inBox(page: Page, keys: string, text: string): Promise<void> {
  await page.keyboard.press(keys);
  await page.getByRole('dialog').waitFor();
  await page.keyboard.type(text);
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
}

/** Some work in the demo's mount, so that the live lane has something to tell. */
function work(pid: number): void {
  const script = `cd ${FOLDER}/merged/srv/www/current
    for step in 1 2 3; do cp app.js app.js.new; mv app.js.new app.min.js; sleep 0.4; rm app.min.js; sleep 0.3; done
    echo '<!-- seen -->' >> index.html`;
  execFileSync('nsenter', ['-t', String(pid), '-m', 'sh', '-c', script]);
}

/** Takes the window as it stands, and makes it small. */
async function take(page: Page, name: string): Promise<void> {
  await page.mouse.move(720, 60);
  await page.waitForTimeout(500);
  const path = join(IMAGES, `${name}.png`);
  await page.screenshot({ path });
  execFileSync('pngquant', ['--force', '--strip', '--speed', '1', '--quality', '95-100', '--output', path, path]);
}

async function takePictures(): Promise<void> {
  await mkdir(IMAGES, { recursive: true });
  const display = await startDisplay();
  const demo = await openDemo();
  const window = await launchWindow({ stack: demo.stack, env: { DISPLAY: display.name } });
  try {
    const { app, page } = window;
    await app.evaluate(
      ({ BrowserWindow }, { width, height }) => BrowserWindow.getAllWindows()[0]?.setContentSize(width, height),
      SIZE,
    );
    await page.getByRole('row', { name: /^etc/ }).waitFor();
    await page.getByRole('button', { name: /Show hidden/ }).click();
    for (const path of OPENED) await inBox(page, 'Control+p', path);
    await page.keyboard.press('Home');
    await page.getByRole('row', { name: SELECTED }).click();
    for (const [theme, title] of Object.entries(THEMES)) {
      await inBox(page, 'Control+Shift+P', title);
      await page.locator(`html[data-theme=${theme}]`).waitFor();
      work(demo.stack.pid);
      await take(page, `demo-${theme}`);
    }
    await inBox(page, 'Control+Shift+P', THEMES.dark);
    await page.getByRole('tab', { name: 'Inodes' }).click();
    await take(page, 'inodes-dark');
    await page.keyboard.press('Control+m');
    await page.getByRole('grid', { name: 'Findings' }).getByRole('row', { name: SPLIT }).click();
    await page.getByRole('article', { name: /^hardlink-split/ }).waitFor();
    await take(page, 'findings-dark');
  } finally {
    await window.close();
    await demo.close();
    display.close();
  }
}

if (process.argv.includes(ALONE)) await takePictures();
else runAlone();
