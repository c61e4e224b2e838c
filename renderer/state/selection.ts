import { create } from 'zustand';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { Row } from '../../shared/ipc/engine.ts';

/**
 * The selected object. Its path is what stays over versions and rescans; `id` is the engine's number for it in the
 * present version, `index` its row (null while it is not known), `row` what was last seen of it.
 */
export type Selection = { id: number | null; path: Bytes | null; index: number | null; row: Row | null };

const NOTHING: Selection = { id: null, path: null, index: null, row: null };

export const useSelection = create<Selection>(() => NOTHING);

export const clearSelection = (): void => useSelection.setState(NOTHING);
