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
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import type { RawTree } from '../../shared/merge/tree.ts';
import { grown } from './arena.ts';
import { COPIED, DirectoryState, From, W, WORDS } from './entry-columns.ts';
import { EntryEdits } from './entry-edits.ts';
import { markOf } from './entry-marks.ts';

/** What became other: nothing, what is told of it, or what lookups find too. */
export type Rewritten = 'same' | 'facts' | 'lookups';

/** A record in a chunk: where it begins. */
export type RecordAt = { bytes: Uint8Array; at: number };

/** Calls back with each record of a chunk of `reread`, and its block's directory; null where statx failed. */
export function forEachRecord(chunk: Uint8Array, take: (directory: number, record: RecordAt | null) => void): void {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let at = 0; at < chunk.length; ) {
    const end = at + view.getUint32(at, true);
    const directory = view.getUint32(at + 8, true);
    for (let record = at + BLOCK_HEADER; record < end; record += view.getUint32(record, true))
      take(directory, view.getInt16(record + Field.errno, true) === 0 ? { bytes: chunk, at: record } : null);
    at = end;
  }
}

function equal<T extends Uint8Array | Uint32Array>(a: T, b: T): boolean {
  return a.length === b.length && a.every((value: number, i: number) => value === b[i]);
}

/** Marks on which lookup and listing hang in a stack without an upper. */
const LEADING =
  MarkBit.xattrWhiteout |
  MarkBit.opaque |
  MarkBit.xwhiteouts |
  MarkBit.redirect |
  MarkBit.metacopy |
  MarkBit.metacopyTooSmall |
  MarkBit.unknown;

/**
 * All raw entries of a stack's layers: records as the probe sent them, in arrays, with the names in one arena. An entry
 * is its index; a directory too, in an index of its own. Entries of one directory follow each other.
 */
export class EntryTable extends EntryEdits implements RawTree {
  /** Partial blocks of directories that are still being read: copied together at the end. */
  #partial = new Map<number, number[]>();
  /** By layer: directory index of each id that the probe gave. */
  #ids: Uint32Array[] = [];
  #scratch = new Uint8Array(0);

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
    const entry = this.reserve(1);
    this.layers[entry] = layer;
    this.parents[entry] = NO_DIRECTORY;
    this.facts[entry * WORDS + W.mode] = Kind.dir << 12;
    const directory = this.addDirectory(entry);
    this.facts[entry * WORDS + W.directory] = directory;
    this.#map(layer, 0, directory);
    this.hasXwhiteouts[layer] = false;
    this.perLayer[layer] = 0;
    return entry;
  }

  /** Makes an entry that stands in no directory of its layer. */
  addApart(layer: number, facts: EntryFacts): number {
    const entry = this.reserve(1);
    this.layers[entry] = layer;
    this.parents[entry] = NO_DIRECTORY;
    this.facts[entry * WORDS + W.directory] = NO_DIRECTORY;
    this.setRoot(entry, facts);
    return entry;
  }

  /** Whether the entry stands in a directory of its layer. */
  isPlaced(entry: number): boolean {
    return this.parents[entry] !== NO_DIRECTORY;
  }

  /** Gives the entry of a layer's root its number and device, where no more is known of it. */
  setRootNumber(entry: number, ino: string, dev: string): void {
    this.#put(entry, W.ino, BigInt(ino));
    this.#setDevice(entry, dev);
  }

  #put(entry: number, at: number, value: bigint): void {
    this.facts[entry * WORDS + at] = Number(BigInt.asUintN(32, value));
    this.facts[entry * WORDS + at + 1] = Number(BigInt.asUintN(32, value >> 32n));
  }

  #setDevice(entry: number, dev: string): void {
    const [major, minor] = dev.split(':').map(Number);
    this.deviceAt[entry] = this.device(major ?? 0, minor ?? 0);
  }

  /** Gives the entry of a layer's root its attributes, read on their own: the walk tells of what is in directories. */
  setRoot(entry: number, facts: EntryFacts): void {
    const base = entry * WORDS;
    const words = this.facts;
    const put = (at: number, value: bigint): void => this.#put(entry, at, value);
    words[base + W.mode] = facts.mode;
    put(W.ino, BigInt(facts.ino));
    put(W.size, BigInt(facts.size));
    put(W.blocks, BigInt(facts.blocks));
    put(W.mtime, BigInt(facts.mtimeNs));
    put(W.btime, facts.btimeNs === null ? NO_TIME : BigInt(facts.btimeNs));
    words[base + W.uid] = facts.uid;
    words[base + W.gid] = facts.gid;
    words[base + W.nlink] = facts.nlink;
    this.#setDevice(entry, facts.dev);
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
    const first = this.reserve(records);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
    let at = start;
    for (let i = 0; i < records; i++) {
      const entry = first + i;
      const base = entry * WORDS;
      const from = at >> 2;
      this.#copy(words, from, entry);
      const facts = this.facts;
      facts[base + W.directory] = NO_DIRECTORY;
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
        const index = this.addDirectory(entry);
        facts[base + W.directory] = index;
        this.#map(layer, child, index);
      }
      at += words[from] as number;
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

  /** Copies the words of a record, whose first is words[from]. */
  #copy(words: Uint32Array, from: number, entry: number): void {
    const base = entry * WORDS;
    const facts = this.facts;
    for (let k = 0; k < COPIED; k++) facts[base + k] = words[from + k] as number;
    facts[base + W.lengths] = words[from + From.lengths] as number;
    facts[base + W.last] = words[from + From.last] as number;
    this.deviceAt[entry] = this.device(words[from + From.devMajor] as number, words[from + From.devMinor] as number);
    const rdevMajor = words[from + From.rdevMajor] as number;
    const rdevMinor = words[from + From.rdevMinor] as number;
    const isDevice = ((facts[base + W.mode] as number) >>> 12) % 4 === 2 && facts[base + W.mode] !== 0;
    if (isDevice && (rdevMajor !== 0 || rdevMinor !== 0)) this.rdevs.set(entry, `${rdevMajor}:${rdevMinor}`);
    else this.rdevs.delete(entry);
  }

  /** Writes what a record of `reread` says of an entry that has its name. */
  rewrite(entry: number, { bytes, at }: RecordAt): Rewritten {
    const base = entry * WORDS;
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    const words = new Uint32Array(RECORD_FIXED / 4).map((_, i) => view.getUint32(i * 4, true));
    const [name, directory] = [this.facts[base + W.name] as number, this.directory(entry)];
    const before = [this.kind(entry), this.markBits[entry], this.redirect(entry)];
    const facts = this.#seen(entry);
    const items = this.#itemBytes(entry);
    this.#copy(words, 0, entry);
    this.facts[base + W.name] = name;
    this.facts[base + W.directory] = directory;
    const count = (words[From.lengths] as number) >>> 16;
    const from = at + RECORD_FIXED + ((words[From.lengths] as number) & 0xffff);
    const kept = { at: this.itemsAt[entry] as number, length: this.items.length };
    this.itemsAt[entry] = 0;
    this.markBits[entry] = this.#marks(entry, this.layers[entry] as number, bytes, from, count);
    // The same attributes as before need no room of their own.
    if (count > 0 && equal(items, this.#itemBytes(entry))) {
      this.items.length = kept.length;
      this.itemsAt[entry] = kept.at;
    }
    this.keepDirectory(entry);
    const after = [this.kind(entry), this.markBits[entry], this.redirect(entry)];
    if (before.some((value, i) => value !== after[i])) return 'lookups';
    return equal(facts, this.#seen(entry)) ? 'same' : 'facts';
  }

  /** The words of an entry that matter to those who look: of a directory not those that follow from its names. */
  #seen(entry: number): Uint32Array {
    const base = entry * WORDS;
    if (this.kind(entry) !== Kind.dir) return this.facts.slice(base + W.mode, base + W.nlink + 1);
    return Uint32Array.from([W.mode, W.ino, W.ino + 1, W.uid, W.gid].map((word) => this.facts[base + word] as number));
  }

  /** The bytes of an entry's items, a view. */
  #itemBytes(entry: number): Uint8Array {
    const first = this.itemsAt[entry] as number;
    const { bytes } = this.items;
    let at = first;
    for (let i = (this.facts[entry * WORDS + W.lengths] as number) >>> 16; i > 0 && first > 0; i--) {
      const length = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
      at += 4 + (bytes[at + 1] as number) + (length === ITEM_REFUSED ? 0 : length);
    }
    return bytes.subarray(first, at);
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
    if (flags & RecordFlag.refused) {
      marks |= MarkBit.refused;
      this.hasRefused = true;
    } else {
      if (kind === Kind.char && !this.rdevs.has(entry)) marks |= MarkBit.whiteout;
      if (errno !== 0 || flags & RecordFlag.covered) marks |= MarkBit.covered;
    }
    if ((flags & RecordFlag.xattrsRefused || this.blindLayers.has(layer)) && this.prefix !== 'none') {
      if (kind === Kind.dir || kind === Kind.file) marks |= MarkBit.unknown;
    }
    if (count === 0) return marks;
    this.itemsAt[entry] = this.items.length;
    const wanted = this.prefix === 'user' ? ItemKind.user : ItemKind.trusted;
    let found = 0;
    let at = from;
    for (let i = 0; i < count; i++) {
      const itemKind = bytes[at] as number;
      const nameLength = bytes[at + 1] as number;
      const valueLength = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
      const valueAt = at + 4 + nameLength;
      const end = valueLength === ITEM_REFUSED ? valueAt : valueAt + valueLength;
      if (itemKind === wanted && this.prefix !== 'none') {
        if (valueLength === ITEM_REFUSED) found |= MarkBit.unknown;
        else found |= markOf(bytes, at + 4, nameLength)?.(kind, valueLength, bytes[valueAt] ?? 0, isEmpty) ?? 0;
      }
      at = end;
    }
    // A mark that changes nothing without an upper is no matter, whether it counts or not.
    if (!this.inDoubt) marks |= found;
    else if ((found & LEADING) !== 0) marks |= MarkBit.unknown;
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
    const first = this.reserve(total);
    let to = first;
    for (let i = 0; i < parts.length; i += 2) {
      const from = parts[i] as number;
      const n = parts[i + 1] as number;
      this.facts.copyWithin(to * WORDS, from * WORDS, (from + n) * WORDS);
      for (const column of [this.layers, this.markBits, this.parents, this.hashes, this.itemsAt, this.deviceAt])
        column.copyWithin(to, from, from + n);
      for (let k = 0; k < n; k++) {
        const rdev = this.rdevs.get(from + k);
        if (rdev !== undefined) this.rdevs.set(to + k, rdev);
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

  #map(layer: number, id: number, directory: number): void {
    const ids = grown(this.#ids[layer] ?? new Uint32Array(64), id + 1);
    ids[id] = directory;
    this.#ids[layer] = ids;
  }

  /** Directory index of an id that the probe gave to a directory of this layer. */
  directoryOf(layer: number, id: number): number {
    return this.#ids[layer]?.[id] ?? NO_DIRECTORY;
  }

  override trim(): void {
    this.#scratch = new Uint8Array(0);
    super.trim();
  }
}
