import { mkdirSync } from 'node:fs';
import type { StackRef } from '../../../shared/ipc/probe.ts';
import { failureOf } from '../../../shared/ipc/rpc.ts';
import type { ProbeHolder } from '../machine.ts';
import type { StackScan } from '../scan.ts';
import { bringUpToDate, ownMapOf } from './build.ts';
import { InodeMap } from './inode-map.ts';

export type KeeperDeps = {
  probe: ProbeHolder;
  /** Folder of the maps of views. */
  folder: () => string;
  /** Whether the setting `map` is on. */
  isOn: () => boolean;
  /** A view's map is up to date with its last reading. */
  onKept: (kept: { view: number; db: string; added: number; changed: number; removed: number }) => void;
  onFailed: (sentence: string) => void;
};

/** Keeps the maps of views in step with each reading, while the setting `map` is on. */
export class MapKeeper {
  readonly #deps: KeeperDeps;
  /** Files of which it was said that they cannot be kept: once is enough. */
  readonly #told = new Set<string>();

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  /** A view was read whole. Never throws. */
  async keep(view: number, ref: StackRef, scan: StackScan, signal: AbortSignal): Promise<void> {
    const { probe, folder, isOn, onKept, onFailed } = this.#deps;
    // Nothing is copied up where there is no upper.
    if (!scan.stack.facts.layers.some(({ role }) => role === 'upper') || !isOn()) return;
    const db = ownMapOf(folder(), scan);
    let map: InodeMap | null = null;
    try {
      const open = (): InodeMap => {
        mkdirSync(folder(), { recursive: true, mode: 0o700 });
        map = InodeMap.open(db, 'create');
        return map;
      };
      const { stepped } = await bringUpToDate(open, ref, scan, probe, signal);
      const [added, changed, removed] = [stepped.added.length, stepped.changed.length, stepped.removed.length];
      onKept({ view, db, added, changed, removed });
    } catch (error) {
      const { code, message } = failureOf(error, signal);
      // Without privilege there is nothing to keep, and the window says that elsewhere.
      if (code === 'cancelled' || code === 'needs-privilege' || code === 'closed' || this.#told.has(db)) return;
      this.#told.add(db);
      onFailed(`The inode map of this stack, ${db}, is not kept in step: ${message}.`);
    } finally {
      (map as InodeMap | null)?.close();
    }
  }
}
