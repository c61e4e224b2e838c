import { create } from 'zustand';
import { ColumnId } from '../../shared/ipc/engine.ts';

export const THEMES = ['system', 'dark', 'light', 'contrast'] as const;
export type Theme = (typeof THEMES)[number];

/** What the page remembers. `columns` null: those that the width has room for. */
export type Settings = {
  theme: Theme;
  columns: ColumnId[] | null;
  hidden: boolean;
  sort: { column: ColumnId; descending: boolean };
  panes: Record<string, number> | null;
  /** A map of upper to lower inodes is kept of each stack that is opened. */
  map: boolean;
};

export const DEFAULTS: Settings = {
  theme: 'system',
  columns: null,
  hidden: false,
  sort: { column: 'name', descending: false },
  panes: null,
  map: false,
};

export const useSettings = create<Settings>(() => DEFAULTS);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isColumn = (value: unknown): value is ColumnId => ColumnId.safeParse(value).success;

/** Settings as they were stored, each believed only as far as it is one. */
export function settingsOf(stored: Record<string, unknown>): Settings {
  const { theme, columns, hidden, sort, panes, map } = stored;
  return {
    theme: THEMES.find((one) => one === theme) ?? DEFAULTS.theme,
    columns: Array.isArray(columns) && columns.every(isColumn) ? columns : DEFAULTS.columns,
    hidden: typeof hidden === 'boolean' ? hidden : DEFAULTS.hidden,
    sort:
      isRecord(sort) && isColumn(sort.column)
        ? { column: sort.column, descending: sort.descending === true }
        : DEFAULTS.sort,
    panes:
      isRecord(panes) && Object.values(panes).every((size) => typeof size === 'number')
        ? (panes as Record<string, number>)
        : DEFAULTS.panes,
    map: map === true,
  };
}
