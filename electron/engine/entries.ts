import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import type { EntryFacts } from '../../shared/ipc/probe.ts';
import {
  BLOCK_HEADER,
  BLOCK_PARTIAL,
  Field,
  ITEM_REFUSED,
  ItemKind,
  NO_DIRECTORY,
  NO_TIME,
  RECORD_FIXED,
  RecordFlag,
} from '../../shared/ipc/records.ts';
import { ABSENT, NOT_READ, type RawTree } from '../../shared/merge/lookup.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { Arena, grown } from './arena.ts';

/** Room for this many entries at the beginning. */
const FIRST = 32 * 1024;

/**
 * Words kept of an entry: a record's up to the link count as they came, but for the length, whose word holds the name's
 * offset. Devices stand in a table of their own: there are few.
 */
const word = (offset: number): number => offset / 4;
const W = {
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
const WORDS = W.last + 1;
const COPIED = W.nlink + 1;

/** Where the words that are not kept in place stand in a record. */
const From = {
  devMajor: word(Field.devMajor),
  devMinor: word(Field.devMinor),
  rdevMajor: word(Field.rdevMajor),
  rdevMinor: word(Field.rdevMinor),
  directory: word(Field.childDirectory),
  lengths: word(Field.nameLength),
  last: word(Field.errno),
};

type MarkReader = (kind: number, length: number, first: number, isEmpty: boolean) => number;

/** What each overlay attribute marks, by its name; the value's length and first byte are all that counts. */
const MARK_READERS: [name: string, reader: MarkReader][] = [
  ['origin', () => MarkBit.origin],
  [
    'opaque',
    (kind, length, first) =>
      kind !== Kind.dir || length !== 1 ? 0 : first === 0x79 ? MarkBit.opaque : first === 0x78 ? MarkBit.xwhiteouts : 0,
  ],
  ['redirect', () => MarkBit.redirect],
  [
    'metacopy',
    (kind, length) =>
      kind !== Kind.file
        ? 0
        : length > 0 && length < 4
          ? MarkBit.metacopy | MarkBit.metacopyTooSmall
          : MarkBit.metacopy,
  ],
  ['impure', (kind, length, first) => (kind === Kind.dir && length === 1 && first === 0x79 ? MarkBit.impure : 0)],
  ['nlink', () => MarkBit.nlink],
  ['protattr', (_kind, length) => (length > 0 ? MarkBit.protattr : 0)],
  ['whiteout', (kind, _length, _first, isEmpty) => (kind === Kind.file && isEmpty ? MarkBit.xattrWhiteout : 0)],
];

/** The reader of the attribute whose name stands in bytes[at, at + length), compared in place. */
function markOf(bytes: Uint8Array, at: number, length: number): MarkReader | undefined {
  next: for (const [name, reader] of MARK_READERS) {
    if (name.length !== length) continue;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== name.charCodeAt(i)) continue next;
    return reader;
  }
  return undefined;
}

/** Beside the RecordFlags of the probe: the inode number is not known (a layer on an overlay that counts its own). */
export const NUMBER_UNKNOWN = 1 << 7;

/** How a directory stands. */
export const DirectoryState = { waiting: 0, reading: 1, read: 2, failed: 3 } as const;

/** Which xattr prefix counts; `none` where the mount ignores every mark, `unreadable` where they cannot be read. */
export type Prefix = 'trusted' | 'user' | 'none';

/**
 * All raw entries of a stack's layers: records as the probe sent them, in arrays, with the names in one arena. An entry
 * is its index; a directory too, in an index of its own. Entries of one directory follow each other.
 */
export class EntryTable implements RawTree {
  count = 0;
  /** Record words, WORDS an entry. */
  facts = new Uint32Array(WORDS * FIRST);
  layers = new Uint16Array(FIRST);
  markBits = new Uint16Array(FIRST);
  /** Index of each entry's device in `#devices`. */
  #deviceAt = new Uint16Array(FIRST);
  #devices: string[] = [];
  #deviceNumbers: number[] = [];
  /** rdev of those that are devices: "MAJOR:MINOR". */
  readonly #rdevs = new Map<number, string>();
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
  /** Open-addressing tables for directories in which names are looked for often. */
  #tables = new Map<number, Uint32Array>();
  /** Partial blocks of directories that are still being read: copied together at the end. */
  #partial = new Map<number, number[]>();
  /** By layer: directory index of each id that the probe gave. */
  #ids: Uint32Array[] = [];
  #prefix: Prefix;
  #scratch = new Uint8Array(0);
  /** Layers whose marks cannot be read. */
  readonly blindLayers: Set<number>;
  /** By layer: whether any directory has opaque x. */
  readonly hasXwhiteouts: boolean[] = [];
  /** Entries of the upper with an origin, in order of arrival. */
  origins: number[] = [];
  /** By layer: entries in all. */
  readonly perLayer: number[] = [];
  originIs: (upper: number, lower: number) => boolean = () => true;

  constructor(prefix: Prefix, blindLayers: Iterable<number>) {
    this.#prefix = prefix;
    this.blindLayers = new Set(blindLayers);
    // Offset 0 means "no items".
    this.items.add(new Uint8Array(8));
  }

  /** Takes the blocks of one chunk; calls `onDirectory` with each directory that is now read whole. */
  ingest(chunk: Uint8Array, onDirectory: (directory: number) => void): void {
    const bytes = this.#aligned(chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; ) {
      const length = view.getUint32(at, true);
      const layer = view.getUint16(at + 4, true);
      const errno = view.getInt16(at + 6, true);
      const id = view.getUint32(at + 8, true);
      const records = view.getUint32(at + 12, true);
      const flags = view.getUint32(at + 16, true);
      this.#block(bytes, at + BLOCK_HEADER, layer, id, records, errno, (flags & BLOCK_PARTIAL) !== 0, onDirectory);
      if (length < BLOCK_HEADER) throw new RangeError('a block of the walk has an impossible length');
      at += length;
    }
  }

  /** The chunk where its words can be read as words: at a multiple of 8. Everything kept of it is copied out. */
  #aligned(chunk: Uint8Array): Uint8Array {
    if (chunk.byteOffset % 8 === 0) return chunk;
    if (this.#scratch.length < chunk.length) this.#scratch = new Uint8Array(chunk.length * 2);
    this.#scratch.set(chunk);
    return this.#scratch.subarray(0, chunk.length);
  }

  /** Makes the entry of a layer's root, whose attributes come in a record of its own (see `setRoot`). */
  addRoot(layer: number): number {
    const entry = this.#reserve(1);
    this.layers[entry] = layer;
    this.parents[entry] = NO_DIRECTORY;
    this.facts[entry * WORDS + W.mode] = Kind.dir << 12;
    const directory = this.#addDirectory(entry);
    this.facts[entry * WORDS + W.directory] = directory;
    this.#map(layer, 0, directory);
    this.hasXwhiteouts[layer] = false;
    this.perLayer[layer] = 0;
    return entry;
  }

  /** Gives the entry of a layer's root its attributes, read on their own: the walk tells of what is in directories. */
  setRoot(entry: number, facts: EntryFacts): void {
    const base = entry * WORDS;
    const words = this.facts;
    const put = (at: number, value: bigint): void => {
      words[base + at] = Number(BigInt.asUintN(32, value));
      words[base + at + 1] = Number(BigInt.asUintN(32, value >> 32n));
    };
    words[base + W.mode] = facts.mode;
    put(W.ino, BigInt(facts.ino));
    put(W.size, BigInt(facts.size));
    put(W.blocks, BigInt(facts.blocks));
    put(W.mtime, BigInt(facts.mtimeNs));
    put(W.btime, facts.btimeNs === null ? NO_TIME : BigInt(facts.btimeNs));
    words[base + W.uid] = facts.uid;
    words[base + W.gid] = facts.gid;
    words[base + W.nlink] = facts.nlink;
    const [major, minor] = facts.dev.split(':').map(Number);
    this.#deviceAt[entry] = this.#device(major ?? 0, minor ?? 0);
    const items: number[] = [];
    let count = 0;
    for (const { name, value } of facts.xattrs) {
      const match = /^(trusted|user)\.overlay\.(.+)$/s.exec(name);
      if (!match) continue;
      const short = match[2] as string;
      const bytes = value === null ? [] : (value.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16));
      const length = value === null ? ITEM_REFUSED : bytes.length;
      items.push(match[1] === 'user' ? ItemKind.user : ItemKind.trusted, short.length, length & 0xff, length >> 8);
      for (let i = 0; i < short.length; i++) items.push(short.charCodeAt(i));
      for (const byte of bytes) items.push(byte);
      count++;
    }
    words[base + W.lengths] = count << 16;
    this.itemsAt[entry] = 0;
    this.markBits[entry] = this.#marks(entry, this.layers[entry] as number, Uint8Array.from(items), 0, count);
  }

  #block(
    bytes: Uint8Array,
    start: number,
    layer: number,
    id: number,
    records: number,
    errno: number,
    isPartial: boolean,
    onDirectory: (directory: number) => void,
  ): void {
    const directory = this.directoryOf(layer, id);
    const first = this.#reserve(records);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    let at = start;
    for (let i = 0; i < records; i++) {
      const entry = first + i;
      const base = entry * WORDS;
      const from = at >> 2;
      const facts = this.facts;
      for (let k = 0; k < COPIED; k++) facts[base + k] = words[from + k] as number;
      facts[base + W.lengths] = words[from + From.lengths] as number;
      facts[base + W.last] = words[from + From.last] as number;
      facts[base + W.directory] = NO_DIRECTORY;
      this.#deviceAt[entry] = this.#device(
        words[from + From.devMajor] as number,
        words[from + From.devMinor] as number,
      );
      const rdevMajor = words[from + From.rdevMajor] as number;
      const rdevMinor = words[from + From.rdevMinor] as number;
      const isDevice = ((facts[base + W.mode] as number) >>> 12) % 4 === 2 && facts[base + W.mode] !== 0;
      if (isDevice && (rdevMajor !== 0 || rdevMinor !== 0)) this.#rdevs.set(entry, `${rdevMajor}:${rdevMinor}`);
      const nameLength = (words[from + From.lengths] as number) & 0xffff;
      const nameAt = at + RECORD_FIXED;
      const nameEnd = nameAt + nameLength;
      let hash = 0x811c9dc5;
      for (let k = nameAt; k < nameEnd; k++) hash = Math.imul(hash ^ (bytes[k] as number), 0x01000193);
      this.hashes[entry] = hash;
      facts[base + W.name] = this.names.addRange(bytes, nameAt, nameEnd);
      this.layers[entry] = layer;
      this.parents[entry] = directory;
      const itemCount = (words[from + From.lengths] as number) >>> 16;
      this.itemsAt[entry] = 0;
      this.markBits[entry] = this.#marks(entry, layer, bytes, nameEnd, itemCount);
      const child = words[from + From.directory] as number;
      if (child !== NO_DIRECTORY) {
        const index = this.#addDirectory(entry);
        facts[base + W.directory] = index;
        this.#map(layer, child, index);
      }
      at += words[from + word(Field.length)] as number;
    }
    this.perLayer[layer] = (this.perLayer[layer] ?? 0) + records;
    this.directoryErrno[directory] = errno;
    if (isPartial || this.#partial.has(directory)) {
      const parts = this.#partial.get(directory) ?? [];
      parts.push(first, records);
      this.#partial.set(directory, parts);
      this.directoryState[directory] = DirectoryState.reading;
      if (isPartial) return;
      this.#join(directory, parts);
    } else {
      this.directoryFirst[directory] = first;
      this.directoryCount[directory] = records;
    }
    this.directoryState[directory] = errno === 0 ? DirectoryState.read : DirectoryState.failed;
    onDirectory(directory);
  }

  /** Mark bits of an entry whose facts stand, and whose `count` items are bytes[from, …): these are kept. */
  #marks(entry: number, layer: number, bytes: Uint8Array, from: number, count: number): number {
    const facts = this.facts;
    const base = entry * WORDS;
    const kind = (facts[base + W.mode] as number) >>> 12;
    const last = facts[base + W.last] as number;
    const flags = (last >>> 16) & 0xff;
    const errno = last & 0xffff;
    const isEmpty = facts[base + W.size] === 0 && facts[base + W.size + 1] === 0;
    let marks = 0;
    if (kind === Kind.char && !this.#rdevs.has(entry)) marks |= MarkBit.whiteout;
    if (errno !== 0 || flags & RecordFlag.covered) marks |= MarkBit.covered;
    if ((flags & RecordFlag.xattrsRefused || this.blindLayers.has(layer)) && this.#prefix !== 'none') {
      if (kind === Kind.dir || kind === Kind.file) marks |= MarkBit.unknown;
    }
    if (count === 0) return marks;
    this.itemsAt[entry] = this.items.length;
    const wanted = this.#prefix === 'user' ? ItemKind.user : ItemKind.trusted;
    let at = from;
    for (let i = 0; i < count; i++) {
      const itemKind = bytes[at] as number;
      const nameLength = bytes[at + 1] as number;
      const valueLength = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
      const valueAt = at + 4 + nameLength;
      const end = valueLength === ITEM_REFUSED ? valueAt : valueAt + valueLength;
      if (itemKind === wanted && this.#prefix !== 'none') {
        if (valueLength === ITEM_REFUSED) marks |= MarkBit.unknown;
        else marks |= markOf(bytes, at + 4, nameLength)?.(kind, valueLength, bytes[valueAt] ?? 0, isEmpty) ?? 0;
      }
      at = end;
    }
    this.items.addRange(bytes, from, at);
    if (marks & MarkBit.xwhiteouts) this.hasXwhiteouts[layer] = true;
    if (layer === 0 && marks & MarkBit.origin) this.origins.push(entry);
    return marks;
  }

  /** Copies the parts of a directory behind each other, so that its entries are one range. */
  #join(directory: number, parts: number[]): void {
    let total = 0;
    for (let i = 1; i < parts.length; i += 2) total += parts[i] as number;
    let contiguous = true;
    for (let i = 2; i < parts.length; i += 2)
      if ((parts[i] as number) !== (parts[i - 2] as number) + (parts[i - 1] as number)) contiguous = false;
    this.#partial.delete(directory);
    if (contiguous) {
      this.directoryFirst[directory] = parts[0] as number;
      this.directoryCount[directory] = total;
      return;
    }
    const first = this.#reserve(total);
    let to = first;
    for (let i = 0; i < parts.length; i += 2) {
      const from = parts[i] as number;
      const n = parts[i + 1] as number;
      this.facts.copyWithin(to * WORDS, from * WORDS, (from + n) * WORDS);
      for (const column of [this.layers, this.markBits, this.parents, this.hashes, this.itemsAt, this.#deviceAt])
        column.copyWithin(to, from, from + n);
      for (let k = 0; k < n; k++) {
        const rdev = this.#rdevs.get(from + k);
        if (rdev !== undefined) this.#rdevs.set(to + k, rdev);
        const child = this.facts[(to + k) * WORDS + W.directory] as number;
        if (child !== NO_DIRECTORY) this.directoryEntry[child] = to + k;
        // The old copy is no entry of any directory.
        this.parents[from + k] = NO_DIRECTORY;
      }
      to += n;
    }
    this.origins = this.origins.map((entry) => {
      for (let i = 0, base = first; i < parts.length; base += parts[i + 1] as number, i += 2) {
        const from = parts[i] as number;
        if (entry >= from && entry < from + (parts[i + 1] as number)) return base + entry - from;
      }
      return entry;
    });
    this.directoryFirst[directory] = first;
    this.directoryCount[directory] = total;
  }

  #reserve(more: number): number {
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
      this.#deviceAt = grown(this.#deviceAt, size);
    }
    this.count = need;
    return first;
  }

  #addDirectory(entry: number): number {
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

  #map(layer: number, id: number, directory: number): void {
    const ids = grown(this.#ids[layer] ?? new Uint32Array(64), id + 1);
    ids[id] = directory;
    this.#ids[layer] = ids;
  }

  /** Directory index of an id that the probe gave to a directory of this layer. */
  directoryOf(layer: number, id: number): number {
    return this.#ids[layer]?.[id] ?? NO_DIRECTORY;
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
  #device(major: number, minor: number): number {
    const number = major * 0x100000 + minor;
    const known = this.#deviceNumbers.indexOf(number);
    if (known >= 0) return known;
    this.#devices.push(`${major}:${minor}`);
    return this.#deviceNumbers.push(number) - 1;
  }
  /** The device as one number, for comparing. */
  devNumber(entry: number): number {
    return this.#deviceNumbers[this.#deviceAt[entry] as number] ?? 0;
  }
  dev(entry: number): string {
    return this.#devices[this.#deviceAt[entry] as number] ?? '0:0';
  }
  rdev(entry: number): string {
    return this.#rdevs.get(entry) ?? '0:0';
  }
  #u64(entry: number, at: number): bigint {
    const base = entry * WORDS + at;
    return (BigInt(this.facts[base + 1] as number) << 32n) | BigInt(this.facts[base] as number);
  }
  ino(entry: number): bigint {
    return this.#u64(entry, W.ino);
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
  size(entry: number): bigint {
    return this.#u64(entry, W.size);
  }
  /** Allocated blocks of 512 bytes. */
  blocks(entry: number): bigint {
    return this.#u64(entry, W.blocks);
  }
  /** Allocated bytes, exact below 2^53: for sums that are shown. */
  allocated(entry: number): number {
    const base = entry * WORDS + W.blocks;
    return ((this.facts[base + 1] as number) * 0x100000000 + (this.facts[base] as number)) * 512;
  }
  mtimeNs(entry: number): bigint {
    return BigInt.asIntN(64, this.#u64(entry, W.mtime));
  }
  /** Birth time, or null where the filesystem has none. */
  btimeNs(entry: number): bigint | null {
    const base = entry * WORDS + W.btime;
    if (this.facts[base] === 0 && this.facts[base + 1] === 0x80000000) return null;
    return BigInt.asIntN(64, this.#u64(entry, W.btime));
  }
  /** What statx failed with, 0 where it did not. */
  errno(entry: number): number {
    return (this.facts[entry * WORDS + W.last] as number) & 0xffff;
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
    let at = this.itemsAt[entry] as number;
    if (at === 0 || this.#prefix === 'none') return undefined;
    const wanted = this.#prefix === 'user' ? ItemKind.user : ItemKind.trusted;
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
    let target: Bytes | null = null;
    this.forEachItem(entry, (kind, _name, value) => {
      if (kind === ItemKind.target && value) target = asBytes(String.fromCharCode(...value));
    });
    return target;
  }

  sameName(a: number, b: number): boolean {
    const length = this.nameLength(a);
    if (this.hashes[a] !== this.hashes[b] || length !== this.nameLength(b)) return false;
    const bytes = this.names.bytes;
    const x = this.facts[a * WORDS + W.name] as number;
    const y = this.facts[b * WORDS + W.name] as number;
    for (let i = 0; i < length; i++) if (bytes[x + i] !== bytes[y + i]) return false;
    return true;
  }

  #isNamed(entry: number, name: string): boolean {
    if (this.nameLength(entry) !== name.length) return false;
    const bytes = this.names.bytes;
    const at = this.facts[entry * WORDS + W.name] as number;
    for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name.charCodeAt(i)) return false;
    return true;
  }

  /** Whether a directory's entries are all here. */
  isRead(directoryEntry: number): boolean {
    return this.directoryState[this.directory(directoryEntry)] === DirectoryState.read;
  }

  findLike(directoryEntry: number, like: number): number {
    return this.#find(directoryEntry, this.hashes[like] as number, like, null);
  }

  findName(directoryEntry: number, name: string): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    return this.#find(directoryEntry, hash >>> 0, ABSENT, name);
  }

  #find(directoryEntry: number, hash: number, like: number, name: string | null): number {
    const directory = this.directory(directoryEntry);
    if (directory === NO_DIRECTORY) return NOT_READ;
    const state = this.directoryState[directory];
    const first = this.directoryFirst[directory] as number;
    const count = this.directoryCount[directory] as number;
    if (state === DirectoryState.waiting || state === DirectoryState.reading) return NOT_READ;
    const missing = state === DirectoryState.failed ? NOT_READ : ABSENT;
    if (count <= 8) {
      for (let entry = first; entry < first + count; entry++)
        if (this.hashes[entry] === hash && (name === null ? this.sameName(entry, like) : this.#isNamed(entry, name)))
          return entry;
      return missing;
    }
    const table = this.#tables.get(directory) ?? this.#makeTable(directory, first, count);
    const mask = table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const value = table[slot] as number;
      if (value === 0) return missing;
      const entry = value - 1;
      if (this.hashes[entry] === hash && (name === null ? this.sameName(entry, like) : this.#isNamed(entry, name)))
        return entry;
    }
  }

  #makeTable(directory: number, first: number, count: number): Uint32Array {
    let size = 16;
    while (size < count * 2) size *= 2;
    const table = new Uint32Array(size);
    const mask = size - 1;
    for (let entry = first; entry < first + count; entry++) {
      let slot = (this.hashes[entry] as number) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = entry + 1;
    }
    this.#tables.set(directory, table);
    return table;
  }

  /** Gives spare room back, and the lookup tables, which are made again on demand. */
  trim(): void {
    this.#tables.clear();
    this.#scratch = new Uint8Array(0);
    this.facts = this.facts.slice(0, this.count * WORDS);
    for (const key of ['layers', 'markBits', 'parents', 'hashes', 'itemsAt'] as const)
      this[key] = this[key].slice(0, this.count) as never;
    this.#deviceAt = this.#deviceAt.slice(0, this.count);
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
      this.#deviceAt.byteLength +
      this.items.bytes.byteLength +
      this.directoryEntry.byteLength * 4 +
      this.directoryState.byteLength;
    return { arrays, names: this.names.bytes.byteLength };
  }
}
