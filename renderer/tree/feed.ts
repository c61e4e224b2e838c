import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { Row } from '../../shared/ipc/engine.ts';
import { AHEAD, indexOfPath, leadOf, missing, type Placed, type RowWindow } from './window.ts';

export type RowsAnswer = {
  version: number;
  total: number;
  from: number;
  rows: readonly Row[];
  ancestors: readonly Placed[];
};

/** What the feed needs of the engine and of the list. */
export type FeedHost = {
  rows(from: number, count: number): Promise<RowsAnswer>;
  /** Where a path's row is now; null where there is none. */
  locate(path: Bytes): Promise<{ index: number; version: number } | null>;
  /** The window on show. */
  window(): RowWindow;
  /** The row that must stay where it is on the screen. */
  anchor(): { index: number; path: Bytes } | null;
  /** A new window is here; what was at row n in sight is now at row n + shift. */
  put(window: RowWindow, shift: number): void;
  failed(error: unknown): void;
};

/**
 * Keeps the window of rows around what is painted. One request is under way at a time; an answer of a version that is
 * no longer the newest is dropped. Between versions the anchor is found again by its path.
 */
export class RowFeed {
  readonly #host: FeedHost;
  #first = 0;
  #last = 40;
  #step = 0;
  #version: number;
  #total: number;
  #running = false;
  #stopped = false;
  #held: boolean;
  #fresh = true;

  /** `held`: ask for nothing until `release`, so that what was shown before stays on show. */
  constructor(host: FeedHost, options: { version: number; total: number; held: boolean }) {
    this.#host = host;
    this.#version = options.version;
    this.#total = options.total;
    this.#held = options.held;
  }

  /** Rows `first` to `last` are painted. */
  want(first: number, last: number): void {
    this.#step = first - this.#first;
    this.#first = Math.max(0, first);
    this.#last = Math.max(this.#first, last);
    void this.#run();
  }

  /**
   * The view has a new version, or says the present one again. `total`: its rows; where that is not told, more than
   * there were are asked for, so that a row that was pushed on is among them.
   */
  announce(version: number, total?: number): void {
    if (version < this.#version || (total === undefined && version === this.#version)) return;
    this.#version = version;
    this.#total = total ?? this.#total + AHEAD;
    void this.#run();
  }

  /** What is on show is not this view's: its ids mean nothing here. */
  get isHeld(): boolean {
    return this.#held;
  }

  release(): void {
    this.#held = false;
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
  }

  #next(): { from: number; count: number } | null {
    const window = this.#host.window();
    // Rows of another view, or of none: whatever their version is, they are not this view's.
    const mine = this.#fresh ? { ...window, version: -1 } : window;
    return missing(mine, this.#first, this.#last, this.#version, this.#total, leadOf(this.#step));
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      while (!this.#stopped && !this.#held) {
        const ask = this.#next();
        if (ask === null) break;
        await this.#ask(ask.from, ask.count);
      }
    } catch (error) {
      if (!this.#stopped) this.#host.failed(error);
    } finally {
      this.#running = false;
    }
  }

  async #ask(from: number, count: number): Promise<void> {
    const answer = await this.#host.rows(from, count);
    if (this.#stopped || answer.version < this.#version) return;
    this.#version = answer.version;
    this.#total = answer.total;
    const before = this.#host.window();
    if (answer.version === before.version && !this.#fresh) return this.#put(answer, 0);

    const anchor = this.#host.anchor();
    if (anchor === null || before.rows.length === 0) return this.#put(answer, 0);
    const near = indexOfPath(answer, anchor.path);
    if (near !== null && near === anchor.index) return this.#put(answer, 0);
    const index = near ?? (await this.#locate(anchor.path, answer.version));
    if (this.#stopped || this.#version !== answer.version) return;
    if (index === null) return this.#put(answer, 0);

    // The anchor has moved, and what is painted moves with it: these rows are needed, not those.
    const shift = index - anchor.index;
    this.#first = Math.max(0, this.#first + shift);
    this.#last = Math.max(this.#first, this.#last + shift);
    const shifted = missing(
      { ...answer, version: answer.version },
      this.#first,
      this.#last,
      this.#version,
      this.#total,
    );
    const moved = shifted === null ? answer : await this.#host.rows(shifted.from, shifted.count);
    if (this.#stopped || moved.version !== answer.version) return;
    this.#put(moved, shift);
  }

  async #locate(path: Bytes, version: number): Promise<number | null> {
    const found = await this.#host.locate(path);
    return found && found.version === version ? found.index : null;
  }

  #put(answer: RowsAnswer, shift: number): void {
    this.#fresh = false;
    this.#host.put(answer, shift);
  }
}
