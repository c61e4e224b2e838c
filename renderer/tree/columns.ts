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

/** Letters of the longest text seen in a column: it never gets narrower in one view. */
export type Longest = {
  /** Real inode number. */
  real: number;
  /** Number that the mount shows, a mapped one as fs id and real number. */
  shown: number;
  /** The same, a mapped one whole. */
  whole: number;
  status: number;
  size: number;
  since: number;
};

/** What the columns depend on. `volatile`: a mount of inode mode none, whose numbers need their device to tell. */
export type ColumnFacts = { layers: number; volatile: boolean; longest: Longest };

const DIGIT_PX = 7.25;
/** A letter of the texts beside the name, and a glyph before it. */
const LETTER_PX = 6.3;
const GLYPH_PX = 18;

const between = (least: number, most: number, wanted: number): number =>
  Math.max(least, Math.min(most, Math.ceil(wanted)));

/** Width of a column in pixels. `whole`: mapped numbers stand whole. No digit of a number is left out. */
export function columnWidth(column: Column, { layers, longest }: ColumnFacts, whole: boolean): number {
  switch (column) {
    case 'layers': {
      if (layers <= STRIP_CELLS) return Math.max(2, layers) * 15 + 5;
      const label = String(layers - 1).length;
      return Math.round(5 * (22 + label * 6.7) + 38);
    }
    case 'status':
      return between(96, 140, GLYPH_PX + longest.status * 6.7);
    case 'type':
      return 72;
    case 'size':
      return between(84, 132, 20 + longest.size * LETTER_PX);
    case 'mode':
      return 44;
    case 'owner':
      return 72;
    case 'dev':
      return 60;
    case 'ino':
    case 'dino':
      return Math.max(70, Math.ceil((whole ? longest.whole : longest.shown) * DIGIT_PX) + 6);
    case 'real':
      return Math.max(84, Math.ceil(longest.real * DIGIT_PX) + 6 + (layers > 10 ? String(layers - 1).length : 1) * 8);
    case 'since':
      return isToday(longest) ? 60 : 84;
  }
}

/** All births seen are of today: a clock time is all that stands there. */
const isToday = ({ since }: Longest): boolean => since <= 8;

/** The words over a column: short ones where the column is narrow. */
export function headTitle(column: ColumnId, { longest }: ColumnFacts): string {
  if (column === 'real') return 'real';
  return column === 'since' && isToday(longest) ? 'In upper' : COLUMN_TITLES[column];
}

const GAP = 8;
const PADDING = 28;
/** The name keeps at least so much before another column comes in, and before mapped numbers stand whole. */
const NAME = 150;
/** More for those that are not the tree's own matter, and for whole numbers. */
const NAME_BESIDE_EXTRAS = 230;
const NAME_BESIDE_WHOLE = 200;
const EXTRAS: ReadonlySet<Column> = new Set(['mode', 'owner', 'type']);
/** Which come first where there is not room for all. */
const RANK: readonly Column[] = [
  'layers',
  'status',
  'ino',
  'real',
  'dev',
  'dino',
  'size',
  'since',
  'mode',
  'owner',
  'type',
];

/** The columns that stand, and whether mapped numbers stand whole in them. */
export type ShownColumns = { columns: Column[]; whole: boolean };

/**
 * Those chosen, else as many as the width has room for, by rank; st_dev by itself only where numbers need it to tell
 * files apart.
 */
export function shownColumns(chosen: readonly ColumnId[] | null, width: number, facts: ColumnFacts): ShownColumns {
  const columns = chosen ? COLUMNS.filter((column) => chosen.includes(column)) : fitting(width, facts);
  return { columns, whole: left(columns, width, facts, true) >= NAME_BESIDE_WHOLE };
}

function fitting(width: number, facts: ColumnFacts): Column[] {
  const fit = new Set<Column>();
  let room = width - PADDING;
  for (const column of RANK) {
    if (column === 'dev' && !facts.volatile) continue;
    room -= columnWidth(column, facts, false) + GAP;
    if (room < (EXTRAS.has(column) ? NAME_BESIDE_EXTRAS : NAME) && fit.size >= 2) break;
    fit.add(column);
  }
  return COLUMNS.filter((column) => fit.has(column));
}

const left = (columns: readonly Column[], width: number, facts: ColumnFacts, whole: boolean): number =>
  width - PADDING - columns.reduce((sum, column) => sum + columnWidth(column, facts, whole) + GAP, 0);

/** What is left for the name. */
export const nameWidth = ({ columns, whole }: ShownColumns, width: number, facts: ColumnFacts): number =>
  Math.max(120, left(columns, width, facts, whole));

/** The value of grid-template-columns. */
export const template = ({ columns, whole }: ShownColumns, facts: ColumnFacts): string =>
  ['minmax(120px, 1fr)', ...columns.map((column) => `${columnWidth(column, facts, whole)}px`)].join(' ');
