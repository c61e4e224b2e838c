/** Marks of a time axis. Pure. */

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000, 86_400_000,
];

export type Mark = { at: number; label: string };

const two = (n: number): string => String(n).padStart(2, '0');

/** Marks between two moments (ms since the epoch), `least` apart at least; the first says the whole time of day. */
export function marksBetween(from: number, to: number, least: number): Mark[] {
  const step = STEPS_MS.find((one) => one >= least) ?? (STEPS_MS.at(-1) as number);
  // Local days begin on local midnights.
  const zone = new Date(from).getTimezoneOffset() * 60_000;
  const marks: Mark[] = [];
  for (let at = Math.ceil((from - zone) / step) * step + zone; at <= to; at += step)
    marks.push({ at, label: labelOf(at, step, marks.length === 0) });
  return marks;
}

function labelOf(at: number, step: number, isFirst: boolean): string {
  const date = new Date(at);
  const seconds = two(date.getSeconds());
  const fraction = step < 1000 ? `.${String(date.getMilliseconds()).padStart(3, '0')}` : '';
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (step >= 60_000) return clock;
  return isFirst || (date.getSeconds() === 0 && fraction.length <= 1)
    ? `${clock}:${seconds}${fraction}`
    : `:${seconds}${fraction}`;
}
