const pad = (n: number, width = 2): string => String(n).padStart(width, '0');

/** Nanoseconds since the epoch (decimal text) as local time to the millisecond: `2026-11-19 08:40:12.398`. */
export function localTime(ns: string): string {
  const date = new Date(Number(BigInt(ns) / 1_000_000n));
  const day = `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day} ${time}.${pad(date.getMilliseconds(), 3)}`;
}
