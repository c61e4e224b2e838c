import type { ColumnId } from '../../shared/ipc/engine.ts';
import { STRIP_CELLS } from '../marks/strip.ts';

/** The columns beside the name, in the order in which they stand. */
export const COLUMNS = [
  'layers',
  'status',
  'type',
  'size',
  'mode',
  'owner',
  'dev',
  'ino',
  'dino',
  'real',
  'since',
] as const;
export type Column = (typeof COLUMNS)[number];

export const COLUMN_TITLES: Record<ColumnId, string> = {
  name: 'Name',
  layers: 'Layers',
  status: 'Status',
  type: 'Type',
  size: 'Size · upper',
  mode: 'Mode',
  owner: 'Owner',
  dev: 'st_dev',
  ino: 'st_ino',
  dino: 'd_ino',
  real: 'Real inode',
  since: 'In upper since',
};

/**
 * What the widths depend on. `digits`: of the longest real inode number seen; `shownDigits`: of the longest that the
 * mount shows, a mapped one as fs id and real number. No digit of one is left out.
 */
export type ColumnFacts = { layers: number; digits: number; shownDigits: number; wide: boolean };

const DIGIT_PX = 7.25;

/** Width of a column in pixels. */
export function columnWidth(column: Column, { layers, digits, shownDigits, wide }: ColumnFacts): number {
  switch (column) {
    case 'layers': {
      if (layers <= STRIP_CELLS) return Math.max(2, layers) * 15 + 5;
      const label = String(layers - 1).length;
      return Math.round(5 * (22 + label * 6.7) + 38);
    }
    case 'status':
      return wide ? 136 : 124;
    case 'type':
      return 72;
    case 'size':
      return 112;
    case 'mode':
      return 40;
    case 'owner':
      return 72;
    case 'dev':
      return 56;
    case 'ino':
    case 'dino':
      return Math.max(64, Math.ceil(shownDigits * DIGIT_PX) + 6);
    case 'real':
      return Math.max(84, Math.ceil(digits * DIGIT_PX) + 6 + (layers > 10 ? String(layers - 1).length : 1) * 8);
    case 'since':
      return 88;
  }
}

const GAP = 8;
const PADDING = 28;
/** The name keeps at least so much before another column comes in. */
const NAME = 220;
/** Which come first where there is not room for all. */
const RANK: readonly Column[] = [
  'layers',
  'status',
  'ino',
  'real',
  'size',
  'dino',
  'since',
  'mode',
  'owner',
  'dev',
  'type',
];

/** The columns that stand: those chosen, else as many as the width has room for, by rank. */
export function shownColumns(chosen: readonly ColumnId[] | null, width: number, facts: ColumnFacts): Column[] {
  if (chosen) return COLUMNS.filter((column) => chosen.includes(column));
  let left = width - PADDING - NAME;
  const fit = new Set<Column>();
  for (const column of RANK) {
    left -= columnWidth(column, facts) + GAP;
    if (left < 0 && fit.size >= 2) break;
    fit.add(column);
  }
  return COLUMNS.filter((column) => fit.has(column));
}

/** What is left for the name. */
export const nameWidth = (columns: readonly Column[], width: number, facts: ColumnFacts): number =>
  Math.max(120, width - PADDING - columns.reduce((sum, column) => sum + columnWidth(column, facts) + GAP, 0));

/** The value of grid-template-columns. */
export const template = (columns: readonly Column[], facts: ColumnFacts): string =>
  ['minmax(120px, 1fr)', ...columns.map((column) => `${columnWidth(column, facts)}px`)].join(' ');
