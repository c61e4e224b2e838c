import { NUMBER_ROWS } from '../../../shared/inodes/rows.ts';
import type { Outcome } from './trial.ts';

const MODES = ['same-fs', 'xino', 'none'] as const;
const FIELDS = ['st', 'd'] as const;

/** How many configurations have met a cell of the table of numbers and found it right. */
export interface Cell {
  readonly row: string;
  readonly mode: (typeof MODES)[number];
  /** `st`: st_dev, st_ino and st_nlink; `d`: d_ino. */
  readonly field: (typeof FIELDS)[number];
  readonly configurations: number;
}

/** Every cell that there is: a root is in no listing. */
export function cellsOf(outcomes: readonly Outcome[]): Cell[] {
  return Object.keys(NUMBER_ROWS).flatMap((row) =>
    MODES.flatMap((mode) =>
      FIELDS.filter((field) => field === 'st' || !row.startsWith('root')).map((field) => ({
        row,
        mode,
        field,
        configurations: outcomes.filter((one) => one.mode === mode && one.met.includes(`${row}|${field}`)).length,
      })),
    ),
  );
}

/** The table as text: a line a row, a column a mode and field. */
export function tableText(cells: readonly Cell[]): string {
  const rows = [...new Set(cells.map(({ row }) => row))];
  const width = Math.max(...rows.map((row) => row.length));
  const line = (first: string, columns: readonly string[]): string =>
    first.padEnd(width) + columns.map((column) => column.padStart(14)).join('');
  const columns = MODES.flatMap((mode) => FIELDS.map((field) => ({ mode, field })));
  return [
    line(
      'configurations that met it',
      columns.map(({ mode, field }) => `${mode} ${field}`),
    ),
    ...rows.map((row) =>
      line(
        row,
        columns.map(({ mode, field }) => {
          const cell = cells.find((one) => one.row === row && one.mode === mode && one.field === field);
          return cell === undefined ? '-' : String(cell.configurations);
        }),
      ),
    ),
  ].join('\n');
}
