import { NUMBER_ROWS, type NumberRow } from '../../../shared/inodes/rows.ts';
import type { Outcome } from './trial.ts';

/** The modes of a mount, in the order of the table's columns. */
export const MODES = ['same-fs', 'xino', 'none'] as const;
const NUMBERS = ['st', 'd'] as const;

/** How many configurations met a row of the table of numbers, in one mode, for st_ino or d_ino. */
export type Cell = { row: NumberRow; mode: (typeof MODES)[number]; number: (typeof NUMBERS)[number]; met: number };

/** The table of numbers with what each cell was met by. A root has no d_ino: no listing names it. */
export function cellsOf(outcomes: readonly Pick<Outcome, 'mode' | 'met'>[]): Cell[] {
  const rows = Object.keys(NUMBER_ROWS) as NumberRow[];
  return rows.flatMap((row) =>
    MODES.flatMap((mode) =>
      NUMBERS.filter((number) => number === 'st' || !row.startsWith('root')).map((number) => ({
        row,
        mode,
        number,
        met: outcomes.filter((one) => one.mode === mode && one.met.includes(`${row}|${number}`)).length,
      })),
    ),
  );
}

/** The table as text: a line a row, for each mode the configurations that met its st_ino and its d_ino. */
export function tableText(cells: readonly Cell[]): string {
  const rows = [...new Set(cells.map(({ row }) => row))];
  const width = Math.max(...rows.map((row) => row.length));
  const head = `${''.padEnd(width)}  ${MODES.map((mode) => mode.padEnd(9)).join('')}`;
  const lines = rows.map((row) => {
    const of = (mode: string): string =>
      cells
        .filter((cell) => cell.row === row && cell.mode === mode)
        .map(({ met }) => String(met))
        .join(' ');
    return `${row.padEnd(width)}  ${MODES.map((mode) => of(mode).padEnd(9)).join('')}`;
  });
  return [head, ...lines].map((line) => line.trimEnd()).join('\n');
}
