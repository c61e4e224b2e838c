/**
 * Scrolling in the real page, over all rows of the large tree: in a browser (the browser form) and in the window. One
 * session gives three measures: frames while the wheel turns, what of the rows in sight was not yet real then, and how
 * soon rows are real after a jump to a random place.
 */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { CHROMIUM, launchWindow, ROOT } from '../e2e/app.ts';
import { serve } from '../electron/cli/serve.ts';
import { testElectron } from '../scripts/electron.ts';
import { startDisplay } from './display.ts';
import { DIST } from './engine.ts';
import { type Measure, median, quantile, round, type Skipped, spreadOf } from './measure.ts';
import { refOf } from './scan.ts';
import { treeOf } from './trees.ts';

type Say = (line: string) => void;
type Frame = { ms: number; room: number; real: number };

const IN_PAGE = readFileSync(join(import.meta.dirname, 'in-page.js'), 'utf8');
const SIZE = { width: 1440, height: 900 };
/** Pixels by turn of the wheel, one every so many ms (a frame, about): ten rows of 24 px each, and back. */
const WHEEL = { pixels: 240, everyMs: 16, turns: 180 };
const JUMPS = 12;
const OPEN_MS = 120_000;

/** What one session found. */
export type Scrolling = {
  rows: number;
  /** By round. */
  list: Frame[][];
  plain: Frame[][];
  jumps: number[][];
  where: string;
};

/** Turns the wheel over the box of the page, down and back up, and returns the frames in which it moved. */
async function turnWheel(page: Page): Promise<Frame[]> {
  const { x, y } = (await page.evaluate('bench.middle()')) as { x: number; y: number };
  await page.mouse.move(x, y);
  await page.evaluate('bench.start()');
  for (let turn = 0; turn < WHEEL.turns; turn++) {
    const next = new Promise((resolve) => setTimeout(resolve, WHEEL.everyMs));
    await page.mouse.wheel(0, turn < (WHEEL.turns * 2) / 3 ? WHEEL.pixels : -WHEEL.pixels);
    await next;
  }
  return (await page.evaluate('bench.stop()')) as Frame[];
}

/** Asks until it is so. (Playwright's own waiting evaluates in the page, which the page's policy refuses.) */
async function until(page: Page, condition: string): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < OPEN_MS; ) {
    if (await page.evaluate(condition)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the page did not come to: ${condition}`);
}

/** Waits for the page to have read its stack, and opens every directory. Returns the number of rows. */
async function expandAll(page: Page): Promise<number> {
  const rowcount = `Number(document.querySelector('[role=treegrid]')?.getAttribute('aria-rowcount') ?? 1) - 1`;
  await page.getByRole('treegrid').waitFor({ timeout: OPEN_MS });
  await until(page, `${rowcount} > 1 && !document.querySelector('[role=progressbar]')`);
  await page.getByRole('treegrid').focus();
  await page.keyboard.press('Control+Shift+E');
  await until(page, `${rowcount} > 100000`);
  return (await page.evaluate(rowcount)) as number;
}

/** A page of text, as long as a browser lays it out at once: what a frame costs where the page does nothing. */
function plainPage(): string {
  const rows = Array.from({ length: 4000 }, (_, n) => `<div>${n} usr lib x86_64-linux-gnu 4096 root:root</div>`);
  return `<style>body{margin:0;font:13px/24px sans-serif}#plain{height:100vh;overflow:auto}</style>
    <div id="plain">${rows.join('')}</div>`;
}

/** The rounds: the list, the plain page where there is one, jumps. */
async function rounds(page: Page, plain: Page | null, count: number): Promise<Omit<Scrolling, 'rows' | 'where'>> {
  const found = { list: [] as Frame[][], plain: [] as Frame[][], jumps: [] as number[][] };
  for (const one of [page, plain]) await one?.evaluate(IN_PAGE);
  for (let turn = -1; turn < count; turn++) {
    await page.bringToFront();
    await page.evaluate(`bench.jump(${Math.random() * 0.9})`);
    const list = await turnWheel(page);
    const jumps: number[] = [];
    for (let n = 0; n < JUMPS; n++) {
      jumps.push((await page.evaluate(`bench.jump(${Math.random()})`)) as number);
      await page.waitForTimeout(50);
    }
    await plain?.bringToFront();
    await plain?.evaluate('bench.toTop()');
    const flat = plain ? await turnWheel(plain) : [];
    if (turn < 0) continue;
    found.list.push(list);
    found.jumps.push(jumps);
    if (plain) found.plain.push(flat);
  }
  return found;
}

async function inBrowser(count: number, say: Say): Promise<Scrolling | string> {
  if (!existsSync(CHROMIUM)) return `there is no ${CHROMIUM} (apt install chromium)`;
  if (!existsSync(join(DIST, 'page'))) return 'dist/ is not built: npm run build';
  const tree = treeOf('170k', say);
  let browser: Browser | null = null;
  // The served engine takes its data folder from here: not the user's, whose settings would choose what is shown.
  const home = await mkdtemp(join(tmpdir(), 'stratoscope-bench-home-'));
  process.env.XDG_DATA_HOME = home;
  const serving = await serve({ dist: DIST, port: 0, stack: refOf(tree), onNotice: say });
  try {
    browser = await chromium.launch({ executablePath: CHROMIUM });
    const context = await browser.newContext({ viewport: SIZE });
    const page = await context.newPage();
    await page.goto(serving.url);
    const rows = await expandAll(page);
    const plain = await context.newPage();
    await plain.setContent(plainPage());
    return { rows, ...(await rounds(page, plain, count)), where: `Chromium ${browser.version()}, headless` };
  } finally {
    await browser?.close();
    await serving.close();
    await rm(home, { recursive: true, force: true });
  }
}

async function inWindow(count: number, say: Say): Promise<Scrolling | string> {
  if (!existsSync(join(DIST, 'main.cjs'))) return 'dist/ is not built: npm run build';
  try {
    await testElectron();
  } catch (error) {
    return `there is no Electron: ${(error as Error).message}`;
  }
  const tree = treeOf('170k', say);
  const display = await startDisplay();
  try {
    const window = await launchWindow({ folder: ROOT, stack: refOf(tree), env: { DISPLAY: display.name } });
    try {
      const rows = await expandAll(window.page);
      const where = await window.app.evaluate(() => `Electron ${process.versions.electron}`);
      return { rows, ...(await rounds(window.page, null, count)), where };
    } finally {
      await window.close();
    }
  } finally {
    display.close();
  }
}

const sessions = new Map<string, Promise<Scrolling | string>>();

/** One session a run, whichever of its measures are asked for. */
function session(form: 'browser' | 'window', count: number, say: Say): Promise<Scrolling | string> {
  const before = sessions.get(form);
  if (before) return before;
  const begun = form === 'browser' ? inBrowser(count, say) : inWindow(count, say);
  sessions.set(form, begun);
  return begun;
}

const p95 = (frames: readonly Frame[]): number =>
  quantile(
    frames.map(({ ms }) => ms),
    0.95,
  );

type Figures = (found: Scrolling) => Omit<Measure, 'name' | 'n'>;

const single = (values: readonly number[], unit: string, digits: number): Omit<Measure, 'name' | 'n'> => ({
  value: round(median(values), digits),
  unit,
  against: null,
  ratio: null,
  spread: spreadOf(values),
});

const FIGURES: Record<string, Figures> = {
  /** Time between frames, 95th percentile of a round. A frame at 60 a second is 16.7 ms. */
  'scroll-p95': ({ list, plain }) => {
    const values = list.map(p95);
    const late = list.map((frames) => frames.filter(({ ms }) => ms > 25).length / frames.length);
    const common = {
      ...single(values, 'ms', 1),
      frames: round(median(list.map((frames) => frames.length)), 0),
      late: round(median(late), 3),
    };
    if (plain.length === 0) return common;
    const other = median(plain.map(p95));
    return {
      ...common,
      against: 'a plain page of text, same browser',
      ratio: round(median(values) / other, 3),
      againstValue: round(other, 1),
    };
  },
  /** Of the rows that fit in sight, the share that was a placeholder or not there, over all frames of a round. */
  'scroll-placeholders': ({ list }) => {
    const sum = (frames: readonly Frame[], key: 'room' | 'real'): number =>
      frames.reduce((total, frame) => total + frame[key], 0);
    return single(
      list.map((frames) => 1 - sum(frames, 'real') / sum(frames, 'room')),
      'share',
      4,
    );
  },
  /** From the jump to the frame that has every row in sight. */
  'jump-rows': ({ jumps }) => ({
    ...single(jumps.map(median), 'ms', 1),
    p95: round(quantile(jumps.flat(), 0.95), 1),
  }),
};

/** The measures by name: in the browser form, and with `-window` behind in the window. */
export const SCROLL_MEASURES: Record<string, (rounds: number, say: Say) => Promise<Measure | Skipped>> =
  Object.fromEntries(
    (['browser', 'window'] as const).flatMap((form) =>
      Object.entries(FIGURES).map(([figure, figures]) => {
        const name = form === 'browser' ? figure : `${figure}-window`;
        const take = async (count: number, say: Say): Promise<Measure | Skipped> => {
          const found = await session(form, count, say);
          if (typeof found === 'string') return { name, skipped: found };
          const { value, unit, against, ratio, spread, ...details } = figures(found) as Omit<Measure, 'name' | 'n'>;
          const n = found.list.length;
          return {
            name,
            value,
            unit,
            against,
            ratio,
            n,
            spread,
            ...details,
            rows: found.rows,
            where: found.where,
          } as Measure;
        };
        return [name, take];
      }),
    ),
  );
