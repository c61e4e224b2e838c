import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { WatchEvent } from '../../../shared/contract/watch.ts';
import type { LiveBelow, LiveRow, LiveState, LiveTold } from '../../../shared/ipc/live.ts';
import type { ProbeContract } from '../../../shared/ipc/probe.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import type { Lifetime } from '../../../shared/live/lifetimes.ts';
import { whoFields } from '../../../shared/live/line.ts';
import type { StackScan } from '../scan.ts';
import type { View } from '../views.ts';
import type { ChangedObject } from './live-scan.ts';
import { LiveSession } from './session.ts';

/** What is told goes out no more often than a screen is drawn. */
const FRAME_MS = 16;
/** Rows that are told one by one; more than that nobody sees. */
const ROWS_AT_MOST = 2000;

export type ViewLiveOptions = {
  view: View;
  probe: Client<ProbeContract>;
  lifetimes: boolean;
  item: (told: LiveTold) => void;
  /** Resolves once the other end has taken what was sent. */
  drained: () => Promise<void>;
  signal: AbortSignal;
};

/** A view that is live: what is told of it, gathered to one item a frame. */
export class ViewLive {
  readonly #options: ViewLiveOptions;
  readonly #session: LiveSession;
  #state: LiveState = { phase: 'starting', watched: [], overflows: 0, rescans: 0, trouble: null, stillAt: [] };
  #stateIsNews = true;
  #events: WatchEvent[] = [];
  readonly #lives = new Map<number, Lifetime>();
  #rows: LiveRow[] = [];
  #below: LiveBelow[] = [];
  #readMonotonicNs: string | null = null;
  #timer: NodeJS.Timeout | null = null;
  #toldAt = 0;
  #isSending = false;

  constructor(options: ViewLiveOptions) {
    this.#options = options;
    const { view, probe, lifetimes, signal } = options;
    this.#session = new LiveSession({
      stack: view.stack,
      probe,
      lifetimes,
      read: () => this.#read(),
      onWatched: (watched) => this.#changed({ watched }),
      onMeta: () => this.#changed({ phase: 'watching' }),
      onEvents: (events, readMonotonicNs) => this.#came(events, readMonotonicNs),
      onLives: (lives) => {
        for (const life of lives) this.#lives.set(life.key, life);
        this.#schedule();
      },
      onChanged: (changes) => {
        if (this.#state.trouble !== null) this.#changed({ trouble: null });
        this.#follow(changes);
      },
      onTrouble: ({ message }) => {
        const trouble = `what changed cannot be read: ${message}`;
        if (this.#state.trouble !== trouble) this.#changed({ trouble });
      },
      onRereading: () => this.#changed({ phase: 'rescanning' }),
      onOverflow: (overflows) => this.#changed({ phase: 'rescanning', overflows }),
      onRescanned: () => this.#changed({ phase: 'watching', rescans: this.#state.rescans + 1, trouble: null }),
      onUnmounted: (stillAt: Bytes[]) => this.#changed({ phase: 'unmounted', stillAt }),
      signal,
    });
  }

  /** Keeps the view live until it is cancelled, or its mount has gone. Throws a FailureError. */
  async run(): Promise<{ unmounted: boolean }> {
    this.#schedule();
    try {
      return await this.#session.run();
    } finally {
      if (this.#timer) clearTimeout(this.#timer);
      if (!this.#options.signal.aborted) this.#send();
    }
  }

  /** Reads everything again, because somebody wants it. */
  async reread(): Promise<void> {
    await this.#session.reread();
  }

  /** Reads the view anew, with what was open kept. */
  async #read(): Promise<StackScan> {
    const { view } = this.#options;
    const before = view.scan;
    await view.reread();
    const { scan } = view;
    if (scan.phase === 'ready' && scan !== before) return scan;
    const { code, message } = scan.error ?? { code: 'cancelled', message: 'the reading was stopped' };
    throw new FailureError({ code, message, hint: 'read the stack again' });
  }

  #changed(more: Partial<LiveState>): void {
    this.#state = { ...this.#state, ...more };
    this.#stateIsNews = true;
    this.#schedule();
  }

  #came(events: WatchEvent[], readMonotonicNs: string): void {
    this.#events.push(...events);
    this.#readMonotonicNs ??= readMonotonicNs;
    this.#schedule();
  }

  /** Objects changed: the view's rows follow, and are told where they are shown, else with the closed directory around. */
  #follow(changes: readonly ChangedObject[]): void {
    const { view } = this.#options;
    view.follow();
    const { rows } = view;
    const { objects } = view.scan;
    const below = new Map<number, LiveBelow>(this.#below.map((one) => [one.id, one]));
    for (const { id, path, change } of changes) {
      const parent = objects.parents[id] as number;
      const isShown =
        change === 'gone' ? rows.open.has(parent) && rows.indexOf(parent) !== null : rows.indexOf(id) !== null;
      if (isShown && this.#rows.length < ROWS_AT_MOST) {
        this.#rows.push({ id, path, change });
        continue;
      }
      // What went with its directory is told by that.
      if (change === 'gone' && objects.isGone(parent)) continue;
      let at = parent;
      while (at !== 0 && rows.indexOf(at) === null) at = objects.parents[at] as number;
      const counts = below.get(at) ?? { id: at, news: 0, changed: 0, gone: 0 };
      counts[change === 'new' ? 'news' : change]++;
      below.set(at, counts);
    }
    this.#below = [...below.values()];
    this.#schedule();
  }

  /** At once where nothing was told of late; else with the next frame. */
  #schedule(): void {
    if (this.#timer || this.#isSending) return;
    const wait = Math.max(0, this.#toldAt + FRAME_MS - performance.now());
    this.#timer = setTimeout(() => this.#send(), wait);
  }

  #send(): void {
    this.#timer = null;
    this.#toldAt = performance.now();
    const lifetimes = [...this.#lives.values()].map(({ by, fid: _, ...life }) => ({ ...life, by: whoFields(by) }));
    const told: LiveTold = {
      ...(this.#stateIsNews ? { state: this.#state } : {}),
      events: this.#events,
      lifetimes,
      rows: this.#rows,
      below: this.#below,
      version: this.#options.view.version,
      readMonotonicNs: this.#readMonotonicNs,
    };
    this.#stateIsNews = false;
    this.#events = [];
    this.#lives.clear();
    this.#rows = [];
    this.#below = [];
    this.#readMonotonicNs = null;
    this.#options.item(told);
    this.#isSending = true;
    void this.#options.drained().then(() => {
      this.#isSending = false;
      const isNews =
        this.#stateIsNews || this.#events.length + this.#lives.size + this.#rows.length + this.#below.length > 0;
      if (isNews) this.#schedule();
    });
  }
}
