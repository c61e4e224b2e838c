/**
 * Packs records into chunks as shared/ipc/records.ts lays them out. It writes words and bytes at computed offsets and
 * makes no object for a record: this is where a walk spends what time the kernel leaves it.
 */
import {
  BLOCK_HEADER,
  BLOCK_PARTIAL,
  ITEM_REFUSED,
  NO_DIRECTORY,
  NO_TIME,
  RECORD_FIXED,
} from '../../../shared/ipc/records.ts';
import { Memory } from '../syscalls/libc.ts';
import { Statx, StatxField } from '../syscalls/statx.ts';

/** Size of a chunk. Only one record that is larger than this makes a larger chunk. */
export const CHUNK_SIZE = 256 * 1024;

const NO_TIME_LOW = Number(BigInt.asUintN(32, NO_TIME));
const NO_TIME_HIGH = Number(BigInt.asIntN(32, NO_TIME >> 32n));

/** Positions of struct statx as 32-bit words. */
const S = {
  mask: StatxField.mask >> 2,
  nlink: StatxField.nlink >> 2,
  uid: StatxField.uid >> 2,
  gid: StatxField.gid >> 2,
  mode: StatxField.mode >> 2,
  ino: StatxField.ino >> 2,
  size: StatxField.size >> 2,
  blocks: StatxField.blocks >> 2,
  btime: StatxField.btime >> 2,
  mtime: StatxField.mtime >> 2,
  rdevMajor: StatxField.rdevMajor >> 2,
  rdevMinor: StatxField.rdevMinor >> 2,
  devMajor: StatxField.devMajor >> 2,
  devMinor: StatxField.devMinor >> 2,
} as const;

export class ChunkWriter {
  #bytes = new Uint8Array(0);
  #words = new Int32Array(0);
  #at = 0;
  #block = -1;
  #count = 0;
  /** Attributes and target of the record to come. */
  #items = new Memory(4096);
  #itemsAt = 0;
  #itemCount = 0;

  constructor() {
    this.#fresh(CHUNK_SIZE);
  }

  #fresh(size: number): void {
    const buffer = new ArrayBuffer(size);
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer);
    this.#at = 0;
  }

  /** Whether anything would be sent by `take`. */
  get empty(): boolean {
    return this.#at === 0;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#at;
  }

  /** Whether a record with a name of `nameLength` bytes and the items added so far still fits, and a block's header. */
  fits(nameLength: number): boolean {
    return this.#at + BLOCK_HEADER + RECORD_FIXED + nameLength + this.#itemsAt + 8 <= this.#bytes.length;
  }

  /** Makes the chunk large enough for the record to come; only for an empty chunk. */
  grow(nameLength: number): void {
    this.#fresh((BLOCK_HEADER + RECORD_FIXED + nameLength + this.#itemsAt + 15) & ~7);
  }

  /** Begins the block of a directory. There must be room for a header. */
  begin(layer: number, directory: number): void {
    const at = this.#at;
    this.#block = at;
    this.#count = 0;
    this.#words[(at >> 2) + 1] = layer;
    this.#words[(at >> 2) + 2] = directory;
    this.#at = at + BLOCK_HEADER;
  }

  /** Ends the block. `errno`: why the directory could not be read (further). `more`: another block of it follows. */
  end(errno: number, more: boolean): void {
    const word = this.#block >> 2;
    this.#words[word] = this.#at - this.#block;
    this.#words[word + 1] = ((this.#words[word + 1] as number) & 0xffff) | (errno << 16);
    this.#words[word + 3] = this.#count;
    this.#words[word + 4] = more ? BLOCK_PARTIAL : 0;
    this.#block = -1;
  }

  /** Records in the block so far. */
  get count(): number {
    return this.#count;
  }

  /** What was written, whole blocks only; the writer goes on with a new chunk. */
  take(): Uint8Array<ArrayBuffer> {
    const out = this.#bytes.subarray(0, this.#at);
    this.#fresh(CHUNK_SIZE);
    return out;
  }

  /** Adds an item to the record to come: `length` bytes of `value`, or −1 where the value was refused. */
  item(kind: number, names: Uint8Array, from: number, to: number, value: Uint8Array, length: number): void {
    const nameLength = to - from;
    const refused = length < 0 || length >= ITEM_REFUSED;
    const valueLength = refused ? 0 : length;
    const need = this.#itemsAt + 4 + nameLength + valueLength;
    if (need > this.#items.bytes.length) {
      const larger = new Memory(2 * need);
      larger.bytes.set(this.#items.bytes.subarray(0, this.#itemsAt));
      this.#items = larger;
    }
    const { bytes, view } = this.#items;
    const at = this.#itemsAt;
    bytes[at] = kind;
    bytes[at + 1] = nameLength;
    view.setUint16(at + 2, refused ? ITEM_REFUSED : valueLength, true);
    for (let i = 0; i < nameLength; i++) bytes[at + 4 + i] = names[from + i] as number;
    for (let i = 0; i < valueLength; i++) bytes[at + 4 + nameLength + i] = value[i] as number;
    this.#itemsAt = need;
    this.#itemCount++;
  }

  /**
   * Writes a record: `stat` is struct statx as words, meaningless where `errno` is not 0. The name is copied from
   * `names`. The items added before belong to it. There must be room (`fits`).
   */
  record(
    stat: Int32Array,
    names: Uint8Array,
    nameAt: number,
    nameLength: number,
    errno: number,
    flags: number,
    dtype: number,
    child: number,
  ): void {
    const start = this.#at;
    const bytes = this.#bytes;
    const words = this.#words;
    const w = start >> 2;
    if (errno === 0) {
      words[w + 1] = (stat[S.mode] as number) & 0xffff;
      words[w + 2] = stat[S.ino] as number;
      words[w + 3] = stat[S.ino + 1] as number;
      words[w + 4] = stat[S.size] as number;
      words[w + 5] = stat[S.size + 1] as number;
      words[w + 6] = stat[S.blocks] as number;
      words[w + 7] = stat[S.blocks + 1] as number;
      nanoseconds(words, w + 8, stat, S.mtime);
      if (((stat[S.mask] as number) & Statx.btime) !== 0) nanoseconds(words, w + 10, stat, S.btime);
      else {
        words[w + 10] = NO_TIME_LOW;
        words[w + 11] = NO_TIME_HIGH;
      }
      words[w + 12] = stat[S.uid] as number;
      words[w + 13] = stat[S.gid] as number;
      words[w + 14] = stat[S.nlink] as number;
      words[w + 15] = stat[S.devMajor] as number;
      words[w + 16] = stat[S.devMinor] as number;
      words[w + 17] = stat[S.rdevMajor] as number;
      words[w + 18] = stat[S.rdevMinor] as number;
    } else {
      words[w + 10] = NO_TIME_LOW;
      words[w + 11] = NO_TIME_HIGH;
    }
    words[w + 19] = child === -1 ? NO_DIRECTORY : child;
    words[w + 20] = nameLength | (this.#itemCount << 16);
    words[w + 21] = (errno & 0xffff) | (flags << 16) | (dtype << 24);
    let at = start + RECORD_FIXED;
    for (let i = 0; i < nameLength; i++) bytes[at + i] = names[nameAt + i] as number;
    at += nameLength;
    if (this.#itemCount > 0) {
      bytes.set(this.#items.bytes.subarray(0, this.#itemsAt), at);
      at += this.#itemsAt;
      this.#itemsAt = 0;
      this.#itemCount = 0;
    }
    // Padding counts from the record's start, which need not be a multiple of 8 in the chunk.
    const length = (at - start + 7) & ~7;
    words[w] = length;
    this.#at = start + length;
    this.#count++;
  }
}

/** Latest and earliest second whose nanoseconds fit 64 bits: times beyond are told as these. */
const MOST_SECONDS = 9223372035;

/**
 * Writes a struct statx_timestamp as 64-bit nanoseconds, without a bigint: seconds are split at 16 bits so that every
 * product stays below 2^53.
 */
function nanoseconds(out: Int32Array, to: number, stat: Int32Array, from: number): void {
  let seconds = (stat[from + 1] as number) * 4294967296 + ((stat[from] as number) >>> 0);
  if (seconds > MOST_SECONDS) seconds = MOST_SECONDS;
  else if (seconds < -MOST_SECONDS) seconds = -MOST_SECONDS;
  const high = Math.floor(seconds / 65536);
  const low = (seconds - high * 65536) * 1e9 + ((stat[from + 2] as number) >>> 0);
  const lowHigh = Math.floor(low / 65536);
  const upper = high * 1e9 + lowHigh;
  const word = Math.floor(upper / 65536);
  out[to] = ((upper - word * 65536) * 65536 + (low - lowHigh * 65536)) | 0;
  out[to + 1] = word;
}
