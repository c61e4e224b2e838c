/**
 * `node e2e/scheme/differential.ts [--seed S] [--operations N] [--filesystem T] [--store S] [--tempfile P]`: random
 * operations on a union and on a plain directory, held against each other. Prints the shortest sequence that differs.
 */
import { parseArgs } from 'node:util';
import type { StoreKind } from '../../electron/union/stores/store.ts';
import { type FilesystemType, Stage } from '../../electron/union/testing/stage.ts';
import type { TempfilePolicy } from '../../electron/union/union.ts';
import { runTrial, shrinkTrial, type TrialOptions } from './trial.ts';

export type Way = { store: StoreKind; policy: TempfilePolicy };

/** Every way to keep the map with either policy, and without temporary files. */
export const WAYS: readonly Way[] = [
  ...(['database', 'memory', 'xattr', 'bitmap', 'array'] as const).flatMap((store): Way[] => [
    { store, policy: 'last-close' },
    { store, policy: 'dentry-release' },
  ]),
  { store: 'database', policy: 'none' },
];

export type Run = {
  filesystem: FilesystemType;
  ways: readonly Way[];
  seed: number;
  operations: number;
  /** False: also without temporary files, old descriptors are held to see what is written later. */
  isLenient?: boolean;
  /** How long a sequence that differs is made smaller. */
  seconds?: number;
};

/** Operations in a sequence. */
const LENGTH = 60;

/**
 * Runs sequences, one way after another, until so many operations were done. Gives how many, and a report of the first
 * difference.
 */
export function runDifferential(run: Run): { done: number; report: string | null } {
  const { filesystem, ways, seed, operations, isLenient = true, seconds = 30 } = run;
  const stage = new Stage(filesystem, { size: 128 });
  let done = 0;
  try {
    for (let n = 0; done < operations; n++) {
      const way = ways[n % ways.length] as Way;
      const isLoose = isLenient && way.policy === 'none';
      const options: TrialOptions = { folder: stage.at('fs'), lowers: 1 + (n % 3), start: way, isLoose };
      const outcome = runTrial(options, seed + n, LENGTH);
      done += outcome.drawn.length;
      if (outcome.difference === null) continue;
      const { drawn, what } = outcome.difference;
      const shortest = seconds === 0 ? outcome.drawn : shrinkTrial(options, outcome, seconds);
      const told = `${filesystem} ${JSON.stringify(way)} seed ${seed + n}: ${JSON.stringify(drawn)}: ${what}`;
      return { done, report: [told, outcome.layers, ...shortest.map((one) => JSON.stringify(one))].join('\n') };
    }
    return { done, report: null };
  } finally {
    stage.remove();
  }
}

if (process.argv[1] === import.meta.filename) {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      operations: { type: 'string', default: '600' },
      filesystem: { type: 'string', default: 'ext4' },
      store: { type: 'string' },
      tempfile: { type: 'string' },
    },
  });
  const ways = WAYS.filter(
    ({ store, policy }) =>
      (values.store === undefined || store === values.store) &&
      (values.tempfile === undefined || policy === values.tempfile),
  );
  const run = { filesystem: values.filesystem as FilesystemType, ways, seed: Number(values.seed) };
  const { done, report } = runDifferential({ ...run, operations: Number(values.operations) });
  console.log(`${done} operations, seed ${values.seed}`);
  if (report !== null) console.log(report);
  process.exitCode = report === null ? 0 : 1;
}
