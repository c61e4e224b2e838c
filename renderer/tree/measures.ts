import { useRef } from 'react';
import type { Row } from '../../shared/ipc/engine.ts';
import type { Longest } from './columns.ts';
import { shortNumber, sizeLetters, whenText } from './format.ts';

const NOTHING: Longest = { real: 0, shown: 0, whole: 0, status: 0, size: 0, since: 0 };

/** The longest texts of these rows, and of those before. */
export function longestOf(before: Longest, rows: readonly Row[], nowMs: number): Longest {
  const now = { ...before };
  const grow = (key: keyof Longest, letters: number): void => {
    if (letters > now[key]) now[key] = letters;
  };
  for (const row of rows) {
    grow('real', row.real?.ino.length ?? 0);
    for (const [kind, number] of [
      ['ino', row.shown?.ino],
      ['dino', row.shown?.dino],
    ] as const) {
      grow('whole', number?.length ?? 0);
      grow('shown', shortNumber(row, kind)?.length ?? 0);
    }
    grow('status', row.status.length + (row.status === 'hidden' ? (row.hiddenBy?.length ?? 0) + 4 : 0));
    grow('size', sizeLetters(row));
    if (row.since !== null && row.since !== 'unknown') grow('since', whenText(row.since, nowMs).length);
  }
  return Object.keys(now).every((key) => now[key as keyof Longest] === before[key as keyof Longest]) ? before : now;
}

/** The longest texts seen in this view: columns never get narrower. */
export function useLongest(rows: readonly Row[], view: number, nowMs: number): Longest {
  const seen = useRef({ view, rows: [] as readonly Row[], longest: NOTHING });
  if (seen.current.view !== view) seen.current = { view, rows: [], longest: NOTHING };
  if (seen.current.rows !== rows) seen.current = { view, rows, longest: longestOf(seen.current.longest, rows, nowMs) };
  return seen.current.longest;
}
