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
  /** What each path showed is remembered, in a file of so many MiB at most. */
  history: boolean;
  historyMegabytes: number;
  /** What happens in a stack that is open is followed. */
  watch: boolean;
};

/** Bounds of the history's file, in MiB. */
export const HISTORY_MEGABYTES = { least: 1, most: 10_000 } as const;

export const DEFAULTS: Settings = {
  theme: 'system',
  columns: null,
  hidden: false,
  sort: { column: 'name', descending: false },
  panes: null,
  map: false,
  history: true,
  historyMegabytes: 200,
  watch: true,
};

export const useSettings = create<Settings>(() => DEFAULTS);

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
const isColumn = (value: unknown): value is ColumnId => ColumnId.safeParse(value).success;

/** A whole number within the bounds. */
export const isMegabytes = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= HISTORY_MEGABYTES.least && Number(value) <= HISTORY_MEGABYTES.most;

/** Settings as they were stored, each believed only as far as it is one. */
export function settingsOf(stored: Record<string, unknown>): Settings {
  const { theme, columns, hidden, sort, panes, map, history, historyMegabytes, watch } = stored;
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
    history: history !== false,
    historyMegabytes: isMegabytes(historyMegabytes) ? historyMegabytes : DEFAULTS.historyMegabytes,
    watch: watch !== false,
  };
}
