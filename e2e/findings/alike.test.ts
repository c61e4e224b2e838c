import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cannotMount } from '../../electron/engine/testing/laboratory.ts';

const isDeep = process.env.STRATOSCOPE_DEEP === '1';
const seed = process.env.STRATOSCOPE_SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const objects = isDeep ? 10_000 : 1000;

test.skipIf(cannotMount !== null)(
  `objects that are alike have the findings that each has on its own, seed ${seed}${cannotMount ? ` (${cannotMount})` : ''}`,
  () => {
    const program = join(import.meta.dirname, 'alike.ts');
    const run = spawnSync(process.execPath, [program, '--seed', seed, '--objects', String(objects)], {
      encoding: 'utf8',
    });
    expect(run.status, run.stderr).toBe(0);
    const { alike, alone, codes } = JSON.parse(run.stdout);
    // Both kinds are there, and what is found.
    expect(alike, run.stdout).toBeGreaterThan(objects / 10);
    expect(alone, run.stdout).toBeGreaterThan(objects / 10);
    expect(Object.keys(codes).length, run.stdout).toBeGreaterThan(4);
  },
);
