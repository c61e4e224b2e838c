import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { WatchEvent, WatchMeta } from '../../../shared/contract/watch.ts';
import type { ProbeContract } from '../../../shared/ipc/probe.ts';
import type { Client, Failure } from '../../../shared/ipc/rpc.ts';
import type { LiveEvent } from '../../../shared/live/event.ts';
import type { Lifetime } from '../../../shared/live/lifetimes.ts';
import { isoTime, watchEvent } from '../../../shared/live/line.ts';
import { Meaning } from '../../../shared/live/meaning.ts';
import { parseWatchItem, type WatchedLayer, type WatchItem, WORK_LAYER } from '../../../shared/live/raw.ts';
import { afterReading } from '../output.ts';
import type { StackScan } from '../scan.ts';
import { type Stack, scanMeta } from '../stack.ts';
import { type ChangedObject, LiveScan } from './live-scan.ts';
import { Picture } from './picture.ts';
import { Refresher } from './refresh.ts';
import { Updater } from './updater.ts';

export type LiveOptions = {
  stack: Stack;
  probe: Client<ProbeContract>;
  lifetimes: boolean;
  /** Reads the stack whole. Rejects where no layer could be read. */
  read: () => Promise<StackScan>;
  /** Called once, when nothing is missed any more. */
  onMeta: (meta: WatchMeta['meta']) => void;
  onEvents: (events: WatchEvent[], readMonotonicNs: string) => void;
  onUnmounted: (stillAt: Bytes[]) => void;
  /** How each layer is watched, before the stack is read. */
  onWatched?: (layers: WatchMeta['meta']['watched']) => void;
  /** Temporary files that began, changed or ended. */
  onLives?: (lives: Lifetime[]) => void;
  /** Records were lost, for the so manyth time; the stack is being read again. */
  onOverflow?: (overflows: number) => void;
  onRescanned?: () => void;
  /** The stack is being read again, though no records were lost. */
  onRereading?: () => void;
  /** The scan cannot be brought in step at present. */
  onTrouble?: (failure: Failure) => void;
  /** Keeps the scan as a fresh one would be, and calls back with what changed in it. */
  onChanged?: (changes: ChangedObject[]) => void;
  signal: AbortSignal;
};

/** After a lower changed, how soon the stack is read anew; and of a reading's own time, how long there is none then. */
const LOWER_MS = 300;
const REST = 10;

type Read = { readNs: string; readMonotonicNs: string };

/**
 * One stack that is watched: the probe's records, understood over a picture of the stack. The marks stand before the
 * stack is read, so what happens meanwhile is in the records, in the reading, or in both.
 */
export class LiveSession {
  readonly #options: LiveOptions;
  #meaning: Meaning | null = null;
  #picture: Picture | null = null;
  #refresher: Refresher | null = null;
  #updater: Updater | null = null;
  /** What came while the stack was being read. */
  #early: WatchItem[] = [];
  #seq = 0;
  #overflows = 0;
  #failed: unknown = null;
  readonly #abort = new AbortController();
  #rereading: NodeJS.Timeout | null = null;
  /** After a reading, how long none is begun without need. */
  #restMs = 0;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** Watches until it is cancelled, or the mount has gone. Throws a FailureError. */
  async run(): Promise<{ unmounted: boolean }> {
    const { probe, stack, lifetimes, signal } = this.#options;
    const { facts } = stack;
    const layers = facts.layers.flatMap(({ layer, place, dev, fs }) =>
      place === null ? [] : [{ layer, place, dev, fsType: fs.type }],
    );
    const upper = facts.layers.find(({ role }) => role === 'upper');
    if (upper && facts.workPlace)
      layers.push({ layer: WORK_LAYER, place: facts.workPlace, dev: upper.dev, fsType: upper.fs.type });
    const { mountId, dev, ns, pid } = facts;
    const mount = facts.kind === 'overlay' && mountId !== null && dev !== null ? { mountId, dev, ns, pid } : null;
    try {
      return await probe.call(
        'watch',
        { layers, lifetimes, mount },
        {
          signal: AbortSignal.any([signal, this.#abort.signal]),
          onChunk: (chunk) => this.#take(parseWatchItem(chunk)),
        },
      );
    } catch (error) {
      throw this.#failed ?? error;
    } finally {
      this.#refresher?.end();
      this.#updater?.end();
      if (this.#rereading) clearTimeout(this.#rereading);
    }
  }

  #take(item: WatchItem): void {
    // The probe may have told of more before it heard that nobody listens.
    if (this.#options.signal.aborted) return;
    switch (item.kind) {
      case 'ready':
        void this.#begin(item.layers);
        break;
      case 'unmounted':
        this.#options.onUnmounted(item.stillAt);
        break;
      case 'overflow':
        this.#overflowed(item);
        break;
      default:
        if (this.#meaning === null) this.#early.push(item);
        else this.#tell(item);
    }
  }

  /** Reads the stack now that the marks stand, and lets the picture catch up with what came meanwhile. */
  async #begin(watched: WatchedLayer[]): Promise<void> {
    const unwatched = this.#options.stack.facts.layers
      .filter(({ layer }) => !watched.some((one) => one.layer === layer))
      .map(({ layer, why }) => ({ layer, by: 'none' as const, why, directories: 0 }));
    const layers = [...watched, ...unwatched].sort((a, b) => a.layer - b.layer);
    this.#options.onWatched?.(layers);
    const scan = await this.#readWhole();
    if (scan === null) return;
    this.#understand(scan);
    // It may be in the reading or not; nobody is told of what was before the start.
    for (const item of this.#early) this.#understood(item);
    this.#early = [];
    this.#options.onMeta({ ...afterReading(scanMeta(this.#options.stack), scan), watched: layers });
    this.#tellLives();
  }

  /** Null where it failed: the watch then ends with the reason. */
  async #read(): Promise<StackScan | null> {
    try {
      return await this.#options.read();
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  /** The watch ends with this reason. */
  #fail(error: unknown): void {
    this.#failed = error;
    this.#abort.abort();
  }

  /** The scan is as the records have left it, as far as they have come. */
  get isInStep(): boolean {
    return (this.#updater?.isInStep ?? true) && (this.#refresher?.isIdle ?? true);
  }

  /** From now on records are understood over this reading. */
  #understand(scan: StackScan): void {
    const { onChanged, onTrouble } = this.#options;
    this.#picture = new Picture(scan, onChanged !== undefined);
    this.#updater?.end();
    this.#updater = onChanged
      ? new Updater(new LiveScan(scan, this.#picture), {
          onChanged,
          onTrouble: (failure) => onTrouble?.(failure),
          onFailed: (error) => this.#fail(error),
        })
      : null;
    this.#refresher?.end();
    const place = this.#options.stack.facts.layers.find(({ role }) => role === 'upper')?.place;
    this.#refresher = place
      ? new Refresher(this.#options.probe, place, this.#picture, () => this.#updater?.poke())
      : null;
    this.#meaning = new Meaning(this.#picture, this.#options.lifetimes);
  }

  /** The stack as the records have left it; null before it was read. */
  get picture(): Picture | null {
    return this.#picture;
  }

  #tell(item: WatchItem): void {
    if (item.kind !== 'events' && item.kind !== 'orphans') return;
    const events = this.#understood(item);
    this.#refresher?.took();
    this.#send(
      events.map((live) => watchEvent(live, this.#seq++, BigInt(item.readNs))),
      item,
    );
    this.#tellLives();
    if (events.some(({ event }) => event === 'layer-changed')) this.#rereadLater();
  }

  /** A lower changed below the mount: the kernel promises nothing then, and a scan that is kept in step is read anew. */
  #rereadLater(): void {
    if (this.#options.onChanged === undefined || this.#rereading !== null) return;
    const wait = Math.max(LOWER_MS, this.#restMs);
    this.#rereading = setTimeout(() => {
      this.#rereading = null;
      void this.reread();
    }, wait);
  }

  #tellLives(): void {
    const lives = this.#meaning?.lives.takeChanged() ?? [];
    if (lives.length > 0) this.#options.onLives?.(lives);
  }

  #send(events: WatchEvent[], { readMonotonicNs }: Read): void {
    if (events.length > 0) this.#options.onEvents(events, readMonotonicNs);
  }

  /** Records were lost: says so, and reads the stack again. */
  #overflowed(item: Extract<WatchItem, { kind: 'overflow' }>): void {
    const isReading = this.#meaning === null;
    this.#overflows++;
    this.#putAside();
    this.#options.onOverflow?.(this.#overflows);
    this.#send([this.#notice('overflow', item, { overflows: this.#overflows, layers: item.layers })], item);
    if (!isReading) void this.#rescan();
  }

  /** What is known is out of date: records wait until the stack was read again. */
  #putAside(): void {
    this.#updater?.end();
    this.#updater = null;
    this.#meaning?.lives.lost();
    this.#tellLives();
    this.#meaning = null;
    this.#early = [];
  }

  /** Reads the stack again without need. What happens meanwhile is told after it. */
  async reread(): Promise<void> {
    if (this.#meaning === null) return;
    this.#putAside();
    this.#options.onRereading?.();
    await this.#rescan();
  }

  /** Reads until no records are lost meanwhile: what was read may lack what was lost. */
  async #readWhole(): Promise<StackScan | null> {
    for (;;) {
      const overflows = this.#overflows;
      const scan = await this.#read();
      if (scan === null || overflows === this.#overflows) return scan;
    }
  }

  async #rescan(): Promise<void> {
    const begun = performance.now();
    const scan = await this.#readWhole();
    if (scan === null) return;
    this.#restMs = (performance.now() - begun) * REST;
    this.#understand(scan);
    const read = { readNs: `${BigInt(Date.now()) * 1_000_000n}`, readMonotonicNs: `${process.hrtime.bigint()}` };
    this.#send([this.#notice('rescanned', read, {})], read);
    this.#options.onRescanned?.();
    const early = this.#early;
    this.#early = [];
    for (const item of early) this.#tell(item);
  }

  #notice(event: 'overflow' | 'rescanned', { readNs }: Read, more: Partial<WatchEvent>): WatchEvent {
    return {
      time: isoTime(BigInt(readNs)),
      seq: this.#seq++,
      event,
      path: null,
      layer: more.layers?.[0] ?? 0,
      pid: null,
      whyNoPid: 'it is nobody’s doing',
      command: 'unknown',
      exe: 'unknown',
      ...more,
    };
  }

  /** The events of an item, in order. */
  #understood(item: WatchItem): LiveEvent[] {
    const meaning = this.#meaning as Meaning;
    if ('readNs' in item) meaning.lives.nowNs = item.readNs;
    if (item.kind === 'orphans') return item.orphans.map((orphan) => meaning.orphan(orphan));
    if (item.kind !== 'events') return [];
    meaning.preview(item.events);
    const told = item.events.flatMap((event) => {
      const by = event.by === null ? null : (item.processes[event.by] ?? null);
      const events = meaning.take(event, by);
      this.#updater?.took(event);
      return events;
    });
    return told;
  }
}
