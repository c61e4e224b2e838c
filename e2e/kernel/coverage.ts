import { RULES, type RuleId } from '../../shared/merge/rules.ts';
import { POSITIONS, type Position } from '../../shared/merge/tree.ts';

/** How often a rule of the merge was met, by where the layer stands in the stack whose entry it decides. */
export interface RuleCoverage {
  readonly rule: RuleId;
  readonly total: number;
  readonly byPosition: Readonly<Record<Position, number>>;
}

/** The engine's hit counts (RULES × POSITIONS, row by row) as a table. */
export const coverageOf = (hits: ArrayLike<number>): RuleCoverage[] =>
  RULES.map(({ id }, rule) => {
    const counts = POSITIONS.map((_, position) => hits[rule * POSITIONS.length + position] ?? 0);
    return {
      rule: id,
      total: counts.reduce((sum, count) => sum + count, 0),
      byPosition: Object.fromEntries(POSITIONS.map((position, i) => [position, counts[i] as number])) as Record<
        Position,
        number
      >,
    };
  });

type Reasons = Readonly<Partial<Record<Position, string>>>;

const ofUpper = 'It is about directories of the upper alone: only they are impure.';
const ofNested = "None of the random stacks' layers lies on an overlay.";
const ofData = 'It is the one rule by which data-only layers are searched, and no other layer is.';

/** Where a rule cannot be met, and why. What data-only layers cannot meet stands in `notInData`. */
const impossible: Readonly<Partial<Record<RuleId, Reasons>>> = {
  'layer-refuses': { upper: ofNested, 'topmost lower': ofNested, 'middle lower': ofNested, lowest: ofNested },
  'directory-over-file': { upper: 'Nothing stands above the upper.' },
  'redirect-through-file': { upper: 'A redirect leads into the layers below the one that has it.' },
  'metacopy-needs-file': { upper: 'The metacopy stands in a layer above.' },
  'data-only': { upper: ofData, 'topmost lower': ofData, 'middle lower': ofData, lowest: ofData },
  'data-only-free': {
    upper: 'What the options forbid is refused before the first lower is asked.',
    'topmost lower': 'Its redirect goes on at the root of the next lower, and is refused before that one is asked.',
    'middle lower': 'Its redirect goes on at the root of the next lower, and is refused before that one is asked.',
  },
  'origin-not-verified': { upper: "It decides over the lower that is not the upper's origin." },
  'origin-mismatch': { upper: "It decides over the lower that is not the upper's origin." },
  'index-alias': { upper: 'A name of the upper shows its own inode, whatever the index says.' },
  'xwhiteouts-listed-out': {
    upper: 'The upper is not asked for xattr whiteouts while it is listed.',
    lowest: 'The lowest layer is not asked for xattr whiteouts while it is listed.',
  },
  'impure-listing-fails': { 'topmost lower': ofUpper, 'middle lower': ofUpper, lowest: ofUpper },
};

const notInData = 'Data-only layers do not merge: they are searched for data, by the rule data-only.';

/** Why the rule cannot be met in a layer that stands there; null where it can. */
export const whyImpossible = (rule: RuleId, position: Position): string | null =>
  position === 'data-only' && rule !== 'data-only' ? notInData : (impossible[rule]?.[position] ?? null);

/** What contradicts the claim that each rule was met `least` times wherever it can be, and nowhere else. */
export const faultsOf = (coverage: readonly RuleCoverage[], least: number): string[] =>
  coverage.flatMap(({ rule, byPosition }) =>
    POSITIONS.flatMap((position) => {
      const count = byPosition[position];
      const reason = whyImpossible(rule, position);
      if (reason !== null && count > 0) return [`${rule} was met in the ${position} ${count} times, though: ${reason}`];
      if (reason === null && count < least) return [`${rule} was met in the ${position} only ${count} times`];
      return [];
    }),
  );

/** The table as text, a line a rule, "-" where it cannot be met; then the reasons of these. */
export function coverageText(coverage: readonly RuleCoverage[]): string {
  const width = Math.max(...coverage.map(({ rule }) => rule.length));
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(width) : String(cell).padStart(14))).join('');
  const cell = ({ rule, byPosition }: RuleCoverage, position: Position): string | number =>
    byPosition[position] === 0 && whyImpossible(rule, position) !== null ? '-' : byPosition[position];
  const reasons = Object.entries(impossible).flatMap(([rule, byPosition]) =>
    Object.entries(byPosition as Reasons).map(([position, reason]) => `${rule}, ${position}: ${reason}`),
  );
  return [
    row(['rule', ...POSITIONS, 'total']),
    ...coverage.map((line) => row([line.rule, ...POSITIONS.map((position) => cell(line, position)), line.total])),
    '"-" cannot be:',
    `every rule but data-only, data-only: ${notInData}`,
    ...reasons,
  ].join('\n');
}
