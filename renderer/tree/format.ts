import type { Row } from '../../shared/ipc/engine.ts';

/** How the columns put facts into few letters. Pure; numbers of 64 bits come as decimal text. */

export const NONE = '–';

const UNITS = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** `968`, `1.7 k`, `40.0 k`, `348 M`: binary thousands, three digits that count. Text that is no number stays. */
export function sizeText(decimal: string): string {
  if (!/^\d+$/.test(decimal)) return decimal;
  let value = Number(decimal);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1 && (unit > 0 || value >= 1024)) {
    value /= 1024;
    unit++;
  }
  if (unit === 0) return decimal;
  return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${UNITS[unit]}`;
}

/** `11,450`. */
export const countText = (count: number | string): string => String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');

/** The permission bits, four octal digits. */
export const modeText = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');

const TYPE_WORDS: Record<Row['type'], string> = {
  file: 'file',
  dir: 'directory',
  symlink: 'symlink',
  fifo: 'fifo',
  char: 'char device',
  block: 'block device',
  socket: 'socket',
  whiteout: 'whiteout',
  unknown: 'unknown',
};
export const typeText = (type: Row['type']): string => TYPE_WORDS[type];

/** Number that the mount shows, by its column. */
export type NumberKind = 'ino' | 'dino';

/** The parts of a mapped number that stands short, `1·18`; null where it has none, or another than st_ino is meant. */
export function mappedParts({ shown, mapped }: Row, kind: NumberKind): Row['mapped'] {
  return kind === 'ino' || shown?.dino === shown?.ino ? mapped : null;
}

/** A number in few letters: a mapped one as fs id and real number. Null where the kernel counts or there is none. */
export function shortNumber(row: Row, kind: NumberKind): string | null {
  const parts = mappedParts(row, kind);
  const number = row.shown?.[kind] ?? null;
  return parts === null || number === null ? number : `${parts.fsid}·${parts.ino}`;
}

/** Letters of the size column, the upper's sign not among them. */
export function sizeLetters({ type, size, upperBeneath }: Row): number {
  if (type !== 'dir') return sizeText(size).length;
  return upperBeneath === null ? 0 : countText(upperBeneath.entries).length + sizeText(upperBeneath.bytes).length + 3;
}

/** `overlay`, or `P1` for the pseudo device of fs id 1. */
export const deviceText = (dev: string): string => dev.replace(/^pseudo:/, 'P');

const two = (n: number): string => String(n).padStart(2, '0');
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Milliseconds since the epoch of nanoseconds in decimal text. */
export const millisOf = (ns: string): number => Number(BigInt(ns) / 1_000_000n);

/** `10:12:01`, in local time. */
export function clockText(ns: string): string {
  const date = new Date(millisOf(ns));
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Short for a column: the time today, else day and time this year, else the day. `nowMs` says what today is. */
export function whenText(ns: string, nowMs: number): string {
  const date = new Date(millisOf(ns));
  const now = new Date(nowMs);
  if (date.getFullYear() !== now.getFullYear())
    return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  if (date.getMonth() === now.getMonth() && date.getDate() === now.getDate()) return clockText(ns);
  return `${MONTHS[date.getMonth()]} ${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Whole, for a tooltip: local date and time with nanoseconds. */
export function wholeTime(ns: string): string {
  const date = new Date(millisOf(ns));
  const rest = (BigInt(ns) % 1_000_000_000n).toString().padStart(9, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clockText(ns)}.${rest}`;
}

/** `0.02 s`, `0.3 s`, `12 s`. */
export const secondsText = (seconds: number): string =>
  `${seconds < 0.1 ? seconds.toFixed(2) : seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0)} s`;
