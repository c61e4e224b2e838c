/** One stack's share of a filesystem that is watched: which records concern it, and what it tells of them. */
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { type Process, Raw, type RawBatch, type RawEvent, WORK_LAYER } from '../../../shared/live/raw.ts';
import type { Directory, DirectoryMap } from './directory-map.ts';
import { FoundStates, isTempName } from './found-states.ts';
import { hexOfKey, type Key } from './keys.ts';
import type { Openings } from './openings.ts';
import { type Base, keyOfPath } from './state.ts';
import { UnnamedInodes } from './unnamed.ts';

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

const NOBODY: Incoming = {
  mask: 0,
  dirs: [],
  name: asBytes(''),
  oldDirs: [],
  oldName: asBytes(''),
  fid: null,
  pid: 0,
  who: () => null,
};

/** What changes a lower. */
const LOWER = Raw.create | Raw.delete | Raw.rename | Raw.modify | Raw.attrib;
const NAMES = Raw.create | Raw.delete | Raw.rename;
const CONTENTS = Raw.modify | Raw.attrib | Raw.closeWrite;

type Came = { directory: Directory; isStranger: boolean };
type Waiting = { event: RawEvent; at: [Directory, Bytes] | null; from: [Directory, Bytes] | null };

export class Part {
  readonly map: DirectoryMap;
  /** Where the names of each layer are read. */
  readonly bases = new Map<number, () => Base | null>();
  readonly unnamed = new UnnamedInodes();
  /** Names of lower files that were opened of late, by process; null where nobody marks that. */
  openings: Openings | null = null;
  readonly #onDirectory: (directory: Directory, isStranger: boolean) => void;
  /** Directories that were to be looked into and had moved away, with how often that was tried. */
  readonly unread = new Map<Directory, number>();
  #who: Incoming['who'] = () => null;
  #waiting: Waiting[] = [];
  #processes: Process[] = [];

  /**
   * `onDirectory` is called with each directory that comes into a layer; a stranger comes from elsewhere, with what it
   * holds.
   */
  constructor(map: DirectoryMap, onDirectory: (directory: Directory, isStranger: boolean) => void) {
    this.map = map;
    this.#onDirectory = onDirectory;
  }

  get hasNews(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes a record; most concern another part, and are dropped here. */
  take(incoming: Incoming): void {
    const { mask, dirs, oldDirs, fid } = incoming;
    if (fid !== null && mask & Raw.deleteSelf && !(mask & Raw.isDir)) {
      if (this.unnamed.ended(fid)) this.#inode(fid, { ...incoming, mask: Raw.deleteSelf });
    }
    if (dirs.length === 0 && oldDirs.length === 0) {
      const isByLostName = incoming.name !== '' && (mask & CONTENTS) !== 0;
      if (fid !== null && isByLostName && this.unnamed.mayHaveOtherNames(fid)) this.#inode(fid, incoming);
      return;
    }
    const came = fid !== null && mask & Raw.isDir ? this.#keepMap(incoming, fid) : [];
    this.#names(incoming);
    this.#who = incoming.who;
    for (const { directory, isStranger } of came) this.#onDirectory(directory, isStranger);
  }

  /** Tells of a record, once for each layer that it concerns. */
  #names(incoming: Incoming): void {
    const { mask, dirs, oldDirs, name, oldName } = incoming;
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

  /** A name that was found, of which no record tells: told as created by whoever did what led to it. */
  found(parent: Directory, name: Bytes, isDirectory: boolean): void {
    const mask = Raw.create | (isDirectory ? Raw.isDir : 0);
    this.#tell({ ...NOBODY, mask, dirs: [parent], name, who: this.#who }, [parent, name], undefined);
  }

  /** Keeps the map of directories in step with a record of one; returns those that came into a layer. */
  #keepMap({ mask, dirs, name, oldDirs, oldName }: Incoming, fid: Key): Came[] {
    const came: Came[] = [];
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
        if (!from.delete(to.layer)) came.push({ directory: moved, isStranger: !from.has(WORK_LAYER) });
      }
      for (const left of from.values()) this.map.drop(left);
      return came;
    }
    for (const parent of dirs) {
      // Where one record tells of both, nobody knows which came last.
      const isThere = mask & Raw.create && !(mask & Raw.delete && this.#isGone(parent, name, fid));
      if (isThere) came.push({ directory: this.map.put(parent, name, fid), isStranger: false });
      else if (mask & Raw.delete)
        for (const one of this.map.at(fid)) if (one.parent === parent && one.name === name) this.map.drop(one);
    }
    return came;
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
    const isUnnamed = isTempName(name) && (mask & Raw.isDir) === 0;
    if (isUnnamed && fid !== null && mask & (Raw.open | Raw.modify | Raw.create) && this.unnamed.follow(fid))
      this.openings?.began(pid);
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
    if (mask & (Raw.create | Raw.rename)) this.unnamed.named(fid);
    else if (mask & Raw.delete) this.unnamed.lostName(fid, place.path);
  }

  /** Tells of an inode by itself. */
  #inode(fid: Key, { mask, who }: Incoming): void {
    const event: RawEvent = { mask, at: null, fid: hexOfKey(fid), by: this.#by(who()) };
    this.#waiting.push({ event, at: null, from: null });
  }

  #by(process: Process | null): number | null {
    if (process === null) return null;
    const known = this.#processes.indexOf(process);
    return known >= 0 ? known : this.#processes.push(process) - 1;
  }

  /** What was taken since the last time, with the states that are found now. */
  flush(read: { readNs: string; readMonotonicNs: string }): RawBatch {
    const states = new FoundStates(this.map, this.bases);
    for (const { event, at, from } of this.#waiting) {
      const now = at && event.at ? states.of(...at) : undefined;
      if (now !== undefined) event.now = now;
      const old = from && event.from ? states.of(...from) : undefined;
      if (old !== undefined) event.fromNow = old;
    }
    const batch = { ...read, processes: this.#processes, events: this.#waiting.map(({ event }) => event) };
    this.#waiting = [];
    this.#processes = [];
    this.unnamed.nextBatch();
    this.openings?.nextBatch();
    return batch;
  }
}
