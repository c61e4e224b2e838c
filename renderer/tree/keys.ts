import type { Row } from '../../shared/ipc/engine.ts';

/** What a key means in the tree. Pure, so that every key of the pattern can be tested without a window. */
export type TreeAction =
  | { do: 'move'; to: number }
  | { do: 'parent' }
  | { do: 'expand' }
  | { do: 'collapse' }
  | { do: 'toggle' }
  | { do: 'expand-level' }
  | { do: 'menu' }
  | { do: 'type'; text: string };

export type TreeKey = { key: string; ctrl: boolean; alt: boolean; meta: boolean; shift: boolean };

export type TreePlace = {
  /** The selected row's index; null: none is selected. */
  index: number | null;
  /** The selected row, if it is at hand. */
  row: Pick<Row, 'expanded' | 'depth'> | null;
  total: number;
  /** Rows that a page has. */
  page: number;
  /** A type-ahead has begun, so that a space belongs to it. */
  typing: boolean;
};

const clamp = (index: number, total: number): number => Math.max(0, Math.min(total - 1, index));

/** The action of a key, or null where the tree has nothing to do with it. */
export function treeAction(key: TreeKey, place: TreePlace): TreeAction | null {
  const { index, row, total, page } = place;
  if (key.key === 'ContextMenu' || (key.key === 'F10' && key.shift)) return { do: 'menu' };
  if (key.ctrl || key.alt || key.meta || total === 0) return null;
  const at = index ?? -1;
  const move = (to: number): TreeAction => ({ do: 'move', to: clamp(to, total) });
  switch (key.key) {
    case 'ArrowDown':
      return move(at + 1);
    case 'ArrowUp':
      return move(index === null ? 0 : at - 1);
    case 'PageDown':
      return move(at + page);
    case 'PageUp':
      return move(at - page);
    case 'Home':
      return move(0);
    case 'End':
      return move(total - 1);
    case 'ArrowRight':
      if (row === null || row.expanded === null) return null;
      return row.expanded ? move(at + 1) : { do: 'expand' };
    case 'ArrowLeft':
      if (row === null) return null;
      if (row.expanded) return { do: 'collapse' };
      return row.depth > 0 ? { do: 'parent' } : null;
    case 'Enter':
      return row?.expanded == null ? null : { do: 'toggle' };
    case '*':
      return row === null ? null : { do: 'expand-level' };
    case ' ':
      return place.typing ? { do: 'type', text: ' ' } : null;
    default:
      return [...key.key].length === 1 ? { do: 'type', text: key.key } : null;
  }
}
