import { describe, expect, test } from 'vitest';
import { cannotMount, FILESYSTEM_TYPES, type FilesystemType, Stage } from '../../electron/union/testing/stage.ts';
import type { TempfilePolicy } from '../../electron/union/union.ts';
import { Random } from '../kernel/random.ts';
import { Agreement } from './agreement.ts';
import { drawLowers } from './trial.ts';

/**
 * The state machine and the union on real directories, step by step on the same random operations: what they answer, and
 * which steps they take. STRATOSCOPE_SEED repeats a run, STRATOSCOPE_DEEP=1 makes it ten times as long.
 */
const seed = Number(process.env.STRATOSCOPE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const sequences = process.env.STRATOSCOPE_DEEP === '1' ? 20 : 2;
const LENGTH = 500;

const WAYS = FILESYSTEM_TYPES.flatMap((type) =>
  (['last-close', 'dentry-release', 'none'] as const).map((policy) => [type, policy] as const),
);

/** Throws where they part, with what was done before. */
function agree(type: FilesystemType, policy: TempfilePolicy, seed: number): void {
  const stage = new Stage(type);
  try {
    const random = new Random(seed);
    const lowers = random.between(1, 3);
    stage.sh(`cd fs; rmdir l; ${drawLowers(random, lowers)}`);
    const agreement = new Agreement(stage, policy, lowers);
    for (let at = 0; at < LENGTH; at++) {
      const { engine, model, done } = agreement.step(random);
      const last = done.slice(-30).map((one) => JSON.stringify(one));
      expect(engine, `seed ${seed}, ${done.length} operations, at last\n${last.join('\n')}`).toEqual(model);
    }
  } finally {
    stage.remove();
  }
}

describe.skipIf(cannotMount !== null)(
  `the state machine and the union, seed ${seed}${cannotMount ? ` (${cannotMount})` : ''}`,
  () => {
    test.each(WAYS)('agree on %s, %s', (type, policy) => {
      for (let n = 0; n < sequences; n++) agree(type, policy, seed + n);
    });
  },
);
