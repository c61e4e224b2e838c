/** A watch of the real probe, gathered for a test. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Bytes } from '../../../../shared/bytes/bytes.ts';
import type { Place, ProbeContract } from '../../../../shared/ipc/probe.ts';
import type { Client } from '../../../../shared/ipc/rpc.ts';
import {
  type Process,
  parseWatchItem,
  type RawEvent,
  type WatchedLayer,
  type WatchItem,
} from '../../../../shared/live/raw.ts';

export const placeAt = (path: string): Place => ({ pid: null, nsId: null, path: path as Bytes, handle: null });

export type Layers = { layer: number; place: Place; dev: string | null; fsType: string }[];

/** Nothing comes for this long: everything has come. */
const QUIET_MS = 120;

export class Watching {
  readonly items: WatchItem[] = [];
  readonly ready: Promise<WatchedLayer[]>;
  readonly ended: Promise<{ unmounted: boolean } | null>;
  readonly #stop = new AbortController();
  #last = performance.now();

  constructor(
    client: Client<ProbeContract>,
    layers: Layers,
    options: {
      lifetimes?: boolean;
      mount?: { mountId: number; dev: string; ns: string | null; pid: number | null };
    } = {},
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<WatchedLayer[]>();
    this.ready = promise;
    const params = { layers, lifetimes: options.lifetimes ?? false, mount: options.mount ?? null };
    this.ended = client
      .call('watch', params, {
        signal: this.#stop.signal,
        onChunk: (chunk) => {
          const item = parseWatchItem(chunk);
          this.items.push(item);
          this.#last = performance.now();
          if (item.kind === 'ready') resolve(item.layers);
        },
      })
      .catch((error) => {
        reject(error);
        if (error.failure?.code !== 'cancelled') throw error;
        return null;
      });
  }

  get events(): RawEvent[] {
    return this.items.flatMap((item) => (item.kind === 'events' ? item.events : []));
  }

  /** Who caused each event about a path. */
  by(path: string): Process[] {
    return this.items.flatMap((item) =>
      item.kind !== 'events'
        ? []
        : item.events
            .filter((event) => event.at?.path === path && event.by !== null)
            .map((event) => item.processes[event.by as number] as Process),
    );
  }

  async quiet(): Promise<void> {
    this.#last = performance.now();
    while (performance.now() - this.#last < QUIET_MS) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.ended;
  }
}

/** The lines of fdinfo that tell of marks, one array a fanotify group of the process. */
export function marksOf(pid: number): string[][] {
  const groups: string[][] = [];
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/${fd}`) !== 'anon_inode:[fanotify]') continue;
      const lines = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'latin1').split('\n');
      groups.push(lines.filter((line) => /^fanotify (sdev|ino|mnt)/.test(line)));
    } catch {
      // Closed meanwhile.
    }
  }
  return groups;
}

/** What the process holds open below a path. */
export function heldBelow(pid: number, path: string): string[] {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((link) => link === path || link.startsWith(`${path}/`));
}
