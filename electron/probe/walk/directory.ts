/** Reads one directory of a layer: every name, its attributes, and its overlay-related extended attributes. */
import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { ItemKind, RecordFlag } from '../../../shared/ipc/records.ts';
import { errno, errnos, Memory } from '../syscalls/libc.ts';
import { AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW, raw } from '../syscalls/open.ts';
import { Mode, rawStatx, STATX_SIZE, Statx, StatxAttribute, StatxField } from '../syscalls/statx.ts';
import { XattrReader } from '../syscalls/xattr.ts';
import type { ChunkWriter } from './chunk.ts';
import type { OriginOpener } from './origins.ts';

const DENTS_SIZE = 64 * 1024;
/** struct linux_dirent64: u64 ino, i64 off, u16 length, u8 type, name. */
const Dirent = { length: 16, type: 18, name: 19 } as const;

const FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
const INO = StatxField.ino >> 2;
/** Entries, as a mask, after which it is looked whether a chunk is due: on a slow disk each takes its time. */
const OFTEN = 127;

/** What is sent, so that no filesystem does more: all but atime and ctime. */
const WANTED = (Statx.basic & ~(Statx.atime | Statx.ctime)) | Statx.btime;

const prefix = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const TRUSTED = prefix('trusted.overlay.');
const USER = prefix('user.overlay.');
const ORIGIN = prefix('origin');

/** What a directory's reader does when its chunk is full: sends it, and says whether to go on. */
export type Sink = {
  readonly writer: ChunkWriter;
  /** Names a directory that was seen, by its place in `names`; its id. */
  child(names: Memory, at: number, length: number): number;
  /** Sends the chunk, whose last block is ended. False: the walk is cancelled. */
  full(): boolean;
  /** Looked at now and then. */
  cancelled(): boolean;
  /** Whether what was written has waited long enough; looked at now and then. */
  due(): boolean;
};

export type ReadOptions = {
  layer: number;
  directory: number;
  /** The layer is reached by path: what another mount hides is not what the kernel reads. */
  byPath: boolean;
  targets: boolean;
  /** Opens what overlay.origin names; null where nobody asks. */
  origins: OriginOpener | null;
};

/** The buffers of one thread. */
export class DirectoryReader {
  readonly #dents = new Memory(DENTS_SIZE);
  readonly #dentWords = new Int32Array(this.#dents.bytes.buffer);
  readonly #stat = new Memory(STATX_SIZE);
  readonly #statWords = new Int32Array(this.#stat.bytes.buffer);
  readonly #target = new Memory(65536);
  readonly #xattrs = new XattrReader();
  /** Why the directory that was last read could not be read further; 0 where it was read to its end. */
  failed = 0;

  /**
   * Reads the open directory `fd` into blocks of the sink's writer. Returns the number of entries, or −1 when the walk
   * was cancelled. A directory that cannot be read (further) ends with its errno in the block.
   */
  read(fd: number, { layer, directory, byPath, targets, origins }: ReadOptions, sink: Sink): number {
    const { writer } = sink;
    const dents = this.#dents.bytes;
    const dentsAddress = this.#dents.address;
    const dentWords = this.#dentWords;
    const stat = this.#statWords;
    const statAddress = this.#stat.address;
    let entries = 0;
    this.failed = 0;
    if (!writer.fits(0) && !sink.full()) return -1;
    writer.begin(layer, directory);
    for (;;) {
      const got = raw.getdents64(fd, dentsAddress, DENTS_SIZE);
      if (got <= 0) {
        this.failed = got < 0 ? errno() : 0;
        writer.end(this.failed, false);
        return entries;
      }
      if (sink.cancelled()) {
        writer.end(0, true);
        return -1;
      }
      for (let at = 0; at < got; ) {
        const length = (dents[at + Dirent.length] as number) | ((dents[at + Dirent.length + 1] as number) << 8);
        const dtype = dents[at + Dirent.type] as number;
        const nameAt = at + Dirent.name;
        const word = at >> 2;
        // The name's NUL is in the last 8 bytes: records are padded to that.
        let nameEnd = Math.max(at + length - 8, nameAt);
        while (dents[nameEnd] !== 0) nameEnd++;
        at += length;
        const nameLength = nameEnd - nameAt;
        if (dents[nameAt] === 0x2e && (nameLength === 1 || (nameLength === 2 && dents[nameAt + 1] === 0x2e))) continue;

        let failed = 0;
        let flags = 0;
        let child = -1;
        if (rawStatx(fd, dentsAddress + nameAt, FLAGS, WANTED, statAddress) !== 0) {
          failed = errno();
          flags = RecordFlag.xattrsRefused;
        } else if (byPath && ((stat[StatxField.attributes >> 2] as number) & StatxAttribute.mountRoot) !== 0) {
          flags = RecordFlag.covered | RecordFlag.xattrsRefused;
        } else {
          flags = this.#attributes(fd, nameAt, writer, origins);
          // A btrfs subvolume, what lies under a mount, a filesystem that makes its numbers up.
          if (dentWords[word] !== stat[INO] || dentWords[word + 1] !== stat[INO + 1])
            writer.item(ItemKind.listed, dents, 0, 0, dents.subarray(word << 2, (word << 2) + 8), 8);
          const type = (stat[StatxField.mode >> 2] as number) & Mode.mask;
          if (type === Mode.directory) {
            child = sink.child(this.#dents, nameAt, nameLength);
          } else if (targets && type === Mode.symlink) {
            const size = raw.readlinkat(fd, dentsAddress + nameAt, this.#target.address, 65536);
            writer.item(ItemKind.target, dents, 0, 0, this.#target.bytes, size);
          }
        }
        if (!writer.fits(nameLength)) {
          writer.end(0, true);
          if (!sink.full()) return -1;
          if (!writer.fits(nameLength)) writer.grow(nameLength);
          writer.begin(layer, directory);
        }
        writer.record(stat, dents, nameAt, nameLength, failed, flags, dtype, child);
        entries++;
        if ((entries & OFTEN) === 0 && sink.due()) {
          writer.end(0, true);
          if (!sink.full()) return -1;
          writer.begin(layer, directory);
        }
      }
    }
  }

  /**
   * Reads these names of the open directory `fd` into one block, or several: a record for each, in their order, with an
   * errno for those that are not there. Their directory is not listed, so that what it would list is not told.
   */
  names(
    fd: number,
    names: readonly Bytes[],
    { layer, directory, byPath, targets, origins }: ReadOptions,
    sink: Sink,
  ): void {
    const { writer } = sink;
    const memory = this.#dents;
    const stat = this.#statWords;
    if (!writer.fits(0)) sink.full();
    writer.begin(layer, directory);
    for (const name of names) {
      memory.string(0, name);
      let failed = 0;
      let flags: number = RecordFlag.xattrsRefused;
      let dtype = 0;
      if (rawStatx(fd, memory.address, FLAGS, WANTED, this.#stat.address) !== 0) failed = errno();
      else {
        const mode = stat[StatxField.mode >> 2] as number;
        dtype = (mode & Mode.mask) >>> 12;
        if (byPath && ((stat[StatxField.attributes >> 2] as number) & StatxAttribute.mountRoot) !== 0)
          flags |= RecordFlag.covered;
        else flags = this.#attributes(fd, 0, writer, origins);
        if (targets && (mode & Mode.mask) === Mode.symlink) {
          const size = raw.readlinkat(fd, memory.address, this.#target.address, 65536);
          writer.item(ItemKind.target, memory.bytes, 0, 0, this.#target.bytes, size);
        }
      }
      if (!writer.fits(name.length)) {
        writer.end(0, true);
        sink.full();
        if (!writer.fits(name.length)) writer.grow(name.length);
        writer.begin(layer, directory);
      }
      writer.record(stat, memory.bytes, 0, name.length, failed, flags, dtype, -1);
    }
    writer.end(0, false);
  }

  /** Adds the overlay attributes of an entry to the record to come; returns its flags. */
  #attributes(fd: number, nameAt: number, writer: ChunkWriter, origins: OriginOpener | null): number {
    const xattrs = this.#xattrs;
    const length = xattrs.names(fd, this.#dents, nameAt);
    if (length === 0) return 0;
    if (length < 0) return RecordFlag.xattrsRefused;
    const list = xattrs.list.bytes;
    let flags = 0;
    for (let at = 0; at < length; ) {
      let end = at;
      while (list[end] !== 0) end++;
      const kind = startsWith(list, at, TRUSTED) ? ItemKind.trusted : startsWith(list, at, USER) ? ItemKind.user : 0;
      if (kind === 0) flags |= RecordFlag.otherXattrs;
      else {
        const size = xattrs.get(fd, this.#dents, nameAt, xattrs.list.address + at);
        // Gone since it was listed: the entry has it no more.
        if (size >= 0 || errno() !== errnos.ENODATA) {
          const from = at + (kind === ItemKind.trusted ? TRUSTED.length : USER.length);
          writer.item(kind, list, from, end, xattrs.value.bytes, size);
          if (origins !== null && end - from === ORIGIN.length && startsWith(list, from, ORIGIN))
            origins.open(xattrs.value.bytes, size, writer);
        }
      }
      at = end + 1;
    }
    return flags;
  }
}

function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}
