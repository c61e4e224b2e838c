import type { WatchEvent } from '../../shared/contract/watch.ts';
import type { LiveLifetime } from '../../shared/ipc/live.ts';
import { millisOfIso, millisOfNs } from './words.ts';

/** A temporary file's life in a lane. Times are ms since the epoch; `from` −∞: older than the watch; `to` null: it lives. */
export type Bar = Omit<LiveLifetime, 'bornNs' | 'endedNs' | 'by'> & { from: number; to: number | null };

/** What one process did: the lives of its temporary files, and the moments of its events. */
export type Lane = {
  key: string;
  pid: number | null;
  command: string;
  container: string | null;
  first: number;
  living: Map<number, Bar>;
  /** How many of them are files of its own: not the one that whiteouts are links of. */
  alive: number;
  /** In the order of their ends, and the longest of them in ms. */
  ended: Bar[];
  longest: number;
  /** Moments of events, ascending, and their numbers in the log. */
  moments: number[];
  numbers: number[];
};

/** Lives that are kept once they ended; the oldest go first. */
const MOST_ENDED = 200_000;
/** Events that lives tell of already, and those that are nobody's. */
const NO_MOMENT: ReadonlySet<WatchEvent['event']> = new Set([
  'temp-born',
  'temp-written',
  'temp-died',
  'orphan',
  'overflow',
  'rescanned',
]);

/** Index of the first value that is not less. */
export function lowerBound<T>(list: readonly T[], value: number, of: (item: T) => number, from = 0): number {
  let low = from;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (of(list[middle] as T) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
const same = (value: number): number => value;
const endOf = ({ to }: Bar): number => to ?? Number.POSITIVE_INFINITY;

/** Lanes, one a process, in the order in which the processes were first met. */
export class Lanes {
  readonly list: Lane[] = [];
  readonly #byKey = new Map<string, Lane>();
  readonly #laneOf = new Map<number, Lane>();
  /** Births of the last minute, ascending. */
  #births: number[] = [];
  /** How far the clock of the events is ahead of this page's, in ms. */
  #ahead: number | null = null;
  /** Lives of one call have keys of their own. */
  #base = 0;
  #endedCount = 0;

  /** The moment now by the clock that events are told by. */
  now(): number {
    return Date.now() + (this.#ahead ?? 0);
  }

  takeEvent(event: WatchEvent, number: number): void {
    const at = millisOfIso(event.time);
    this.#heed(at);
    if (NO_MOMENT.has(event.event)) return;
    const lane = this.#lane(event, at);
    // A clock that is set back moves nothing that stands.
    lane.moments.push(Math.max(at, lane.moments.at(-1) ?? at));
    lane.numbers.push(number);
  }

  takeLife({ bornNs, endedNs, by, ...life }: LiveLifetime): void {
    const key = this.#base + life.key;
    const from = bornNs === null ? Number.NEGATIVE_INFINITY : millisOfNs(bornNs);
    const to = endedNs === null ? null : millisOfNs(endedNs);
    const isNew = !this.#laneOf.has(key);
    const lane = this.#laneOf.get(key) ?? this.#lane(by, bornNs === null ? this.now() : from);
    if (isNew && bornNs !== null) {
      this.#births.push(from);
      if (this.#births.length > 1000) this.#pruneBirths();
    }
    const bar: Bar = { ...life, key, from, to };
    if (to === null) {
      this.#laneOf.set(key, lane);
      if (!lane.living.has(key) && bar.kind !== 'whiteouts') lane.alive++;
      lane.living.set(key, bar);
    } else this.#end(lane, bar, to);
  }

  #end(lane: Lane, bar: Bar, to: number): void {
    this.#laneOf.delete(bar.key);
    if (lane.living.delete(bar.key) && bar.kind !== 'whiteouts') lane.alive--;
    lane.ended.push({ ...bar, to: Math.max(to, lane.ended.at(-1)?.to ?? to) });
    if (bar.from !== Number.NEGATIVE_INFINITY) lane.longest = Math.max(lane.longest, to - bar.from);
    else lane.longest = Number.POSITIVE_INFINITY;
    this.#endedCount++;
  }

  /** The watch ended at a moment: what became of those that lived is not known. The next call's lives are others. */
  lost(at: number): void {
    for (const lane of this.list)
      for (const bar of [...lane.living.values()]) this.#end(lane, { ...bar, end: 'unknown' }, at);
    this.#base += 1e9;
  }

  /** Lets go what belongs to events that the log has let go, lives beyond the bound, and lanes that are then empty. */
  drop(firstNumber: number): void {
    const over = this.#endedCount - MOST_ENDED;
    const share = over > 0 ? over / this.#endedCount : 0;
    for (const lane of this.list) {
      const gone = lowerBound(lane.numbers, firstNumber, same);
      lane.numbers.splice(0, gone);
      lane.moments.splice(0, gone);
      const ended = Math.ceil(lane.ended.length * share);
      lane.ended.splice(0, ended);
      this.#endedCount -= ended;
    }
    for (let at = this.list.length - 1; at >= 0; at--) {
      const lane = this.list[at] as Lane;
      if (lane.moments.length + lane.ended.length + lane.living.size > 0) continue;
      this.list.splice(at, 1);
      this.#byKey.delete(lane.key);
    }
  }

  /** Living temporary files, but for the one that whiteouts are links of: how many, and how much they hold. */
  held(): { count: number; bytes: bigint } {
    let count = 0;
    let bytes = 0n;
    for (const lane of new Set(this.#laneOf.values()))
      for (const bar of lane.living.values()) {
        if (bar.kind === 'whiteouts') continue;
        count++;
        bytes += BigInt(bar.bytes ?? 0);
      }
    return { count, bytes };
  }

  /** Temporary files born in the last minute. */
  bornOfLate(): number {
    this.#pruneBirths();
    return this.#births.length;
  }

  #pruneBirths(): void {
    const from = lowerBound(this.#births, this.now() - 60_000, same);
    if (from > 0) this.#births.splice(0, from);
  }

  #heed(at: number): void {
    const ahead = at - Date.now();
    // What comes late comes from before now; a clock that jumped is followed.
    if (this.#ahead === null || ahead > this.#ahead || ahead < this.#ahead - 5000) this.#ahead = ahead;
  }

  #lane(who: Pick<WatchEvent, 'pid' | 'command'> & { container?: string | undefined }, at: number): Lane {
    const key = who.pid === null ? 'unknown' : `${who.pid} ${who.command}`;
    const known = this.#byKey.get(key);
    if (known) return known;
    const made: Lane = {
      key,
      pid: who.pid,
      command: who.command,
      container: who.container ?? null,
      first: at,
      living: new Map(),
      alive: 0,
      ended: [],
      longest: 0,
      moments: [],
      numbers: [],
    };
    this.#byKey.set(key, made);
    this.list.push(made);
    return made;
  }
}

/**
 * Bars of a lane that are to be seen between two moments: those that ended first, in the order of their ends. Of those
 * shorter than `step` that end within it one stands for all.
 */
export function* barsBetween(lane: Lane, from: number, to: number, step = 0): Generator<Bar> {
  const { ended, longest } = lane;
  let stood = Number.NEGATIVE_INFINITY;
  for (let at = lowerBound(ended, from, endOf); at < ended.length; at++) {
    const bar = ended[at] as Bar;
    const end = endOf(bar);
    if (end - longest > to) break;
    if (bar.from > to) continue;
    if (end - bar.from < step) {
      if (end < stood + step) continue;
      stood = end;
    }
    yield bar;
  }
  for (const bar of lane.living.values()) if (bar.from <= to) yield bar;
}

/** Whether a lane has anything between two moments. */
export function isBetween(lane: Lane, from: number, to: number): boolean {
  const at = lowerBound(lane.moments, from, same);
  if (at < lane.moments.length && (lane.moments[at] as number) <= to) return true;
  for (const _ of barsBetween(lane, from, to)) return true;
  return false;
}

/** Moments between two, `step` apart at least: index of the first of each, and how many it stands for. */
export function* momentsBetween(
  lane: Lane,
  from: number,
  to: number,
  step: number,
): Generator<{ at: number; index: number; count: number }> {
  const { moments } = lane;
  for (let index = lowerBound(moments, from, same); index < moments.length; ) {
    const at = moments[index] as number;
    if (at > to) break;
    const next = Math.max(index + 1, lowerBound(moments, at + step, same, index));
    yield { at, index, count: next - index };
    index = next;
  }
}
