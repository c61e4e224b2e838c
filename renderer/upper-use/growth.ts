import type { UpperUse } from '../../shared/ipc/engine.ts';

/** Growth as a chart takes it: seconds since the epoch, bytes. As doubles: a pixel is far coarser than they are. */
export type GrowthSeries = { times: number[]; bytes: number[] };

export function seriesOf(growth: UpperUse['growth']): GrowthSeries {
  return {
    times: growth.map(([ns]) => Number(BigInt(ns) / 1_000_000n) / 1000),
    bytes: growth.map(([, bytes]) => Number(bytes)),
  };
}

/** The stretch of time in which most came, as indices of its first and last point. */
export type Burst = { from: number; to: number; bytes: bigint };

/**
 * The shortest stretch in which at least half of all bytes came, or null where there is too little to tell. Of two
 * equally long ones, the one with more.
 */
export function burstOf(growth: UpperUse['growth']): Burst | null {
  const total = BigInt(growth.at(-1)?.[1] ?? '0');
  if (growth.length < 2 || total === 0n) return null;
  const at = (i: number): bigint => BigInt(growth[i]?.[0] ?? '0');
  /** Bytes that came with the points from..to: what stood before `from` is taken off. */
  const came = (from: number, to: number): bigint =>
    BigInt(growth[to]?.[1] ?? '0') - BigInt(from === 0 ? '0' : (growth[from - 1]?.[1] ?? '0'));
  let best: Burst | null = null;
  let from = 0;
  for (let to = 0; to < growth.length; to++) {
    while (from < to && came(from + 1, to) * 2n >= total) from++;
    const bytes = came(from, to);
    if (bytes * 2n < total) continue;
    const shorter = best === null || at(to) - at(from) < at(best.to) - at(best.from);
    const same = best !== null && at(to) - at(from) === at(best.to) - at(best.from);
    if (shorter || (same && bytes > (best as Burst).bytes)) best = { from, to, bytes };
  }
  return best;
}

/** The point to show at a time (seconds): the last one that is not after it; the first where all are. */
export function indexAt(times: readonly number[], seconds: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((times[middle] as number) <= seconds) low = middle;
    else high = middle - 1;
  }
  return low;
}

const two = (n: number): string => String(n).padStart(2, '0');

/**
 * Labels of marks on the axis of time (seconds since the epoch), no finer than the marks lie apart: days, minutes,
 * seconds or milliseconds, in local time. The day stands where it changes.
 */
export function timeLabels(marks: readonly number[]): string[] {
  const apart = marks.length > 1 ? (marks[1] as number) - (marks[0] as number) : 60;
  const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' });
  let before = '';
  return marks.map((mark) => {
    const date = new Date(Math.round(mark * 1000));
    const today = day.format(date);
    if (apart >= 86400) return today;
    let time = `${two(date.getHours())}:${two(date.getMinutes())}`;
    if (apart < 60) time += `:${two(date.getSeconds())}`;
    if (apart < 1) time += `.${String(date.getMilliseconds()).padStart(3, '0')}`;
    const label = today === before || apart < 60 ? time : `${today} ${time}`;
    before = today;
    return label;
  });
}
