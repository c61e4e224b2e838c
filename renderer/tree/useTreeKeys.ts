import { type KeyboardEvent, type RefObject, useCallback, useRef } from 'react';
import { expandLevel, selectedIndex, selectIndex, turn, typeAhead } from '../actions/tree.ts';
import { runCommand } from '../commands/registry.ts';
import { useRows } from '../state/rows.ts';
import { useSelection } from '../state/selection.ts';
import { type TreeAction, type TreeKey, treeAction } from './keys.ts';
import { ROW_PX } from './RowView.tsx';
import type { MenuPlace } from './TreeMenu.tsx';
import type { Scroller } from './useScroller.ts';
import { chainOf, rowAt } from './window.ts';

const TYPING_MS = 700;

/** Listens to the keys of the tree. */
export function useTreeKeys(
  grid: RefObject<HTMLDivElement | null>,
  scroller: Scroller,
  openMenu: (place: MenuPlace) => void,
): (event: KeyboardEvent) => void {
  const typed = useRef({ text: '', until: 0 });

  const act = useCallback(
    async (action: TreeAction): Promise<void> => {
      if (action.do === 'move') return selectIndex(action.to);
      if (action.do === 'type') {
        const now = performance.now();
        const isFirst = now > typed.current.until;
        // The same letter again and again goes from one name with it to the next.
        const again = typed.current.text === action.text;
        const text = isFirst || again ? action.text : typed.current.text + action.text;
        typed.current = { text, until: now + TYPING_MS };
        const from = (await selectedIndex()) ?? 0;
        return typeAhead(text, text.length > 1 ? from : from + 1);
      }
      const index = await selectedIndex();
      if (index === null) return;
      const { window } = useRows.getState();
      switch (action.do) {
        case 'parent': {
          const parent = chainOf(window, index)?.at(-1);
          if (parent) selectIndex(parent.index);
          return;
        }
        case 'expand':
          return turn(index, true);
        case 'collapse':
          return turn(index, false);
        case 'toggle':
          return turn(index, !rowAt(window, index)?.expanded);
        case 'expand-level':
          return expandLevel(index);
        case 'menu': {
          const row = grid.current?.querySelector(`[data-index="${index}"] .x`)?.getBoundingClientRect();
          if (row) openMenu({ x: row.left + 8, y: row.bottom });
        }
      }
    },
    [grid, openMenu],
  );

  const actionOf = (key: TreeKey, index: number | null): TreeAction | null =>
    treeAction(key, {
      index,
      row: useSelection.getState().row,
      total: useRows.getState().window.total,
      page: Math.max(1, Math.floor(scroller.viewNow() / ROW_PX) - 1),
      typing: performance.now() < typed.current.until,
    });

  return (event) => {
    if (event.target !== grid.current) return;
    const key = { key: event.key, ctrl: event.ctrlKey, alt: event.altKey, meta: event.metaKey, shift: event.shiftKey };
    const { index, path } = useSelection.getState();
    const action = actionOf(key, index);
    if (action === null) {
      if (event.ctrlKey && !event.shiftKey && event.key === 'c' && runCommand('copy-path')) event.preventDefault();
      return;
    }
    event.preventDefault();
    if (index !== null || path === null) void act(action);
    else {
      // The selected row is far out of sight, and rows have come or gone since: first where it is, then from there.
      void selectedIndex().then((found) => {
        const from = actionOf(key, found);
        if (from) void act(from);
      });
    }
  };
}
