import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { Field, NO_DIRECTORY } from '../../../shared/ipc/records.ts';
import { Raw, type RawEvent, WORK_LAYER } from '../../../shared/live/raw.ts';
import { MarkBit } from '../../../shared/merge/marks.ts';
import { ABSENT } from '../../../shared/merge/tree.ts';
import type { RecordAt } from '../entries.ts';
import type { Index } from '../index-entries.ts';
import type { ObjectChange } from '../object-edits.ts';
import type { StackScan } from '../scan.ts';
import type { Picture } from './picture.ts';
import type { UpperNode } from './upper-tree.ts';

/** So many names are read again at once. */
const AT_ONCE = 4096;
/** What the disk says is believed after so many times, whatever records said. */
const TRIES = 5;
/** The second half of an exchange comes within this time of the first. */
const EXCHANGE_MS = 50;

/** An object that came, may show something else, or is gone. */
export type ChangedObject = { id: number; path: Bytes; change: ObjectChange };

type Asked = { node: UpperNode; path: Bytes };
type Read = Asked & { record: RecordAt | null };
/** Names of raw directories of which lookups may answer otherwise now. */
type Touched = Map<number, Set<Bytes>>;

/**
 * Keeps a scan as a fresh one would be: what records touched is read again, entered into the raw entries, and looked up
 * anew with all that follows from it. Nothing else is read.
 */
export class LiveScan {
  readonly #scan: StackScan;
  readonly #picture: Picture;
  readonly #tries = new Map<UpperNode, number>();
  /** Entries that this update has read, and paths at which no more than facts changed. */
  readonly #fresh = new Set<number>();
  #seen: Bytes[] = [];
  /** Names in index/ were touched. */
  indexIsDirty = false;
  #touchedAt = 0;

  constructor(scan: StackScan, picture: Picture) {
    this.#scan = scan;
    this.#picture = picture;
    scan.entries.onGone = (entry) => {
      picture.upper.entryIsGone(entry);
      scan.origins.forget(entry);
    };
  }

  /** A record was understood. `isName`: it is about a name's being there. */
  took({ at, from, fid, mask }: RawEvent, isName: boolean): void {
    this.#touchedAt = performance.now();
    const { upper } = this.#picture;
    for (const place of [at, from ?? null]) {
      if (place?.layer === 0) upper.touch(place.path, isName);
      if (place?.layer === WORK_LAYER && place.path.startsWith('index/')) this.indexIsDirty = true;
    }
    const ino = fid === null || mask & Raw.isDir ? null : this.#picture.inoOf(fid);
    if (ino !== null) upper.touchInode(ino);
  }

  get isDirty(): boolean {
    const { upper } = this.#picture;
    return upper.dirty.size > 0 || upper.dirtyInodes.size > 0 || this.indexIsDirty;
  }

  /** Reads again what is dirty, and brings the scan in step. Returns what changed, each object once. */
  async update(): Promise<ChangedObject[]> {
    const scan = this.#scan;
    const { upper } = this.#picture;
    if (this.#picture.aside && performance.now() - this.#touchedAt > EXCHANGE_MS) this.#picture.dropAside();
    const dirty = [...upper.dirty];
    const inodes = [...upper.dirtyInodes];
    upper.dirty.clear();
    upper.dirtyInodes.clear();
    const indexIsDirty = scan.stack.options.index && (this.indexIsDirty || inodes.length > 0);
    this.indexIsDirty = false;
    const asked = this.#toRead(dirty, inodes);
    try {
      const read = await this.#read(asked);
      const root = asked.some(({ path }) => path === '') ? await scan.readRoot() : null;
      const index = indexIsDirty ? await scan.rereadIndex() : undefined;
      const changes = new Map<number, ChangedObject>();
      this.#bringInStep(dirty, inodes, read, root, index, changes);
      await this.#askOn(changes);
      return [...changes.values()];
    } catch (error) {
      for (const node of dirty) upper.dirty.add(node);
      for (const ino of inodes) upper.dirtyInodes.add(ino);
      this.indexIsDirty ||= indexIsDirty;
      throw error;
    } finally {
      void scan.release().catch(() => {});
    }
  }

  /** The dirty nodes that are there, and one name of each inode that none of them is. */
  #toRead(dirty: readonly UpperNode[], inodes: readonly string[]): Asked[] {
    const { upper } = this.#picture;
    const asked = new Map<UpperNode, Asked>();
    for (const node of dirty) {
      const path = upper.pathOf(node);
      if (path !== null) asked.set(node, { node, path });
    }
    const known = new Set([...asked.keys()].map((node) => node.standing?.ino ?? null));
    for (const ino of inodes) {
      if (known.has(ino)) continue;
      const [path] = upper.namesOf(ino);
      const node = path === undefined ? null : upper.at(path);
      if (node && path !== undefined) asked.set(node, { node, path });
    }
    return [...asked.values()];
  }

  async #read(asked: readonly Asked[]): Promise<Read[]> {
    const out: Read[] = [];
    for (let at = 0; at < asked.length; at += AT_ONCE) {
      const directories = new Map<Bytes, Asked[]>();
      for (const one of asked.slice(at, at + AT_ONCE)) {
        if (one.path === '') continue;
        const parent = asBytes(one.path.slice(0, Math.max(0, one.path.lastIndexOf('/'))));
        const names = directories.get(parent);
        if (names) names.push(one);
        else directories.set(parent, [one]);
      }
      const lists = [...directories.values()];
      const wanted = [...directories].map(([path, names]) => ({ path, names: names.map(({ node }) => node.name) }));
      await this.#scan.reread(wanted, (directory, name, record) => {
        const one = lists[directory]?.[name];
        if (one) out.push({ ...one, record });
      });
    }
    return out;
  }

  #bringInStep(
    dirty: readonly UpperNode[],
    inodes: readonly string[],
    read: readonly Read[],
    root: (() => boolean) | null,
    index: Index | null | undefined,
    changes: Map<number, ChangedObject>,
  ): void {
    const scan = this.#scan;
    const { entries, objects, origins } = scan;
    const touched: Touched = new Map();
    const remarked = new Set<number>();
    objects.takeBack();
    // Objects go by the names of their entries: they are to be known before those change.
    for (const { entry } of dirty) if (entry !== ABSENT && !entries.isGone(entry)) objects.at(entries.path(entry));
    const rootChanged = root?.() ?? false;
    const written = this.#enter(read, touched, remarked);
    if (written !== null) this.#leave(dirty, touched);
    else for (const node of dirty) if (this.#picture.pathOf(node) === null) this.#picture.upper.dirty.add(node);
    for (const ino of inodes) this.#shareFacts(ino, touched, remarked);
    entries.origins = [...new Set(entries.origins)].filter((entry) => entries.layer(entry) === 0);
    if (index !== undefined) this.#putIndex(index);
    origins.judge();
    scan.learn();
    const told = (id: number, change: ObjectChange): void => this.#told(id, change, changes);
    if (rootChanged) objects.lookAgainAtRoot(new Set([scan.root(0) as number]), told);
    this.#lookAgain(touched, remarked, told);
    for (const path of this.#seen) this.#tell(path, changes);
    this.#seen = [];
    this.#fresh.clear();
    scan.conclude();
    const reading = scan.layers.find(({ layer }) => layer === 0);
    if (reading) reading.entries = entries.perLayer[0] ?? 0;
  }

  /** Enters what was read, outermost first. Null: something that has an entry could not be put in its place yet. */
  #enter(read: readonly Read[], touched: Touched, remarked: Set<number>): true | null {
    const { entries } = this.#scan;
    const { upper } = this.#picture;
    let isWhole: true | null = true;
    const depth = ({ path }: Read): number => path.split('/').length;
    for (const one of [...read].sort((a, b) => depth(a) - depth(b))) {
      const { node, path, record } = one;
      const directory = node.parent === null ? NO_DIRECTORY : this.#directoryOf(node.parent);
      const isThere = this.#picture.pathOf(node) === path && directory !== NO_DIRECTORY;
      if (isThere && node.entry !== ABSENT && !this.#standsAt(node.entry, directory, node.name)) {
        touch(touched, entries.parents[node.entry] as number, entries.name(node.entry));
        entries.move(node.entry, directory, node.name);
        touch(touched, directory, node.name);
      }
      if (!isThere || !this.#isBelievable(one)) {
        upper.dirty.add(node);
        if (node.entry !== ABSENT && !isThere) isWhole = null;
        continue;
      }
      this.#tries.delete(node);
      if (record === null) {
        // Its record does not come: what is known of it was wrong.
        this.#picture.remove(path);
        continue;
      }
      const isNew = node.entry === ABSENT;
      if (isNew) upper.setEntry(node, entries.enter(directory, node.name));
      this.#scan.origins.forget(node.entry);
      const became = entries.rewrite(node.entry, record);
      this.#fresh.add(node.entry);
      if (isNew || became === 'lookups') touch(touched, directory, node.name);
      if (became === 'lookups') remarked.add(node.entry);
      if (became === 'facts') this.#seen.push(path);
    }
    return isWhole;
  }

  /** Whether what was read is of the same inode as the records say; after some tries it is believed anyway. */
  #isBelievable({ node, record }: Read): boolean {
    const ino = node.standing?.ino ?? null;
    const isSame = record !== null && (ino === null || ino === inoOf(record));
    if (isSame) return true;
    const tries = (this.#tries.get(node) ?? 0) + 1;
    this.#tries.set(node, tries);
    return tries > TRIES;
  }

  /** Raw directory of a node that is one. */
  #directoryOf({ entry }: UpperNode): number {
    return entry === ABSENT ? NO_DIRECTORY : this.#scan.entries.directory(entry);
  }

  #standsAt(entry: number, directory: number, name: Bytes): boolean {
    const { entries } = this.#scan;
    return entries.parents[entry] === directory && entries.name(entry) === name;
  }

  /** What is in the tree no more goes from the entries, with all below it. */
  #leave(dirty: readonly UpperNode[], touched: Touched): void {
    const { entries } = this.#scan;
    for (const node of dirty) {
      if (this.#picture.pathOf(node) !== null) continue;
      if (node === this.#picture.aside) {
        this.#picture.upper.dirty.add(node);
        continue;
      }
      this.#tries.delete(node);
      if (node.entry === ABSENT || entries.isGone(node.entry)) continue;
      touch(touched, entries.parents[node.entry] as number, entries.name(node.entry));
      entries.leave(node.entry);
    }
  }

  /** All names of an inode show what the one shows that was read last. */
  #shareFacts(ino: string, touched: Touched, remarked: Set<number>): void {
    const { entries, origins } = this.#scan;
    const { upper } = this.#picture;
    const all = upper
      .namesOf(ino)
      .map((path) => upper.at(path)?.entry ?? ABSENT)
      .filter((entry) => entry !== ABSENT && `${entries.ino(entry)}` === ino);
    const from = all.find((entry) => this.#fresh.has(entry));
    if (from === undefined) {
      // The name that was to be read is not where it was.
      if (all.length > 0) upper.dirtyInodes.add(ino);
      return;
    }
    for (const entry of all) {
      if (entry === from) continue;
      const marks = entries.markBits[entry];
      entries.copyFacts(from, entry);
      origins.forget(entry);
      if (entries.marks(entry) & MarkBit.origin) entries.origins.push(entry);
      this.#seen.push(entries.path(entry));
      if (marks === entries.markBits[entry]) continue;
      touch(touched, entries.parents[entry] as number, entries.name(entry));
      remarked.add(entry);
    }
  }

  #putIndex(index: Index | null): void {
    const { entries } = this.#scan;
    for (const { entry } of this.#scan.index?.entries ?? [])
      if (entry >= 0 && !entries.isGone(entry) && !entries.isPlaced(entry)) entries.leaveApart(entry);
    this.#scan.index = index;
  }

  #lookAgain(touched: Touched, remarked: ReadonlySet<number>, told: (id: number, change: ObjectChange) => void): void {
    const { entries, objects } = this.#scan;
    const places = [...touched].flatMap(([directory, names]) => {
      const entry = entries.directoryEntry[directory] as number;
      return entries.isGone(entry) ? [] : [{ entry, names, path: entries.path(entry) }];
    });
    places.sort((a, b) => a.path.split('/').length - b.path.split('/').length || (a.path === '' ? -1 : 0));
    for (const { entry, names, path } of places) {
      const id = objects.at(path);
      if (id !== null && objects.isDir(id) && objects.stack(id).upper === entry)
        objects.lookAgain(id, names, remarked, told);
    }
  }

  /** Asks what could not be said at once, and concludes anew from the answers. */
  async #askOn(changes: Map<number, ChangedObject>): Promise<void> {
    const scan = this.#scan;
    const isAnswered = scan.origins.judge();
    if (!isAnswered) await scan.origins.finish();
    const isPlaced = await scan.placeApart();
    if (isAnswered && !isPlaced) return;
    scan.objects.takeBack();
    await scan.origins.finish();
    scan.learn();
    const touched: Touched = new Map();
    for (const { path } of changes.values()) {
      const node = this.#picture.upper.at(path);
      if (node && node.entry !== ABSENT && node.parent)
        touch(touched, scan.entries.parents[node.entry] as number, node.name);
    }
    this.#lookAgain(touched, new Set(), (id, change) => this.#told(id, change, changes));
    scan.conclude();
  }

  #told(id: number, change: ObjectChange, changes: Map<number, ChangedObject>): void {
    const before = changes.get(id)?.change;
    // What came and goes at once was never there for anybody who looks.
    if (before === 'new' && change === 'gone') changes.delete(id);
    else if (before !== 'new' || change !== 'changed')
      changes.set(id, { id, path: this.#scan.objects.path(id), change });
  }

  /** The object at a path, if any, may show something else. */
  #tell(path: Bytes, changes: Map<number, ChangedObject>): void {
    const id = this.#scan.objects.at(path);
    if (id !== null && !changes.has(id)) changes.set(id, { id, path, change: 'changed' });
  }
}

function touch(touched: Touched, directory: number, name: Bytes): void {
  const names = touched.get(directory);
  if (names) names.add(name);
  else touched.set(directory, new Set([name]));
}

function inoOf({ bytes, at }: RecordAt): string {
  return `${new DataView(bytes.buffer, bytes.byteOffset + at).getBigUint64(Field.ino, true)}`;
}
