import { asBytes, type Bytes, bytesOfArray } from '../../shared/bytes/bytes.ts';
import { Field, ITEM_REFUSED, ItemKind, NO_DIRECTORY, RecordFlag } from '../../shared/ipc/records.ts';
import { MarkBit } from '../../shared/merge/marks.ts';
import { CODE_ERRNO, type Code } from '../../shared/merge/tree.ts';
import { Arena, grown } from './arena.ts';

/** Room for this many entries at the beginning. */
const FIRST = 32 * 1024;

/**
 * Words kept of an entry: a record's up to the link count as they came, but for the length, whose word holds the name's
 * offset. Devices stand in a table of their own: there are few.
 */
const word = (offset: number): number => offset / 4;
export const W = {
  name: word(Field.length),
  mode: word(Field.mode),
  ino: word(Field.ino),
  size: word(Field.size),
  blocks: word(Field.blocks),
  mtime: word(Field.mtime),
  btime: word(Field.btime),
  uid: word(Field.uid),
  gid: word(Field.gid),
  nlink: word(Field.nlink),
  /** The entry's own directory index here, or NO_DIRECTORY. */
  directory: word(Field.nlink) + 1,
  /** u16 length of the name, u16 items */
  lengths: word(Field.nlink) + 2,
  /** i16 errno, u8 flags, u8 dtype */
  last: word(Field.nlink) + 3,
};
export const WORDS = W.last + 1;
export const COPIED = W.nlink + 1;

/** Where the words that are not kept in place stand in a record. */
export const From = {
  devMajor: word(Field.devMajor),
  devMinor: word(Field.devMinor),
  rdevMajor: word(Field.rdevMajor),
  rdevMinor: word(Field.rdevMinor),
  directory: word(Field.childDirectory),
  lengths: word(Field.nameLength),
  last: word(Field.errno),
};

/** Beside the RecordFlags of the probe: the inode number is not known (a layer on an overlay that counts its own). */
export const NUMBER_UNKNOWN = 1 << 7;

/** The entry is no longer there: nothing of it counts. */
export const GONE = 1 << 6;
/** Layer of an entry that is gone. */
const NO_LAYER = 0xffff;

/** How a directory stands. */
export const DirectoryState = { waiting: 0, reading: 1, read: 2, failed: 3 } as const;

/** Which xattr prefix counts; `none` where the mount ignores every mark, `unreadable` where they cannot be read. */
export type Prefix = 'trusted' | 'user' | 'none';

/** The columns of all raw entries, and what is read from them. An entry is its index; a directory too, in an own one. */
export class EntryColumns {
  count = 0;
  /** Record words, WORDS an entry. */
  facts = new Uint32Array(WORDS * FIRST);
  layers = new Uint16Array(FIRST);
  markBits = new Uint16Array(FIRST);
  /** Index of each entry's device in `devices`. */
  protected deviceAt = new Uint16Array(FIRST);
  protected devices: string[] = [];
  protected deviceNumbers: number[] = [];
  /** rdev of those that are devices: "MAJOR:MINOR". */
  protected readonly rdevs = new Map<number, string>();
  /** Directory that holds the entry. */
  parents = new Uint32Array(FIRST);
  hashes = new Uint32Array(FIRST);
  /** Offset of the entry's items in `items`, 0 for none. */
  itemsAt = new Uint32Array(FIRST);
  names = new Arena(1 << 20);
  items = new Arena(1 << 16);

  directories = 0;
  /** Entry of the directory; a layer's root has an entry of its own without a parent. */
  directoryEntry = new Uint32Array(256);
  directoryFirst = new Uint32Array(256);
  directoryCount = new Uint32Array(256);
  directoryState = new Uint8Array(256);
  directoryErrno = new Int32Array(256);
  protected readonly prefix: Prefix;
  /** Layers whose marks cannot be read. */
  readonly blindLayers: Set<number>;
  /** Whether the marks count is not known: each that stands there leaves its entry unknown. */
  protected readonly inDoubt: boolean;
  /** Whether a layer that is an overlay refuses any name. */
  hasRefused = false;
  /** By layer: whether any directory has opaque x. */
  readonly hasXwhiteouts: boolean[] = [];
  /** Directories whose names changed since they were read: all their entries, by name. */
  protected readonly edited = new Map<number, Map<Bytes, number>>();
  /** Entries of the upper with an origin, in order of arrival. */
  origins: number[] = [];
  /** By layer: entries in all. */
  readonly perLayer: number[] = [];

  constructor(prefix: Prefix, blindLayers: Iterable<number>, inDoubt = false) {
    this.prefix = prefix;
    this.blindLayers = new Set(blindLayers);
    this.inDoubt = inDoubt;
    // Offset 0 means "no items".
    this.items.add(new Uint8Array(8));
  }

  protected reserve(more: number): number {
    const first = this.count;
    const need = first + more;
    if (need > this.layers.length) {
      this.layers = grown(this.layers, need);
      const size = this.layers.length;
      this.facts = grown(this.facts, size * WORDS);
      this.markBits = grown(this.markBits, size);
      this.parents = grown(this.parents, size);
      this.hashes = grown(this.hashes, size);
      this.itemsAt = grown(this.itemsAt, size);
      this.deviceAt = grown(this.deviceAt, size);
    }
    this.count = need;
    return first;
  }

  protected addDirectory(entry: number): number {
    const directory = this.directories++;
    if (directory >= this.directoryEntry.length) {
      this.directoryEntry = grown(this.directoryEntry, directory + 1);
      const size = this.directoryEntry.length;
      this.directoryFirst = grown(this.directoryFirst, size);
      this.directoryCount = grown(this.directoryCount, size);
      this.directoryState = grown(this.directoryState, size);
      this.directoryErrno = grown(this.directoryErrno, size);
    }
    this.directoryEntry[directory] = entry;
    return directory;
  }

  isEdited(directory: number): boolean {
    return this.edited.has(directory);
  }

  /** The entries of a directory, as far as they are read. */
  entriesOf(directory: number): Iterable<number> {
    const edited = this.edited.get(directory);
    if (edited) return edited.values();
    const first = this.directoryFirst[directory] as number;
    return Array.from({ length: this.directoryCount[directory] as number }, (_, i) => first + i);
  }

  countOf(directory: number): number {
    return this.edited.get(directory)?.size ?? (this.directoryCount[directory] as number);
  }

  isGone(entry: number): boolean {
    return (this.flags(entry) & GONE) !== 0;
  }

  /** Some directory lies in one that was read after it. */
  protected hasMoved = false;

  /** All directories, each before the one that it lies in. */
  *innermostFirst(): Generator<number> {
    // As they are read, a directory's index is greater than its parent's.
    if (!this.hasMoved) for (let directory = this.directories - 1; directory >= 0; directory--) yield directory;
    else {
      const depths = new Map<number, number>();
      for (let directory = 0; directory < this.directories; directory++) depths.set(directory, this.#depth(directory));
      yield* [...depths.keys()].sort((a, b) => (depths.get(b) as number) - (depths.get(a) as number));
    }
  }

  #depth(directory: number): number {
    let depth = 0;
    const up = (at: number): number => this.parents[this.directoryEntry[at] as number] as number;
    for (let at = up(directory); at !== NO_DIRECTORY; at = up(at)) depth++;
    return depth;
  }

  /** Takes all meaning from an entry but its name; its index is not used again. */
  protected void(entry: number): void {
    const base = entry * WORDS;
    this.facts.fill(0, base + W.mode, base + W.lengths);
    this.facts[base + W.lengths] = this.nameLength(entry);
    this.facts[entry * WORDS + W.directory] = NO_DIRECTORY;
    this.facts[entry * WORDS + W.last] = (GONE | NUMBER_UNKNOWN) << 16;
    this.layers[entry] = NO_LAYER;
    this.markBits[entry] = 0;
    this.parents[entry] = NO_DIRECTORY;
    this.hashes[entry] = 0;
    this.itemsAt[entry] = 0;
    this.rdevs.delete(entry);
  }

  /** Raw entries in all layers, the layers' roots left out. */
  get rawCount(): number {
    return this.perLayer.reduce((sum, count) => sum + (count ?? 0), 0);
  }

  kind(entry: number): number {
    return (this.facts[entry * WORDS + W.mode] as number) >>> 12;
  }
  marks(entry: number): number {
    return this.markBits[entry] as number;
  }
  layer(entry: number): number {
    return this.layers[entry] as number;
  }
  /** Own directory index of a directory's entry, NO_DIRECTORY for others. */
  directory(entry: number): number {
    return this.facts[entry * WORDS + W.directory] as number;
  }
  mode(entry: number): number {
    return this.facts[entry * WORDS + W.mode] as number;
  }
  nlink(entry: number): number {
    return this.facts[entry * WORDS + W.nlink] as number;
  }
  uid(entry: number): number {
    return this.facts[entry * WORDS + W.uid] as number;
  }
  gid(entry: number): number {
    return this.facts[entry * WORDS + W.gid] as number;
  }
  /** Index of a device in the table; there are as many as filesystems. */
  protected device(major: number, minor: number): number {
    const number = major * 0x100000 + minor;
    const known = this.deviceNumbers.indexOf(number);
    if (known >= 0) return known;
    this.devices.push(`${major}:${minor}`);
    return this.deviceNumbers.push(number) - 1;
  }
  /** The device as one number, for comparing. */
  devNumber(entry: number): number {
    return this.deviceNumbers[this.deviceAt[entry] as number] ?? 0;
  }
  dev(entry: number): string {
    return this.devices[this.deviceAt[entry] as number] ?? '0:0';
  }
  rdev(entry: number): string {
    return this.rdevs.get(entry) ?? '0:0';
  }
  private u64(entry: number, at: number): bigint {
    const base = entry * WORDS + at;
    return (BigInt(this.facts[base + 1] as number) << 32n) | BigInt(this.facts[base] as number);
  }
  ino(entry: number): bigint {
    return this.u64(entry, W.ino);
  }
  /** The inode number as a key of a map: a number where it is exact, else text. */
  inoKey(entry: number): number | string {
    const low = this.facts[entry * WORDS + W.ino] as number;
    const high = this.facts[entry * WORDS + W.ino + 1] as number;
    return high < 0x200000 ? high * 0x100000000 + low : `${high}:${low}`;
  }
  hasNumber(entry: number): boolean {
    return (this.flags(entry) & NUMBER_UNKNOWN) === 0;
  }
  /** Low 32 bits of the inode number, for sieves. */
  inoLow(entry: number): number {
    return this.facts[entry * WORDS + W.ino] as number;
  }
  /** High 32 bits of the inode number. */
  inoHigh(entry: number): number {
    return this.facts[entry * WORDS + W.ino + 1] as number;
  }
  size(entry: number): bigint {
    return this.u64(entry, W.size);
  }
  /** Allocated blocks of 512 bytes. */
  blocks(entry: number): bigint {
    return this.u64(entry, W.blocks);
  }
  /** Allocated bytes, exact below 2^53: for sums that are shown. */
  allocated(entry: number): number {
    const base = entry * WORDS + W.blocks;
    return ((this.facts[base + 1] as number) * 0x100000000 + (this.facts[base] as number)) * 512;
  }
  mtimeNs(entry: number): bigint {
    return BigInt.asIntN(64, this.u64(entry, W.mtime));
  }
  /** Birth time, or null where the filesystem has none. */
  btimeNs(entry: number): bigint | null {
    const base = entry * WORDS + W.btime;
    if (this.facts[base] === 0 && this.facts[base + 1] === 0x80000000) return null;
    return BigInt.asIntN(64, this.u64(entry, W.btime));
  }
  /** What statx failed with, 0 where it did not. */
  errno(entry: number): number {
    return (this.facts[entry * WORDS + W.last] as number) & 0xffff;
  }
  /** What a layer that is an overlay answers to a name that it refuses. */
  refusal(entry: number): Code {
    return CODE_ERRNO.indexOf(this.errno(entry) as (typeof CODE_ERRNO)[number]) as Code;
  }
  /** A listing of the layer, an overlay, does not give the name. */
  isUnlisted(entry: number): boolean {
    return (this.flags(entry) & RecordFlag.unlisted) !== 0;
  }
  dtype(entry: number): number {
    return (this.facts[entry * WORDS + W.last] as number) >>> 24;
  }
  flags(entry: number): number {
    return ((this.facts[entry * WORDS + W.last] as number) >>> 16) & 0xff;
  }

  nameLength(entry: number): number {
    return (this.facts[entry * WORDS + W.lengths] as number) & 0xffff;
  }
  name(entry: number): Bytes {
    const at = this.facts[entry * WORDS + W.name] as number;
    const bytes = this.names.bytes;
    const end = at + this.nameLength(entry);
    let out = '';
    for (let i = at; i < end; i++) out += String.fromCharCode(bytes[i] as number);
    return asBytes(out);
  }
  /** Path of the entry below its layer's root; the root's is empty. */
  path(entry: number): Bytes {
    const parts: string[] = [];
    for (
      let at = entry;
      this.parents[at] !== NO_DIRECTORY;
      at = this.directoryEntry[this.parents[at] as number] as number
    )
      parts.push(this.name(at));
    return asBytes(parts.reverse().join('/'));
  }

  /** Calls back with each overlay attribute (or symlink target) of the entry; a null value was refused. */
  forEachItem(entry: number, visit: (kind: number, name: string, value: Uint8Array | null) => void): void {
    let at = this.itemsAt[entry] as number;
    if (at === 0) return;
    const count = (this.facts[entry * WORDS + W.lengths] as number) >>> 16;
    const bytes = this.items.bytes;
    for (let i = 0; i < count; i++) {
      const kind = bytes[at] as number;
      const nameLength = bytes[at + 1] as number;
      const valueLength = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
      const valueAt = at + 4 + nameLength;
      const name = String.fromCharCode(...bytes.subarray(at + 4, valueAt));
      const refused = valueLength === ITEM_REFUSED;
      at = refused ? valueAt : valueAt + valueLength;
      visit(kind, name, refused ? null : bytes.subarray(valueAt, at));
    }
  }

  /** Value of overlay.NAME in the prefix that counts; undefined where it is absent, null where it was refused. */
  xattr(entry: number, name: string): Uint8Array | null | undefined {
    if (this.prefix === 'none') return undefined;
    return this.item(entry, this.prefix === 'user' ? ItemKind.user : ItemKind.trusted, name);
  }

  /** What the handle in the entry's overlay.origin opened, as ItemKind.opened has it; undefined where nobody tried. */
  opened(entry: number): Uint8Array | null | undefined {
    const [own, other] = this.prefix === 'user' ? [ItemKind.user, ItemKind.trusted] : [ItemKind.trusted, ItemKind.user];
    if (this.item(entry, other, 'origin') === undefined) return this.item(entry, ItemKind.opened, '');
    // It stands behind the origin that it opened, and the one of the other prefix may have been opened too.
    let opened: Uint8Array | null | undefined;
    let isOwn = false;
    this.forEachItem(entry, (kind, name, value) => {
      if (kind !== ItemKind.opened) isOwn = kind === own && name === 'origin';
      else if (isOwn) opened = value;
    });
    return opened;
  }

  /** Inode number as the real directory lists it; null where it is not known. */
  listedIno(entry: number): bigint | null {
    const value = this.item(entry, ItemKind.listed, '');
    if (value) return new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0, true);
    return this.hasNumber(entry) ? this.ino(entry) : null;
  }

  /** Entries that their directory lists by another number than their own, and which: subvolumes, made-up numbers. */
  listedNumbers(): [entry: number, listed: bigint][] {
    const out: [number, bigint][] = [];
    for (let entry = 0; entry < this.count; entry++) {
      if (this.itemsAt[entry] === 0 || this.parents[entry] === NO_DIRECTORY) continue;
      const value = this.item(entry, ItemKind.listed, '');
      if (value) out.push([entry, new DataView(value.buffer, value.byteOffset, 8).getBigUint64(0, true)]);
    }
    return out;
  }

  /** None of its items is an attribute of the other prefix, nor another number in a listing. */
  hasOwnMarksOnly(entry: number): boolean {
    let at = this.itemsAt[entry] as number;
    if (at === 0) return true;
    const own = this.prefix === 'user' ? ItemKind.user : ItemKind.trusted;
    const bytes = this.items.bytes;
    for (let i = (this.facts[entry * WORDS + W.lengths] as number) >>> 16; i > 0; i--) {
      const kind = bytes[at] as number;
      if (kind === ItemKind.listed) return false;
      if ((kind === ItemKind.user || kind === ItemKind.trusted) && (kind !== own || this.prefix === 'none'))
        return false;
      const length = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
      at += 4 + (bytes[at + 1] as number) + (length === ITEM_REFUSED ? 0 : length);
    }
    return true;
  }

  /**
   * By group of layers (`groups`, by layer; undefined is passed over): the devices of its entries, as `devNumber` has
   * them. What another mount lies on has none.
   */
  devicesOf(groups: readonly (number | undefined)[]): Map<number, Set<number>> {
    const seen = groups.map(() => new Uint8Array(this.devices.length));
    for (let entry = 0; entry < this.count; entry++) {
      if ((this.markBits[entry] as number) & MarkBit.covered) continue;
      const layer = seen[this.layers[entry] as number];
      if (layer) layer[this.deviceAt[entry] as number] = 1;
    }
    const out = new Map<number, Set<number>>();
    for (const [layer, group] of groups.entries()) {
      if (group === undefined) continue;
      const devices = out.get(group) ?? new Set();
      for (const [i, has] of (seen[layer] as Uint8Array).entries())
        if (has === 1 && this.deviceNumbers[i] !== 0) devices.add(this.deviceNumbers[i] as number);
      out.set(group, devices);
    }
    return out;
  }

  /** Those of the layers that list any entry by another number than its own. */
  listedOtherwise(layers: readonly number[]): Set<number> {
    const out = new Set<number>();
    if (layers.length === 0) return out;
    for (let entry = 0; entry < this.count; entry++) {
      const layer = this.layers[entry] as number;
      if (this.itemsAt[entry] === 0 || !layers.includes(layer) || out.has(layer)) continue;
      if (this.item(entry, ItemKind.listed, '')) out.add(layer);
    }
    return out;
  }

  /** Value of the item of this kind and name, a view; undefined where there is none, null where it was refused. */
  protected item(entry: number, wanted: number, name: string): Uint8Array | null | undefined {
    let at = this.itemsAt[entry] as number;
    if (at === 0) return undefined;
    const bytes = this.items.bytes;
    next: for (let i = (this.facts[entry * WORDS + W.lengths] as number) >>> 16; i > 0; i--) {
      const kind = bytes[at] as number;
      const nameLength = bytes[at + 1] as number;
      const valueLength = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
      const nameAt = at + 4;
      const valueAt = nameAt + nameLength;
      at = valueLength === ITEM_REFUSED ? valueAt : valueAt + valueLength;
      if (kind !== wanted || nameLength !== name.length) continue;
      for (let k = 0; k < nameLength; k++) if (bytes[nameAt + k] !== name.charCodeAt(k)) continue next;
      return valueLength === ITEM_REFUSED ? null : bytes.subarray(valueAt, at);
    }
    return undefined;
  }

  redirect(entry: number): string | null {
    const value = this.xattr(entry, 'redirect');
    if (!value || value.length === 0) return null;
    let text = '';
    for (let i = 0; i < value.length && value[i] !== 0; i++) text += String.fromCharCode(value[i] as number);
    return text;
  }

  target(entry: number): Bytes | null {
    const value = this.item(entry, ItemKind.target, '');
    return value ? bytesOfArray(value) : null;
  }

  /** Gives spare room back. */
  trim(): void {
    this.facts = this.facts.slice(0, this.count * WORDS);
    for (const key of ['layers', 'markBits', 'parents', 'hashes', 'itemsAt'] as const)
      this[key] = this[key].slice(0, this.count) as never;
    this.deviceAt = this.deviceAt.slice(0, this.count);
    this.names.trim();
    this.items.trim();
  }

  /** Bytes held, without and with the names. */
  bytes(): { arrays: number; names: number } {
    const arrays =
      this.facts.byteLength +
      this.layers.byteLength +
      this.markBits.byteLength +
      this.parents.byteLength +
      this.hashes.byteLength +
      this.itemsAt.byteLength +
      this.deviceAt.byteLength +
      this.items.bytes.byteLength +
      this.directoryEntry.byteLength * 4 +
      this.directoryState.byteLength;
    return { arrays, names: this.names.bytes.byteLength };
  }
}
