import type { WatchEvent } from '../../shared/contract/watch.ts';

/** Events that are kept; the oldest go first. */
export const MOST_EVENTS = 200_000;

/**
 * The events that came, in their order. Each has a number that is its own: the first one that ever came has 0. The
 * oldest are let go in slices, so that keeping the bound costs next to nothing.
 */
export class EventLog {
  #kept: WatchEvent[] = [];
  #first = 0;
  readonly #most: number;
  /** Texts that many events share are kept once. */
  readonly #texts = new Map<string, string>();

  constructor(most: number = MOST_EVENTS) {
    this.#most = most;
  }

  /** Number of the oldest that is kept; of the next that will come. */
  get first(): number {
    return this.#first;
  }
  get next(): number {
    return this.#first + this.#kept.length;
  }

  at(number: number): WatchEvent | undefined {
    return this.#kept[number - this.#first];
  }

  take(events: readonly WatchEvent[]): void {
    for (const event of events) this.#kept.push(this.#lean(event));
    const over = this.#kept.length - this.#most;
    if (over < Math.max(1, this.#most / 16)) return;
    this.#kept.splice(0, over);
    this.#first += over;
  }

  /** The same event with the texts of its process shared: each answer of the engine brings them anew. */
  #lean(event: WatchEvent): WatchEvent {
    const lean = { ...event, command: this.#text(event.command), exe: this.#text(event.exe) };
    if (event.commandLine !== undefined) lean.commandLine = this.#text(event.commandLine);
    return lean;
  }

  #text(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size > 10_000) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}
