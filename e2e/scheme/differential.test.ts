import { describe, expect, test } from 'vitest';
import { cannotMount, FILESYSTEM_TYPES } from '../../electron/union/testing/stage.ts';
import { runDifferential, WAYS } from './differential.ts';

const isDeep = process.env.STRATOSCOPE_DEEP === '1';
const seed = Number(process.env.STRATOSCOPE_SEED ?? Math.floor(Math.random() * 2 ** 31));
const OPERATIONS = isDeep ? 5000 : 500;

describe.skipIf(cannotMount !== null)(`random operations${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  test.each(FILESYSTEM_TYPES)(
    `on a union on %s answer as on a plain directory, seed ${seed}`,
    (filesystem) => {
      const { done, report } = runDifferential({ filesystem, ways: WAYS, seed, operations: OPERATIONS });
      expect(report).toBeNull();
      process.stdout.write(`scheme on ${filesystem}, seed ${seed}: ${done} operations, 0 differences\n`);
    },
    OPERATIONS * 1000,
  );

  test('without temporary files are found to differ where a descriptor is older than the copy-up', () => {
    const ways = WAYS.filter(({ policy }) => policy === 'none');
    const { report } = runDifferential({
      filesystem: 'tmpfs',
      ways,
      seed,
      operations: 20_000,
      isLenient: false,
      seconds: 0,
    });
    expect(report).toMatch(/"op":"(read|pread|peek|fstat)"/);
  });
});
