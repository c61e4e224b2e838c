import { type Bytes, joinBytes } from '../../shared/bytes/bytes.ts';
import type { Row } from '../../shared/ipc/engine.ts';

/** A row with its place in the view. */
export type Placed = { index: number; row: Row };

/** The contiguous rows that the page holds: those that it paints and some around them. */
export type RowWindow = {
  version: number;
  total: number;
  from: number;
  rows: readonly Row[];
  /** Ancestors of the first row, outermost first. */
  ancestors: readonly Placed[];
};

export const EMPTY_WINDOW: RowWindow = { version: -1, total: 0, from: 0, rows: [], ancestors: [] };

/** The row at this index, if the window holds it. */
export const rowAt = (window: RowWindow, index: number): Row | undefined => window.rows[index - window.from];

/** Ancestors of the row at this index, outermost first; null where the window does not hold the row. */
export function chainOf(window: RowWindow, index: number): Placed[] | null {
  const row = rowAt(window, index);
  if (!row) return null;
  const chain: Placed[] = [];
  let depth = row.depth;
  for (let at = index - 1; at >= window.from && depth > 0; at--) {
    const above = window.rows[at - window.from] as Row;
    if (above.depth < depth) {
      chain.push({ index: at, row: above });
      depth = above.depth;
    }
  }
  for (let at = window.ancestors.length - 1; at >= 0 && depth > 0; at--) {
    const above = window.ancestors[at] as Placed;
    if (above.row.depth < depth) {
      chain.push(above);
      depth = above.row.depth;
    }
  }
  return chain.reverse();
}

/** Path of the row at this index from the merged root (`''`); null where the window does not hold it. */
export function pathAt(window: RowWindow, index: number): Bytes | null {
  const row = rowAt(window, index);
  const chain = chainOf(window, index);
  if (!row || !chain) return null;
  return [...chain.map((placed) => placed.row), row].reduce(
    (path, one) => (one.name === '' ? path : joinBytes(path, one.name)),
    '' as Bytes,
  );
}

/** Index of the row with this path, if the window holds it. */
export function indexOfPath(window: RowWindow, path: Bytes): number | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  for (let at = 0; at < window.rows.length; at++) {
    if (window.rows[at]?.name === name && pathAt(window, window.from + at) === path) return window.from + at;
  }
  return null;
}

/** Rows kept ready beyond each edge of what is painted, and how few may be left before more are asked for. */
export const AHEAD = 80;
export const LOW = 24;
/** Nothing asks for more at once. */
const MOST = 640;
/** A step of more rows than this is a jump: where the next one leads, nobody knows. */
const JUMP = 200;

/**
 * How many rows to ask for beyond those that are needed, in the direction (its sign) in which the list moves: what it
 * passes while an answer is on its way. `step`: rows since the last time.
 */
export const leadOf = (step: number): number => (Math.abs(step) > JUMP ? 0 : step * 4);

/**
 * What to ask the engine for, so that rows `first` to `last` (included) can be painted: null where nothing is needed.
 * `version` and `total` are the view's newest; `lead` as `leadOf` gives it.
 */
export function missing(
  window: RowWindow,
  first: number,
  last: number,
  version: number,
  total: number,
  lead = 0,
): { from: number; count: number } | null {
  const end = Math.min(last + 1, total);
  const needFrom = Math.max(0, first - LOW);
  const needEnd = Math.min(total, end + LOW);
  const covered = window.from <= needFrom && window.from + window.rows.length >= needEnd;
  if (window.version >= version && window.total === total && covered) return null;
  if (total === 0) return window.version >= version ? null : { from: 0, count: AHEAD };
  const from = Math.max(
    0,
    Math.min(first, total - 1) - AHEAD + Math.min(0, Math.max(lead, end - first + 2 * AHEAD - MOST)),
  );
  const until = Math.max(Math.min(total, end + AHEAD + Math.max(0, lead)), from + 1);
  return { from, count: Math.min(MOST, until - from) };
}

/**
 * The ancestors that stay at the top while rows beneath them scroll. `top` is the first row at least partly in sight;
 * the n-th covers row `top + n`, as long as that row lies beneath it. No more than `most`: where the chain is longer,
 * the innermost of the row that is then the first in sight.
 */
export function stickyAt(window: RowWindow, top: number, most: number): Placed[] {
  const first = rowAt(window, top);
  if (!first || most <= 0) return [];
  const base = Math.max(0, (rowAt(window, top + most) ?? first).depth - most);
  const stuck: Placed[] = [];
  for (let n = 0; n < most; n++) {
    const chain = chainOf(window, top + n);
    const next = chain?.[base + n];
    if (!next || next.index >= top + n) break;
    stuck.push(next);
  }
  return stuck;
}
