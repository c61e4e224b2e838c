/**
 * Runs every suite, what takes long side by side, and ends with one line: `N passed, N failed, N skipped`.
 *
 *   npm test [-- --seed S] [--only NAME]
 *   npm run test:deep [-- --seed S] [--objects N] [--only NAME]
 *
 * Suites take what they need of a run from the environment: STRATOSCOPE_SEED (a number), STRATOSCOPE_DEEP (1 in a deep
 * run), STRATOSCOPE_OBJECTS (how many objects the test against the kernel asks about; a tenth of a deep run's without).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { seeToSystem } from './system.ts';
import { type Counts, countsOfPlaywright, judged, lastLine, type PlaywrightReport, sum } from './testing/counts.ts';
import { Turns } from './testing/turns.ts';

const root = join(import.meta.dirname, '..');
const artifacts = join(root, 'artifacts');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

/** Writes what a suite prints. */
type Say = (text: string) => void;
type Suite = { name: string; about: string; run(say: Say, apart: readonly string[]): Promise<Counts> };

/** How many suites run at once: there are few cores, and more would only make what waits for something give up. */
const ATONCE = 2;

/**
 * Words behind which a command has the mounts of this moment, and those of its own alone. Two suites that mount run side
 * by side: a namespace that one of them makes would copy the mounts of the other, and hold them after they are unmounted.
 * Empty for anybody but root, who mounts nothing.
 */
async function mountsApart(): Promise<{ words: string[]; end(): void }> {
  if (process.geteuid?.() !== 0) return { words: [], end: () => {} };
  const own = ['--mount', '--propagation', 'private', 'sh', '-c', 'echo; exec cat'];
  const holder = spawn('unshare', own, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  const enter = ['nsenter', `--mount=/proc/${holder.pid}/ns/mnt`, '--', 'sh', '-c', 'cd "$0" && exec "$@"', root];
  return { words: enter, end: () => holder.stdin.end() };
}

/** Runs a command, its output as it comes. Resolves with its exit status; null if a signal ended it. */
function command(say: Say, words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number | null> {
  const [file = '', ...args] = words;
  const child = spawn(file, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', say);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      say(`${file}: ${error.message}\n`);
      resolve(null);
    });
    child.on('close', resolve);
  });
}

/** A check that passes or fails as a whole. */
async function check(say: Say, ...words: string[]): Promise<Counts> {
  const failed = (await command(say, words)) === 0 ? 0 : 1;
  return { passed: 1 - failed, failed, skipped: [] };
}

/** Reads a report; one that was never written counts as nothing run. */
function read<T>(file: string, counts: (report: T) => Counts): Counts {
  try {
    return counts(JSON.parse(readFileSync(file, 'utf8')) as T);
  } catch {
    return { passed: 0, failed: 0, skipped: [] };
  }
}

async function vitest(say: Say, project: string, apart: readonly string[] = []): Promise<Counts> {
  const file = join(artifacts, `${project}.json`);
  rmSync(file, { force: true });
  const reporters = ['--reporter=default', `--reporter=${join(root, 'scripts/testing/vitest-reporter.ts')}`];
  const status = await command(say, [...apart, bin('vitest'), 'run', '--project', project, ...reporters], {
    STRATOSCOPE_COUNTS: file,
  });
  return judged(
    read<Counts>(file, (counts) => counts),
    status,
  );
}

async function playwright(say: Say, apart: readonly string[]): Promise<Counts> {
  const file = join(artifacts, 'e2e.json');
  rmSync(file, { force: true });
  const screen = ['--auto-servernum', '--server-args=-screen 0 1920x1200x24'];
  const status = await command(say, [...apart, 'xvfb-run', ...screen, bin('playwright'), 'test']);
  return judged(read<PlaywrightReport>(file, countsOfPlaywright), status);
}

/** What the others need comes first, one after the other; those then run side by side, the longest first. */
const FIRST: readonly Suite[] = [
  {
    name: 'types',
    about: 'every source, and the page as its oldest browser has it',
    run: async (say) =>
      sum([
        await check(say, bin('tsc'), '--noEmit'),
        await check(say, bin('tsc'), '--noEmit', '-p', 'renderer/tsconfig.json'),
      ]),
  },
  {
    name: 'format',
    about: 'format and lint',
    run: (say) => check(say, bin('biome'), 'check', '--error-on-warnings', '.'),
  },
  { name: 'build', about: 'dist/', run: (say) => check(say, process.execPath, 'scripts/build.ts') },
];
const SIDE_BY_SIDE: readonly Suite[] = [
  { name: 'machine', about: 'what talks to the kernel', run: (say) => vitest(say, 'machine') },
  { name: 'e2e', about: 'the window and the browser form', run: playwright },
  {
    name: 'whole',
    about: 'the program, against the kernel and at the terminal',
    run: (say, apart) => vitest(say, 'whole', apart),
  },
  { name: 'unit', about: 'meaning and view, and who may import whom', run: (say) => vitest(say, 'unit') },
];
const SUITES = [...FIRST, ...SIDE_BY_SIDE];

type Options = { seed: string; deep: boolean; objects: string | undefined; only: string | undefined };

function options(): Options {
  const { values } = parseArgs({
    options: {
      deep: { type: 'boolean', default: false },
      seed: { type: 'string' },
      objects: { type: 'string' },
      only: { type: 'string' },
    },
  });
  for (const name of ['seed', 'objects'] as const) {
    const value = values[name];
    if (value !== undefined && !/^\d{1,10}$/.test(value)) throw new Error(`--${name} takes a number, not ${value}`);
  }
  if (values.only !== undefined && !SUITES.some(({ name }) => name === values.only)) {
    throw new Error(`--only takes one of ${SUITES.map(({ name }) => name).join(', ')}`);
  }
  const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
  return { seed, deep: values.deep, objects: values.objects, only: values.only };
}

async function main(): Promise<number> {
  const { seed, deep, objects, only } = options();
  const lack = seeToSystem();
  if (lack !== null) {
    console.error(lack);
    return 1;
  }
  mkdirSync(artifacts, { recursive: true });
  process.env.STRATOSCOPE_SEED = seed;
  if (deep) process.env.STRATOSCOPE_DEEP = '1';
  if (objects !== undefined) process.env.STRATOSCOPE_OBJECTS = objects;
  const again = `npm run ${deep ? 'test:deep' : 'test'} -- --seed ${seed}`;
  console.log(`Seed ${seed}; the same run again: ${again}`);

  const apart = await mountsApart();
  const turns = new Turns((text) => process.stdout.write(text));
  const results: [Suite, Counts, number][] = [];
  const run = (suite: Suite): Promise<void> =>
    turns.take(async (say) => {
      say(`\n── ${suite.name}: ${suite.about}\n`);
      const started = performance.now();
      const counts = await suite.run(say, apart.words);
      results.push([suite, counts, (performance.now() - started) / 1000]);
    });
  const isAsked = ({ name }: Suite): boolean => only === undefined || name === only;
  for (const suite of FIRST.filter(isAsked)) await run(suite);
  const waiting = SIDE_BY_SIDE.filter(isAsked);
  const worker = async (): Promise<void> => {
    for (let suite = waiting.shift(); suite; suite = waiting.shift()) await run(suite);
  };
  await Promise.all(Array.from({ length: ATONCE }, worker));
  apart.end();

  console.log('');
  const total = sum(results.map(([, counts]) => counts));
  for (const { name, reason } of total.skipped) console.log(`skipped: ${name}: ${reason}`);
  results.sort(([one], [other]) => SUITES.indexOf(one) - SUITES.indexOf(other));
  for (const [{ name }, counts, seconds] of results) {
    console.log(`${name.padEnd(8)} ${lastLine(counts)} (${seconds.toFixed(0)} s)`);
  }
  console.log(`seed ${seed}`);
  const isSkipping = process.env.CI !== undefined && total.skipped.length > 0;
  if (isSkipping) console.log('In CI nothing may be skipped.');
  console.log(lastLine(total));
  return total.failed > 0 || isSkipping ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`test: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
