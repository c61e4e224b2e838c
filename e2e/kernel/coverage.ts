import { RULES } from '../../shared/merge/rules.ts';
import { POSITIONS } from '../../shared/merge/tree.ts';

/** How often a rule of the merge was met, by where the layer stands in the stack. */
export interface RuleCoverage {
  readonly rule: string;
  readonly total: number;
  readonly byPosition: Readonly<Record<string, number>>;
}

/** The engine's hit counts (RULES × POSITIONS, row by row) as a table. */
export const coverageOf = (hits: ArrayLike<number>): RuleCoverage[] =>
  RULES.map(({ id }, rule) => {
    const counts = POSITIONS.map((_, position) => hits[rule * POSITIONS.length + position] ?? 0);
    return {
      rule: id,
      total: counts.reduce((sum, count) => sum + count, 0),
      byPosition: Object.fromEntries(POSITIONS.map((position, i) => [position, counts[i] as number])),
    };
  });

/** The table as text, a line a rule. */
export function coverageText(coverage: readonly RuleCoverage[]): string {
  const width = Math.max(...coverage.map(({ rule }) => rule.length));
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(width) : String(cell).padStart(14))).join('');
  return [
    row(['rule', ...POSITIONS, 'total']),
    ...coverage.map(({ rule, byPosition, total }) => row([rule, ...Object.values(byPosition), total])),
  ].join('\n');
}
