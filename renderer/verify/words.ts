import type { Severity } from '../../shared/contract/finding.ts';
import type { VerifyCause, VerifyCounts, VerifyRow } from '../../shared/contract/verify.ts';
import type { VerifyProgress } from '../../shared/ipc/verify.ts';
import { countText } from '../tree/format.ts';

/** What a verification says, and in which order. Pure. */

/** Causes, the gravest first, each as grave as its sign says. */
export const CAUSES: readonly { cause: VerifyCause; severity: Severity }[] = [
  { cause: 'our error', severity: 'error' },
  { cause: 'changed under the mount', severity: 'warning' },
  { cause: 'cached from before a layer change', severity: 'note' },
];

/** What each field is, as a program asks for it. */
export const FIELDS: Record<VerifyRow['field'], string> = {
  lookup: 'lookup',
  type: 'type',
  dev: 'st_dev',
  ino: 'st_ino',
  dino: 'd_ino',
  nlink: 'st_nlink',
  fstat: 'fstat of an open file',
};

/** One line of the view: a cause's head, or one of its rows. */
export type VerifyLine =
  | { kind: 'head'; cause: VerifyCause; severity: Severity; count: number }
  | { kind: 'row'; row: VerifyRow };

/** Rows under the heads of their causes, in the order in which they came. */
export function linesOf(rows: readonly VerifyRow[]): VerifyLine[] {
  return CAUSES.flatMap(({ cause, severity }): VerifyLine[] => {
    const own = rows.filter((row) => row.cause === cause);
    if (own.length === 0) return [];
    return [{ kind: 'head', cause, severity, count: own.length }, ...own.map((row) => ({ kind: 'row' as const, row }))];
  });
}

const many = (count: number, one: string, several: string): string =>
  `${countText(count)} ${count === 1 ? one : several}`;

/** What came of it, in one line. */
export function countsWords({ paths, checked, wrong, unpredictable, settled }: VerifyCounts): string {
  const parts = [
    many(paths, 'path', 'paths'),
    `${many(checked, 'answer', 'answers')} compared`,
    wrong === 0 ? 'none differs' : many(wrong, 'differs', 'differ'),
  ];
  if (unpredictable > 0) parts.push(`${countText(unpredictable)} not to be foretold`);
  if (settled > 0) parts.push(`${countText(settled)} changed meanwhile and agree now`);
  return parts.join(' · ');
}

/** How far it is: a part between 0 and 1, null where that is not known; and in words. */
export function progressOf(progress: VerifyProgress | null): { part: number | null; words: string } {
  if (progress === null) return { part: null, words: 'Beginning' };
  if (progress.phase === 'reading') {
    const done = progress.layers.filter((layer) => layer.done).length;
    return { part: null, words: `Reading the layers afresh: ${done} of ${progress.layers.length} done` };
  }
  const { phase, done, total } = progress;
  const what = phase === 'looking' ? 'Looked at' : 'Looked at once more';
  return { part: total === 0 ? 1 : done / total, words: `${what} ${countText(done)} of ${countText(total)}` };
}

/** A value of a row as it stands in a cell. */
export const valueText = (value: VerifyRow['predicted']): string => (value === null ? 'none' : String(value));
