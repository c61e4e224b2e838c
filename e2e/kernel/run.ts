import type { Case } from './case.ts';
import type { Difference } from './compare.ts';
import { makeCase } from './generator.ts';
import { Random } from './random.ts';
import { scriptOf } from './script.ts';
import { shrink } from './shrink.ts';
import type { Laboratory, Outcome, Scan } from './trial.ts';

export interface RunOptions {
  /** Tries this one case instead of random ones. */
  readonly only?: Case;
  readonly seed: number;
  /** Ends once the kernel was asked about this many objects. */
  readonly objects: number;
  /** Begins with this case of the seed. */
  readonly from?: number;
  /** Ends after this many cases. */
  readonly cases?: number;
  /** Shows wrong cases as they were found. */
  readonly unshrunk?: boolean;
  /** How many wrong cases are shrunk and told before the run ends. */
  readonly failures?: number;
  /** Called after each case that was mounted. */
  readonly onOutcome?: (outcome: Exclude<Outcome, { refused: string }>) => void;
}

/** One wrong case: as found, as small as it came, what differs in the small one, and how to build that by hand. */
export interface Failure {
  readonly seed: number;
  readonly number: number;
  readonly smallest: Case;
  readonly differences: readonly Difference[];
  readonly script: string;
}

export interface RunResult {
  readonly seed: number;
  readonly cases: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly objects: number;
  readonly unknown: number;
  readonly failures: readonly Failure[];
}

/** Case `number` of a run: cases don't depend on one another, so that each can be repeated alone. */
export const caseOf = (seed: number, number: number): Case =>
  makeCase(new Random((Math.imul(seed, 0x9e3779b1) + Math.imul(number + 1, 0x85ebca6b)) >>> 0));

/** Tries cases until enough objects were compared or enough were wrong. */
export async function run(laboratory: Laboratory, scan: Scan, options: RunOptions): Promise<RunResult> {
  const refused: Record<string, number> = {};
  const failures: Failure[] = [];
  let objects = 0;
  let unknown = 0;
  let cases = 0;
  const most = options.only ? 1 : (options.cases ?? Number.POSITIVE_INFINITY);
  for (let number = options.from ?? 0; objects < options.objects && cases < most; number++) {
    cases++;
    const c = options.only ?? caseOf(options.seed, number);
    const differences = await differencesOf(laboratory, c, scan, (outcome) => {
      if ('refused' in outcome) {
        refused[outcome.refused] = (refused[outcome.refused] ?? 0) + 1;
        return;
      }
      objects += outcome.comparison.objects;
      unknown += outcome.comparison.unknown;
      options.onOutcome?.(outcome);
    });
    if (differences.length === 0) continue;
    failures.push(
      options.unshrunk
        ? { seed: options.seed, number, smallest: c, differences, script: scriptOf(c) }
        : await explain(laboratory, scan, c, differences, options.seed, number),
    );
    if (failures.length >= (options.failures ?? 1)) break;
  }
  return { seed: options.seed, cases, refused, objects, unknown, failures };
}

/** What is wrong in a case; a scan that fails is wrong too. */
async function differencesOf(
  laboratory: Laboratory,
  c: Case,
  scan: Scan,
  onOutcome?: (outcome: Outcome) => void,
): Promise<readonly Difference[]> {
  let failed: Error | null = null;
  const guarded: Scan = async (stack, peek) => {
    try {
      return await scan(stack, peek);
    } catch (error) {
      failed = error as Error;
      return [];
    }
  };
  const outcome = await laboratory.try(c, guarded);
  if (failed !== null) return [failure(failed)];
  onOutcome?.(outcome);
  return 'refused' in outcome ? [] : outcome.comparison.differences;
}

const failure = (error: Error): Difference => ({
  path: '' as Difference['path'],
  field: 'scan',
  predicted: `the scan failed: ${error.stack}`,
  observed: 'the kernel mounts it',
});

async function explain(
  laboratory: Laboratory,
  scan: Scan,
  c: Case,
  found: readonly Difference[],
  seed: number,
  number: number,
): Promise<Failure> {
  // What is wrong must stay the same kind of wrong, or shrinking wanders off to another fault.
  const fields = new Set(found.map((difference) => difference.field));
  let differences = found;
  const smallest = await shrink(c, async (smaller) => {
    const left = (await differencesOf(laboratory, smaller, scan)).filter(({ field }) => fields.has(field));
    if (left.length > 0) differences = left;
    return left.length > 0;
  });
  return { seed, number, smallest, differences, script: scriptOf(smallest) };
}

/** A failure as text: how to see it again, what differs, and the script. */
export function textOf(failure: Failure): string {
  const rows = failure.differences.map(
    ({ path, field, predicted, observed }) =>
      `  ${JSON.stringify(path)} ${field}: predicted ${predicted}; the kernel says ${observed}`,
  );
  return [
    `seed ${failure.seed}, case ${failure.number} (again: --seed ${failure.seed} --from ${failure.number} --cases 1)`,
    ...rows,
    `smallest case: ${JSON.stringify(failure.smallest)}`,
    failure.script,
  ].join('\n');
}
