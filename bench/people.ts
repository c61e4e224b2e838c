/** The measures as a table. */
import type { Measure, Skipped } from './measure.ts';

const WIDTHS = [22, 16, 8, 4, 8, 40] as const;
const line = (cells: readonly string[]): string =>
  cells.map((cell, n) => (n === 0 || n === 5 ? cell.padEnd(WIDTHS[n] ?? 0) : cell.padStart(WIDTHS[n] ?? 0))).join('  ');

export const HEAD: string = line(['name', 'value', 'ratio', 'n', 'spread', 'against']);

const number = (value: number): string => value.toLocaleString('en-US');

/** One line; what only this measure has stands indented below. */
export function rowOf(measure: Measure | Skipped): string {
  if (!('value' in measure)) return `${measure.name}: not measured: ${measure.skipped}`;
  const { name, value, unit, against, ratio, n, spread, againstValue, cpu, ...details } = measure as Measure;
  const other = against === null ? '' : `${against}: ${number(againstValue ?? Number.NaN)} ${unit}`;
  const cells = [name, `${number(value)} ${unit}`, ratio?.toFixed(2) ?? '', String(n), spread.toFixed(2), other];
  const more = Object.entries({ ...(cpu ? { cpu } : {}), ...details }).map(
    ([key, detail]) => `${key} ${words(detail)}`,
  );
  return more.length === 0 ? line(cells).trimEnd() : `${line(cells).trimEnd()}\n    ${more.join(', ')}`;
}

const words = (detail: unknown): string =>
  typeof detail === 'number'
    ? number(detail)
    : typeof detail === 'object' && detail !== null
      ? Object.entries(detail)
          .map(([key, value]) => `${key} ${words(value)}`)
          .join(' ')
      : String(detail);
