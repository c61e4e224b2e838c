import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cannotMount, FILESYSTEM_TYPES, type FilesystemType, Stage } from '../../electron/union/testing/stage.ts';
import { Random } from '../kernel/random.ts';
import { WAYS } from './differential.ts';
import { type Drawn, draw } from './draw.ts';
import type { Plan } from './killed.ts';
import { drawLowers, Trial } from './trial.ts';

const isDeep = process.env.STRATOSCOPE_DEEP === '1';
const seed = Number(process.env.STRATOSCOPE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const KILLS = isDeep ? 300 : 16;
const WORKER = join(import.meta.dirname, 'killed.ts');

/** Runs a plan to its end, or its kill; after `milliseconds` it is killed from outside. Gives what it wrote. */
function run(plan: Plan, milliseconds: number | null): Promise<{ isKilled: boolean; marks: string }> {
  const child = spawn(process.execPath, [WORKER, JSON.stringify(plan)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let marks = '';
  let timer: NodeJS.Timeout | null = null;
  child.stdout.setEncoding('latin1').on('data', (text) => {
    marks += text;
    // The time runs from the first sign of life, so that it ends inside the work.
    if (milliseconds !== null) timer ??= setTimeout(() => child.kill('SIGKILL'), milliseconds);
  });
  return new Promise((resolve, reject) =>
    child.on('close', (status, signal) => {
      if (timer) clearTimeout(timer);
      if (signal === null && status !== 0) reject(new Error(`the worker ended with ${status}`));
      else resolve({ isKilled: signal === 'SIGKILL', marks });
    }),
  );
}

/** Operations that need no slot from an earlier session. */
function drawBatch(random: Random, trial: Trial, count: number): Drawn[] {
  const seen = { ...trial.seen(), fds: [3, 3, 4, 5], maps: 0, handles: [] };
  const batch: Drawn[] = [];
  while (batch.length < count) {
    const one = draw(random, seen);
    if (!['restart', 'openHandle', 'handle', 'mmap', 'peek', 'close', 'evict'].includes(one.op)) batch.push(one);
  }
  return batch;
}

type Tally = { kills: number; inside: number; old: number; fresh: number };

/**
 * Lets a worker carry out a plan; then a new start must show the tree as it was before the operation that was cut short,
 * or as it is after it. Gives whether it was killed before its end.
 */
async function killIn(trial: Trial, plan: Plan, milliseconds: number | null, tally: Tally): Promise<boolean> {
  const { drawn } = plan;
  const { isKilled, marks } = await run(plan, milliseconds);
  const done = marks.replace('R', '').length;
  const isInside = isKilled && done < drawn.length;
  if (isKilled) tally.kills++;
  if (isInside) tally.inside++;
  const fds = new Map<number, number>();
  for (const one of drawn.slice(0, done)) trial.onPlain(one, fds);
  trial.resume();
  let wrong = trial.compareTrees();
  if (wrong === null) tally.old++;
  else if (done < drawn.length) {
    const asOld = wrong;
    trial.onPlain(drawn[done] as Drawn, fds);
    wrong = trial.compareTrees();
    if (wrong === null) tally.fresh++;
    else wrong = `neither old (${asOld}) nor new (${wrong})`;
  }
  expect([wrong, wrong === null ? '' : JSON.stringify({ ...plan, done })]).toEqual([null, '']);
  trial.closePlain();
  trial.pause();
  return isInside;
}

async function killAtRandom(trial: Trial, random: Random, tally: Tally): Promise<void> {
  trial.resume();
  const drawn = drawBatch(random, trial, 8);
  trial.pause();
  const isByTime = random.chance(0.25);
  const from = random.chance(0.15) ? 'start' : 'operations';
  const plan: Plan = { start: trial.startOptions, drawn, killAt: isByTime ? 0 : random.between(1, 150), from };
  await killIn(trial, plan, isByTime ? random.next() * 20 : null, tally);
}

describe.skipIf(cannotMount !== null)(`a union that is killed${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  test.each(FILESYSTEM_TYPES)(
    `on %s shows every file as it was or as it is, and every number, seed ${seed}`,
    async (type: FilesystemType) => {
      const random = new Random(seed);
      const stage = new Stage(type, { size: 128 });
      const tally: Tally = { kills: 0, inside: 0, old: 0, fresh: 0 };
      try {
        for (let n = 0; tally.kills < KILLS / FILESYSTEM_TYPES.length; n++) {
          const start = random.pick(WAYS);
          const options = { folder: stage.at('fs'), lowers: 1 + (n % 3), start, isLoose: start.policy === 'none' };
          const trial = new Trial(options, drawLowers(random, options.lowers));
          trial.pause();
          try {
            for (let i = 0; i < 5; i++) await killAtRandom(trial, random, tally);
            trial.resume();
            expect(trial.end()).toBeNull();
          } finally {
            trial.remove();
          }
        }
      } finally {
        stage.remove();
      }
      process.stdout.write(
        `scheme on ${type}, seed ${seed}: killed ${tally.kills} times, ${tally.inside} inside a batch; ${tally.old} times as before the operation, ${tally.fresh} as after it\n`,
      );
      expect(tally.inside).toBeGreaterThan(0);
    },
    KILLS * 10_000,
  );

  /** What stands in the lower, and operations of which the last is cut short. */
  const LOWER = `mkdir -p l1/d/e l1/x; echo one > l1/a; ln l1/a l1/d/b; ln l1/a l1/d/e/c; echo two > l1/f; ln -s a l1/s
    mkfifo l1/p; echo three > l1/d/e/g; truncate -s 100000 l1/big; echo end >> l1/big`;
  const CUT: Record<string, Drawn[]> = {
    'a copy-up': [{ op: 'chmod', path: 'd/e/g', mode: 0o600 }],
    'a copy-up after reading': [
      { op: 'open', path: 'big' },
      { op: 'truncate', path: 'big', size: 7 },
    ],
    'the copy-up of a hard link': [{ op: 'chmod', path: 'a', mode: 0o640 }],
    'a truncating open': [{ op: 'open', path: 'f', flags: ['WRONLY', 'TRUNC'] }],
    'a link': [
      { op: 'unlink', path: 'f' },
      { op: 'link', path: 's', to: 'f' },
    ],
    'the removal of a lower file': [{ op: 'unlink', path: 'f' }],
    'the removal of a copy': [
      { op: 'chmod', path: 'f', mode: 0o600 },
      { op: 'unlink', path: 'f' },
    ],
    'the removal of a directory': [{ op: 'rmdir', path: 'x' }],
    'the removal of a directory of whiteouts': [
      { op: 'unlink', path: 'd/e/g' },
      { op: 'unlink', path: 'd/e/c' },
      { op: 'rmdir', path: 'd/e' },
    ],
    'a new directory over a removed one': [
      { op: 'rmdir', path: 'x' },
      { op: 'mkdir', path: 'x' },
    ],
    'the rename of a file': [{ op: 'rename', path: 'f', to: 'd/new' }],
    'the rename of a directory': [{ op: 'rename', path: 'd/e', to: 'x/y' }],
    'the rename of a directory over another': [{ op: 'rename', path: 'd', to: 'x' }],
    'an exchange': [{ op: 'rename', path: 'd', to: 'f', flags: ['EXCHANGE'] }],
    'the rename of a fifo over a file': [{ op: 'rename', path: 'p', to: 'a' }],
    'a new file over a whiteout': [
      { op: 'unlink', path: 'f' },
      { op: 'open', path: 'f', flags: ['WRONLY', 'CREAT'] },
    ],
  };
  const names = Object.keys(CUT);
  const all = new Random(seed);
  const cases = isDeep ? names : names.filter(() => all.chance(0.5));

  test.each(cases)(
    `before each call of %s, seed ${seed}`,
    async (name) => {
      const random = new Random(seed + names.indexOf(name));
      const stage = new Stage('ext4', { size: 128 });
      const tally: Tally = { kills: 0, inside: 0, old: 0, fresh: 0 };
      try {
        let isInside = true;
        for (let killAt = 1; isInside; killAt++) {
          // In a short run a few calls of it, at random.
          if (!isDeep) killAt = random.between(1, 30);
          const start = random.pick(WAYS);
          const trial = new Trial({ folder: stage.at('fs'), lowers: 1, start, isLoose: false }, LOWER);
          trial.pause();
          try {
            const drawn = (CUT[name] as Drawn[]).map((one) => ({ ...one }));
            const plan: Plan = { start: trial.startOptions, drawn, killAt, from: 'last' };
            isInside = await killIn(trial, plan, null, tally);
            trial.resume();
            expect(trial.end()).toBeNull();
          } finally {
            trial.remove();
          }
          if (!isDeep && tally.kills >= 2) break;
        }
      } finally {
        stage.remove();
      }
      process.stdout.write(`scheme, ${name}: killed ${tally.kills} times, ${tally.fresh} times as after it\n`);
    },
    600_000,
  );
});
