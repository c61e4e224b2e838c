import { useEffect, useMemo, useRef } from 'react';
import { useRows } from '../state/rows.ts';
import { useSelection } from '../state/selection.ts';
import { ROW_PX } from './RowView.tsx';
import type { Scroller } from './useScroller.ts';
import { type Placed, type RowWindow, rowAt } from './window.ts';

/** Ancestors that stick, at most; never more than a third of what is in sight. */
const STICKY = 7;
export const stickyFor = (viewPx: number): number => Math.min(STICKY, Math.floor(viewPx / ROW_PX / 3));

/** How far the n-th sticky row is pushed up by the row that ends its subtree. */
export function pushedPx(window: RowWindow, top: number, sticky: readonly Placed[], n: number): number {
  const own = sticky[n];
  if (!own || n !== sticky.length - 1) return 0;
  const under = rowAt(window, Math.floor(top / ROW_PX) + sticky.length);
  return under && under.depth <= own.row.depth ? top % ROW_PX : 0;
}

/** The row that must stay where it is: under the pointer, else the selected one, else the topmost; in sight, each. */
export function anchorIndex(grid: HTMLElement | null, scroller: Scroller, pointerY: number | null): number | null {
  const body = grid?.querySelector('.body');
  if (!grid || !body) return null;
  const { window } = useRows.getState();
  const top = scroller.topNow();
  const isThere = (index: number): boolean => rowAt(window, index) !== undefined;
  const below = pointerY === null ? -1 : pointerY - grid.getBoundingClientRect().top - ROW_PX;
  if (below >= 0) {
    const under = Math.floor((below + top) / ROW_PX);
    if (isThere(under)) return under;
  }
  const chosen = selectedInSight(scroller);
  if (chosen !== null) return chosen;
  const topmost = Math.floor(top / ROW_PX);
  return isThere(topmost) ? topmost : null;
}

/** Index of the selected row if it is at hand and in sight. */
export function selectedInSight(scroller: Scroller): number | null {
  const { index, id } = useSelection.getState();
  if (index === null || rowAt(useRows.getState().window, index)?.id !== id) return null;
  const at = index * ROW_PX;
  const top = scroller.topNow();
  return at >= top && at < top + scroller.viewNow() ? index : null;
}

export type Reveal = {
  reveal(index: number, depth: number, version?: number): void;
  /** A place of a version to come is awaited: until then nothing holds the list where it is. */
  isPending(): boolean;
};

/** Brings rows into sight; see ListHandle. */
export function useReveal(scroller: Scroller, version: number): Reveal {
  const pending = useRef<{ index: number; depth: number; version: number } | null>(null);
  const current = useRef(scroller);
  current.current = scroller;
  const handle = useMemo((): Reveal => {
    const now = (index: number, depth: number): void => {
      const { topNow, viewNow, scrollTo } = current.current;
      const view = viewNow();
      const top = topNow();
      const at = index * ROW_PX;
      const above = Math.min(depth, stickyFor(view)) * ROW_PX;
      if (at < top - view || at > top + 2 * view) scrollTo(at - view / 2);
      else if (at < top + above) scrollTo(at - above);
      else if (at + ROW_PX > top + view) scrollTo(at + ROW_PX - view);
    };
    return {
      reveal: (index, depth, wanted = 0) => {
        const { window } = useRows.getState();
        if (window.version >= wanted) now(index, depth);
        else pending.current = { index, depth, version: wanted };
      },
      isPending: () => pending.current !== null,
    };
  }, []);
  useEffect(() => {
    const waiting = pending.current;
    if (waiting === null || version < waiting.version) return;
    pending.current = null;
    // Meanwhile the row may have moved on.
    const { index } = useSelection.getState();
    handle.reveal(index ?? waiting.index, waiting.depth);
  }, [version, handle]);
  return handle;
}
