import { expect, test } from 'vitest';
import { RULE_INDEX, RULES, type Rule, type RuleId } from '../../shared/merge/rules.ts';
import { POSITIONS, type Position } from '../../shared/merge/tree.ts';
import { coverageOf, coverageText, faultsOf, whyImpossible } from './coverage.ts';

const cells = RULES.flatMap(({ id }) => POSITIONS.map((position) => [id, position] as const));
const hitsOf = (count: (rule: RuleId, position: Position) => number): number[] =>
  cells.map(([rule, position]) => count(rule, position));
const asClaimed = hitsOf((rule, position) => (whyImpossible(rule, position) === null ? 50 : 0));
const at = (rule: RuleId, position: Position): number =>
  RULE_INDEX[rule] * POSITIONS.length + POSITIONS.indexOf(position);

test('every rule but those of overlays below can be met in some layer, and data-only in data-only layers alone', () => {
  const others = RULES.filter((rule: Rule) => !rule.nested);
  for (const { id } of others) expect(POSITIONS.some((position) => whyImpossible(id, position) === null)).toBe(true);
  expect(POSITIONS.filter((position) => whyImpossible('data-only', position) === null)).toEqual(['data-only']);
});

test('counts are as claimed where each possible cell is met often enough and no other is met', () => {
  expect(faultsOf(coverageOf(asClaimed), 50)).toEqual([]);
});

test.each(cells)('a wrong count of %s in the %s is found', (rule, position) => {
  const isPossible = whyImpossible(rule, position) === null;
  const faults = faultsOf(coverageOf(asClaimed.with(at(rule, position), isPossible ? 49 : 1)), 50);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain(`${rule} was met in the ${position}`);
});

test('the table says of each cell its count, or that it cannot be, and why', () => {
  const lines = coverageText(coverageOf(asClaimed)).split('\n');
  const line = (rule: RuleId): string => lines.find((one) => one.startsWith(`${rule} `)) ?? '';
  expect(line('opaque').split(/ +/)).toEqual(['opaque', '50', '50', '50', '50', '-', '200']);
  expect(line('directory-over-file').split(/ +/)).toEqual(['directory-over-file', '-', '50', '50', '50', '-', '150']);
  expect(lines).toContain('directory-over-file, upper: Nothing stands above the upper.');
  const met = coverageText(coverageOf(asClaimed.with(at('directory-over-file', 'upper'), 3)));
  expect(met).toMatch(/^directory-over-file +3 +50/m);
});
