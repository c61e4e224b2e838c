import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { RULES, type Rule } from '../../shared/merge/rules.ts';
import { faultsOf, type RuleCoverage } from './coverage.ts';
import { runProgram, type Said } from './program.ts';
import type { RunResult } from './run.ts';

/**
 * Random layer trees, mounted for real; every object compared with what our program says. STRATOSCOPE_SEED repeats a
 * run, STRATOSCOPE_DEEP=1 is the long one, STRATOSCOPE_OBJECTS sets how many objects. The harness itself is tested
 * first: it believes the kernel's own answer, and finds out a liar.
 */
const isDeep = process.env.STRATOSCOPE_DEEP === '1';
const objects = Number(process.env.STRATOSCOPE_OBJECTS ?? (isDeep ? 20_000 : 2000));
const seed = process.env.STRATOSCOPE_SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const harnessSeed = '1';

/** Objects that may be unknown, of all: "unknown" must not become a hiding place. */
const mostUnknown = 0.03;
/** Rules that the random stacks can meet: none of their layers lies on an overlay. */
const MET = RULES.filter((rule: Rule) => !rule.nested).map(({ id }) => id);

/**
 * How often each rule must be met in a deep run by a layer at each place in the stack where it can be met, and among
 * how many objects at least.
 */
const leastHits = 50;
const countedObjects = Math.max(2 * objects, 40_000);

type Result = Omit<RunResult, 'failures'> & {
  readonly failures: readonly {
    readonly smallest: object;
    readonly differences: readonly { field: string; predicted: string }[];
  }[];
  readonly coverage: readonly RuleCoverage[] | null;
};

const differential = (...args: string[]): Promise<Said<Result>> =>
  runProgram<Result>(join(import.meta.dirname, 'differential.ts'), args);

describe('the harness', () => {
  test('agrees with the kernel about itself', async () => {
    const { result } = await differential('--seed', harnessSeed, '--scan', 'kernel', '--objects', '1500');
    expect(result.failures).toEqual([]);
    expect(result.objects).toBeGreaterThanOrEqual(1500);
  });

  test.each(['object', 'twice', 'lookup', 'listed', 'type', 'mode', 'size', 'data', 'unknown', 'entries'])(
    'finds one false %s',
    async (field) => {
      const args = ['--seed', harnessSeed, '--scan', 'kernel', '--lie', field, '--objects', '300'];
      const { code, result } = await differential(...args);
      expect(code).toBe(1);
      expect(result.failures[0]?.differences.map((difference) => difference.field)).toContain(field);
    },
  );

  test('finds a scan wrong that knows no marks, and shrinks the case', async () => {
    const args = ['--seed', harnessSeed, '--scan', 'naive', '--objects', '500', '--failures', '3'];
    const { code, stderr, result } = await differential(...args);
    expect(code).toBe(1);
    for (const { smallest } of result.failures) expect(JSON.stringify(smallest).length).toBeLessThan(1500);
    expect(stderr).toContain('mount -t overlay');
  });
});

describe(`the program, seed ${seed}`, () => {
  test(
    `says of ${objects} objects what the kernel says`,
    async () => {
      const { code, stderr, result } = await differential('--seed', seed, '--objects', String(objects));
      expect({ code, wrong: result.failures.length }, stderr).toEqual({ code: 0, wrong: 0 });
      expect(result.objects).toBeGreaterThanOrEqual(objects);
      const text = `${result.objects} objects in ${result.cases} cases, ${result.unknown} unknown`;
      process.stdout.write(`differential seed ${seed}: ${text}, refused ${JSON.stringify(result.refused)}\n`);
      expect(result.unknown / result.objects, text).toBeLessThan(mostUnknown);
    },
    objects * 60,
  );

  if (!isDeep) return;

  test(
    'is right too where it counts, and meets every rule in every layer that can meet it',
    async () => {
      const args = ['--seed', seed, '--objects', String(countedObjects), '--count-rules'];
      const { code, stderr, result } = await differential(...args);
      process.stdout.write(`${result.objects} objects in ${result.cases} cases, ${stderr}\n`);
      expect(code, stderr).toBe(0);
      expect(faultsOf(result.coverage ?? [], leastHits)).toEqual([]);
      expect(result.coverage).toHaveLength(RULES.length);
    },
    countedObjects * 60,
  );

  test.each(MET)(
    'is found wrong without the rule %s',
    async (rule) => {
      const args = ['--seed', seed, '--objects', String(objects), '--without-rule', rule, '--unshrunk'];
      const { code, result } = await differential(...args);
      expect(code).toBe(1);
      // By an answer, not by a scan that broke down or said nothing.
      const differences = result.failures[0]?.differences ?? [];
      const answers = differences.filter(({ field, predicted }) => field !== 'scan' && predicted !== 'unknown');
      expect(answers).not.toEqual([]);
      process.stdout.write(`without ${rule}: wrong after ${result.objects} objects\n`);
    },
    objects * 60,
  );
});
