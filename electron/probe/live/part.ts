/** One stack's share of a filesystem that is watched: which records concern it, and what it tells of them. */
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import {
  type Now,
  type Process,
  Raw,
  type RawBatch,
  type RawEvent,
  type RawOrphan,
  WORK_LAYER,
} from '../../../shared/live/raw.ts';
import { type Directory, DirectoryMap } from './directory-map.ts';
import { hexOfKey, type Key } from './keys.ts';
import type { Openings } from './openings.ts';
import { type Base, keyOfPath, readNow } from './state.ts';

/** A record, whatever it came by. A name `.` is the directory itself. */
export type Incoming = {
  mask: number;
  dirs: readonly Directory[];
  name: Bytes;
  /** In a rename: where it was, in layers that are watched. */
  oldDirs: readonly Directory[];
  oldName: Bytes;
  fid: Key | null;
  /** Number of the process, 0 where that is not told. */
  pid: number;
  /** Looks up who did it; called where the record concerns the stack. */
  who: () => Process | null;
};

/** What changes a lower. */
const LOWER = Raw.create | Raw.delete | Raw.rename | Raw.movedFrom | Raw.movedTo | Raw.modify | Raw.attrib;
const NAMES = Raw.create | Raw.delete | Raw.rename | Raw.movedFrom | Raw.movedTo;
const isTemp = (name: Bytes): boolean => name.charCodeAt(0) === 0x23;

type Waiting = { event: RawEvent; at: [Directory, Bytes] | null; from: [Directory, Bytes] | null };

export class Part {
  readonly map = new DirectoryMap();
  /** Where the names of each layer are read. */
  readonly bases = new Map<number, () => Base | null>();
  /** Inodes whose end is told: temporary files, and those that nobody can name any more and somebody holds. */
  readonly #followed = new Set<Key>();
  /** Names of lower files that were opened of late, by process; null where nobody marks that. */
  readonly openings: Openings | null;
  /** Inodes that lost a name, since when, and its path. */
  readonly #unnamed = new Map<Key, { at: number; path: Bytes }>();
  /** Inodes that ended in this batch: merged into an earlier record, the end may stand before the loss of the name. */
  readonly #ends = new Set<Key>();
  readonly #onDirectory: (directory: Directory, isStranger: boolean) => void;
  #waiting: Waiting[] = [];
  #processes: Process[] = [];

  /**
   * `onDirectory` is called with each directory that comes into a layer; a stranger comes from elsewhere, with what it
   * holds.
   */
  constructor(openings: Openings | null, onDirectory: (directory: Directory, isStranger: boolean) => void) {
    this.openings = openings;
    this.#onDirectory = onDirectory;
  }

  get hasNews(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes a record; most concern another part, and are dropped here. */
  take(incoming: Incoming): void {
    const { mask, dirs, oldDirs, name, oldName, fid } = incoming;
    if (fid !== null && mask & Raw.deleteSelf && !(mask & Raw.isDir)) {
      this.#unnamed.delete(fid);
      this.#ends.add(fid);
      if (this.#followed.delete(fid)) this.#ended(fid, incoming);
    }
    if (dirs.length === 0 && oldDirs.length === 0) return;
    if (fid !== null && mask & Raw.isDir) this.#keepMap(incoming, fid);
    if (mask & Raw.rename) {
      for (const from of oldDirs) {
        const to = dirs.find(({ layer }) => layer === from.layer) ?? dirs[0] ?? null;
        this.#tell(incoming, to && [to, name], [from, oldName]);
      }
      for (const to of dirs) if (oldDirs.length === 0) this.#tell(incoming, [to, name], null);
      return;
    }
    for (const dir of dirs) if (this.#concerns(dir, incoming)) this.#tell(incoming, [dir, name], undefined);
  }

  /** Keeps the map of directories in step with a record of one. */
  #keepMap({ mask, dirs, name, oldDirs, oldName }: Incoming, fid: Key): void {
    if (mask & Raw.rename) {
      const from = new Map(
        this.map
          .at(fid)
          .filter((one) => one.name === oldName && one.parent !== null && oldDirs.includes(one.parent))
          .map((one) => [one.layer, one] as const),
      );
      for (const to of dirs) {
        const moved = this.map.put(to, name, fid);
        // One of work/ is new, and holds what its records told.
        if (!from.delete(to.layer)) this.#onDirectory(moved, !from.has(WORK_LAYER));
      }
      for (const left of from.values()) this.map.drop(left);
      return;
    }
    for (const parent of dirs) {
      // Where one record tells of both, nobody knows which came last.
      const isThere = mask & Raw.create && !(mask & Raw.delete && this.#isGone(parent, name, fid));
      if (isThere) this.#onDirectory(this.map.put(parent, name, fid), false);
      else if (mask & Raw.delete)
        for (const one of this.map.at(fid)) if (one.parent === parent && one.name === name) this.map.drop(one);
    }
  }

  #isGone(parent: Directory, name: Bytes, fid: Key): boolean {
    const place = this.map.placeOf(parent, name);
    const base = place && this.bases.get(place.layer)?.();
    return !place || !base || keyOfPath(base, place.path) !== fid;
  }

  #concerns({ layer }: Directory, { mask, name, fid, pid }: Incoming): boolean {
    if (layer > 0) {
      if (mask & Raw.open) this.openings?.opened(pid, name);
      return (mask & LOWER) !== 0;
    }
    const isUnnamed = isTemp(name) && (mask & Raw.isDir) === 0;
    if (isUnnamed && fid !== null && mask & (Raw.open | Raw.modify | Raw.create)) {
      if (!this.#followed.has(fid)) this.openings?.began(pid);
      this.#followed.add(fid);
    }
    if (mask & NAMES) return true;
    if (isUnnamed) return (mask & (Raw.open | Raw.modify | Raw.deleteSelf)) !== 0;
    // Directories of work/ and temporary ones are of no interest to anybody; the index's names stand for the upper's.
    if (layer === WORK_LAYER && mask & Raw.isDir) return false;
    return (mask & (Raw.modify | Raw.attrib | Raw.closeWrite)) !== 0;
  }

  #tell({ mask, fid, pid, name, who }: Incoming, at: Waiting['at'], from: Waiting['at'] | undefined): void {
    const placeOf = (one: Waiting['at']) => one && this.map.placeOf(one[0], one[1] === '.' ? asBytes('') : one[1]);
    const place = placeOf(at);
    const old = from === undefined ? undefined : placeOf(from);
    if (place === null && !old) return;
    const event: RawEvent = {
      mask,
      at: place,
      ...(old === undefined ? {} : { from: old }),
      fid: fid === null ? null : hexOfKey(fid),
      by: this.#by(who()),
    };
    if (mask & Raw.create && place?.layer === 0) {
      const lowerRead = this.openings?.wasOpened(pid, name);
      if (lowerRead !== undefined) event.lowerRead = lowerRead;
    }
    this.#waiting.push({ event, at, from: from ?? null });
    if (fid === null || mask & Raw.isDir || place?.layer !== 0) return;
    if (mask & (Raw.create | Raw.rename)) this.#followed.delete(fid);
    else if (mask & Raw.delete && !this.#ends.has(fid))
      this.#unnamed.set(fid, { at: performance.now(), path: place.path });
  }

  #ended(fid: Key, { who }: Incoming): void {
    const event: RawEvent = { mask: Raw.deleteSelf, at: null, fid: hexOfKey(fid), by: this.#by(who()) };
    this.#waiting.push({ event, at: null, from: null });
  }

  #by(process: Process | null): number | null {
    if (process === null) return null;
    const known = this.#processes.indexOf(process);
    return known >= 0 ? known : this.#processes.push(process) - 1;
  }

  /** What was taken since the last time, with the states that are found now. */
  flush(read: { readNs: string; readMonotonicNs: string }): RawBatch {
    const found = new Map<string, Now>();
    const base = new Map<number, Base | null>();
    const stateOf = ([directory, name]: [Directory, Bytes]): Now | undefined => {
      const { layer } = directory;
      // By where it is now: a directory may have moved since.
      const place = this.map.placeOf(directory, name === '.' ? asBytes('') : name);
      if (place === null) return { is: 'absent' };
      if (layer > 0 || (layer === WORK_LAYER && (isTemp(name) || !place.path.startsWith('index/')))) return undefined;
      const key = `${layer}/${place.path}`;
      let now = found.get(key);
      if (now !== undefined) return now;
      let where = base.get(layer);
      if (where === undefined) {
        where = this.bases.get(layer)?.() ?? null;
        base.set(layer, where);
      }
      now = where === null ? { is: 'unknown', why: 'the layer cannot be opened' } : readNow(where, place.path);
      if (now.is === 'absent' && where !== null && !directory.isRoot) {
        const path = this.map.placeOf(directory, asBytes(''))?.path;
        if (path === undefined || keyOfPath(where, path) !== directory.key)
          now = { is: 'unknown', why: 'its directory was moved meanwhile' };
      }
      found.set(key, now);
      return now;
    };
    for (const { event, at, from } of this.#waiting) {
      const now = at && event.at ? stateOf(at) : undefined;
      if (now !== undefined) event.now = now;
      const old = from && event.from ? stateOf(from) : undefined;
      if (old !== undefined) event.fromNow = old;
    }
    const batch = { ...read, processes: this.#processes, events: this.#waiting.map(({ event }) => event) };
    this.#waiting = [];
    this.#processes = [];
    this.#ends.clear();
    this.openings?.nextBatch();
    return batch;
  }

  /** Moment at which those that lost a name are looked at again; null where there are none. */
  get nextLook(): number | null {
    for (const { at } of this.#unnamed.values()) return at + ORPHAN_AFTER_MS;
    return null;
  }

  /** Those that lost a name a while ago and did not end since: `sizeOf` tells the size of one without any name. */
  orphans(sizeOf: (fid: Key) => string | null): RawOrphan[] {
    const out: RawOrphan[] = [];
    const now = performance.now();
    for (const [fid, { at, path }] of this.#unnamed) {
      if (at + ORPHAN_AFTER_MS > now) break;
      this.#unnamed.delete(fid);
      const size = sizeOf(fid);
      if (size === null) continue;
      this.#followed.add(fid);
      out.push({ fid: hexOfKey(fid), path, size });
    }
    return out;
  }
}

/** An inode without a name ends with its last user; the kernel itself drops its own hold within a moment. */
const ORPHAN_AFTER_MS = 30;
