import { create } from 'zustand';
import { EMPTY_WINDOW, type RowWindow } from '../tree/window.ts';

/**
 * The rows at hand. `shift` rows were put above what was in sight when this window came: the list scrolls by as much,
 * so that nothing moves under the pointer. Each shift has its own `turn`.
 */
export type Rows = { window: RowWindow; shift: { rows: number; turn: number } };

export const useRows = create<Rows>(() => ({ window: EMPTY_WINDOW, shift: { rows: 0, turn: 0 } }));
