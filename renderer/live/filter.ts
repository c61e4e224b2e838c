import type { WatchEvent, WatchEventName } from '../../shared/contract/watch.ts';
import type { EventLog } from './log.ts';

/** Which events are shown: of these kinds (null: all), with each word of the text in their paths or their process. */
export type EventFilter = { kinds: ReadonlySet<WatchEventName> | null; text: string };

export const NO_FILTER: EventFilter = { kinds: null, text: '' };

export const isFiltering = ({ kinds, text }: EventFilter): boolean => kinds !== null || text.trim() !== '';

/** A test of events for a filter. Letters count as the same in both cases; a number is a process's. */
export function matcher({ kinds, text }: EventFilter): (event: WatchEvent) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (event) => {
    if (kinds !== null && !kinds.has(event.event)) return false;
    if (words.length === 0) return true;
    const { path, from, temp, command, exe, pid, container } = event;
    const where = `${path ?? ''}\0${from ?? ''}\0${temp ?? ''}\0${command}\0${exe}\0${container ?? ''}`.toLowerCase();
    return words.every((word) => where.includes(word) || String(pid) === word);
  };
}

/** What is shown of a log: `count` events of those before `end`, the newest first. */
export type Shown = {
  count: number;
  /** Number of the event at an index. */
  numberAt(index: number): number;
  /** Index of the event with a number; null where it is not shown. */
  indexOf(number: number): number | null;
  /** Grows by one with each event that is shown. */
  next: number;
};

/** All of a log. */
export function wholeOf(log: EventLog, end: number): Shown {
  return {
    count: Math.max(0, end - log.first),
    numberAt: (index) => end - 1 - index,
    indexOf: (number) => (number >= log.first && number < end ? end - 1 - number : null),
    next: end,
  };
}

/** The events of a log that a filter lets through, found as they come. */
export class Filtered {
  readonly #log: EventLog;
  readonly #isWanted: (event: WatchEvent) => boolean;
  /** Numbers of the events, ascending; those that the log has let go are left out from `#first` on. */
  #numbers: number[] = [];
  #first = 0;
  #dropped = 0;
  #seen: number;

  constructor(log: EventLog, filter: EventFilter) {
    this.#log = log;
    this.#isWanted = matcher(filter);
    this.#seen = log.first;
  }

  /** Looks at what came since. */
  upTo(end: number): Shown {
    const log = this.#log;
    for (this.#seen = Math.max(this.#seen, log.first); this.#seen < log.next; this.#seen++) {
      const event = log.at(this.#seen);
      if (event && this.#isWanted(event)) this.#numbers.push(this.#seen);
    }
    while (this.#first < this.#numbers.length && (this.#numbers[this.#first] as number) < log.first) this.#first++;
    if (this.#first > 4096 && this.#first > this.#numbers.length / 2) {
      this.#numbers = this.#numbers.slice(this.#first);
      this.#dropped += this.#first;
      this.#first = 0;
    }
    const numbers = this.#numbers;
    const last = this.#before(end);
    const first = this.#first;
    return {
      count: last - first,
      numberAt: (index) => numbers[last - 1 - index] ?? -1,
      indexOf: (number) => {
        const at = this.#before(number);
        return numbers[at] === number && at < last ? last - 1 - at : null;
      },
      next: this.#dropped + last,
    };
  }

  /** How many of the numbers that are held are less. */
  #before(number: number): number {
    let low = this.#first;
    let high = this.#numbers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#numbers[middle] as number) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
