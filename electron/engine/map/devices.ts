import type { ProbeContract } from '../../../shared/ipc/probe.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import { filesystemKey } from '../../../shared/map/keys.ts';
import type { InodeMap } from './inode-map.ts';

/** st_dev of a map's filesystem, by its key; 'unknown' where it is not in sight and its old number may be another's. */
export type Devices = (key: string) => string;

/** The devices that the map was last brought up to date with: right while that stack is being read. */
export const keptDevices =
  (map: InodeMap): Devices =>
  (key) =>
    map.byKey(key)?.dev ?? 'unknown';

type Seen = Awaited<ReturnType<typeof seenNow>>;
const seenNow = async (probe: Client<ProbeContract>) => (await probe.call('filesystems', {})).filesystems;

/** What is mounted, asked again once it is this old: a map that is scrolled asks for it with every window. */
const LASTS_MS = 1000;

/** The filesystems in sight, asked of the probe at most once in a while. */
export class SeenFilesystems {
  readonly #probe: () => Client<ProbeContract>;
  #asked: { at: number; seen: Promise<Seen> } | null = null;

  constructor(probe: () => Client<ProbeContract>) {
    this.#probe = probe;
  }

  /** `fresh`: as they are now, and not a while ago. */
  seen(fresh: boolean): Promise<Seen> {
    const now = performance.now();
    if (fresh || !this.#asked || now - this.#asked.at > LASTS_MS)
      this.#asked = { at: now, seen: seenNow(this.#probe()) };
    return this.#asked.seen;
  }
}

/**
 * The devices as of now: by what is mounted, since a device number may be another filesystem's after a remount. Where a
 * filesystem is not in sight (not mounted, or in another mount namespace) its last number stands, if nobody else has it.
 */
export function devicesOf(map: InodeMap, filesystems: Seen): Devices {
  const byKey = new Map<string, string[]>();
  const keyAt = new Map<string, string>();
  for (const { dev, type, uuid, handle } of filesystems) {
    const key = filesystemKey({ type, uuid, isShared: false, dev }, handle);
    byKey.set(key, [...(byKey.get(key) ?? []), dev]);
    keyAt.set(dev, key);
  }
  return (key) => {
    const kept = map.byKey(key)?.dev ?? 'unknown';
    // A key with a device in it says which of several it is, as long as they are mounted so.
    const [name = key] = key.split('@');
    const now = byKey.get(name) ?? [];
    if (now.includes(kept)) return kept;
    // Of several copies of one filesystem it cannot be told which is meant.
    if (now.length > 0) return now.length === 1 && name === key ? (now[0] as string) : 'unknown';
    return keyAt.has(kept) ? 'unknown' : kept;
  };
}
