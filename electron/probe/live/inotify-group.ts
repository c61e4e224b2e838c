import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { Raw } from '../../../shared/live/raw.ts';
import { addWatch, InotifyField, InotifyFlag, inotifyInit } from '../syscalls/inotify.ts';
import { Memory, SyscallError } from '../syscalls/libc.ts';
import { close } from '../syscalls/open.ts';
import { readInto } from '../syscalls/poll.ts';
import type { Directory } from './directory-map.ts';
import type { Group, Taken } from './group.ts';
import type { Key } from './keys.ts';
import type { Part } from './part.ts';
import { isDirectory, keyOfPath } from './state.ts';

const MASK =
  Raw.modify |
  Raw.attrib |
  Raw.closeWrite |
  Raw.create |
  Raw.delete |
  InotifyFlag.movedFrom |
  InotifyFlag.movedTo |
  InotifyFlag.onlyDir |
  InotifyFlag.dontFollow |
  InotifyFlag.exclUnlink;
const KEPT = Raw.modify | Raw.attrib | Raw.closeWrite | Raw.create | Raw.delete | Raw.isDir;

const NONE: readonly Directory[] = [];
const memory = new Memory(16 * 1024);
const bytes = Buffer.from(memory.bytes.buffer);

type Moved = { directory: Directory; name: Bytes; cookie: number; mask: number; fid: Key | null };

/**
 * inotify on each directory of one stack: for those without privilege. It tells neither who nor which inode, and
 * nothing of the work directory, which only its owner may read.
 */
export class InotifyGroup implements Group {
  readonly by = 'inotify' as const;
  readonly fd: number;
  readonly parts: ReadonlySet<Part>;
  readonly #part: Part;
  readonly #byWatch = new Map<number, Directory>();
  /** The first half of a rename, until the second comes or does not. */
  #moved: Moved | null = null;

  constructor(part: Part) {
    this.#part = part;
    this.parts = new Set([part]);
    this.fd = inotifyInit();
  }

  get limit(): string {
    return 'fs.inotify.max_user_watches';
  }

  /** Watches a directory, by the directory that holds it. */
  mark(directory: Directory, fd: number, name: Bytes): 'marked' | 'refused' | 'limit' {
    try {
      this.#byWatch.set(addWatch(this.fd, asBytes(`/proc/self/fd/${fd}/${name}`), MASK), directory);
      return 'marked';
    } catch (error) {
      if (error instanceof SyscallError) return error.code === 'ENOSPC' ? 'limit' : 'refused';
      throw error;
    }
  }

  take(): Taken {
    const length = readInto(this.fd, memory);
    const { view } = memory;
    let overflow = false;
    for (let at = 0; at < length; ) {
      const size = view.getUint32(at + InotifyField.length, true);
      const mask = view.getUint32(at + InotifyField.mask, true);
      const watch = view.getInt32(at + InotifyField.watch, true);
      const cookie = view.getUint32(at + InotifyField.cookie, true);
      const nameAt = at + InotifyField.name;
      const name = size === 0 ? '.' : bytes.toString('latin1', nameAt, bytes.indexOf(0, nameAt));
      if (mask & InotifyFlag.queueOverflow) overflow = true;
      else if (mask & InotifyFlag.ignored) this.#byWatch.delete(watch);
      else {
        const directory = this.#byWatch.get(watch);
        if (directory) this.#record(directory, mask, asBytes(name), cookie);
      }
      at = nameAt + size;
    }
    // The halves of a rename come one after the other, and seldom in two reads.
    if (length === 0 || this.#moved === null) this.#leave();
    return { overflow, again: this.#moved !== null };
  }

  #record(directory: Directory, mask: number, name: Bytes, cookie: number): void {
    const { map } = this.#part;
    const isDir = (mask & Raw.isDir) !== 0;
    if (mask & InotifyFlag.movedFrom) {
      this.#leave();
      const fid = isDir ? (map.child(directory, name)?.key ?? null) : null;
      this.#moved = { directory, name, cookie, mask: Raw.rename | (mask & Raw.isDir), fid };
      return;
    }
    if (mask & InotifyFlag.movedTo) {
      const from = this.#moved?.cookie === cookie ? this.#moved : null;
      if (from) this.#moved = null;
      else this.#leave();
      const fid = isDir ? (from?.fid ?? this.#keyOf(directory, name)) : null;
      const oldDirs = from ? [from.directory] : NONE;
      this.#take(Raw.rename | (mask & Raw.isDir), [directory], name, fid, oldDirs, from?.name);
      return;
    }
    this.#leave();
    // A directory's own attributes are told by itself, and once more by the one that holds it.
    if (isDir && mask & Raw.attrib && name !== '.') return;
    let fid: Key | null = null;
    if (isDir && mask & Raw.create) fid = this.#keyOf(directory, name);
    else if (isDir && mask & Raw.delete) fid = map.child(directory, name)?.key ?? null;
    // Those of a directory itself, but for attributes, say nothing that others do not.
    if (name === '.' && !(mask & Raw.attrib)) return;
    this.#take((mask & KEPT) | (name === '.' ? Raw.isDir : 0), [directory], name, fid, NONE, undefined);
  }

  /** What was moved away did not come back: it left the layers that are watched. */
  #leave(): void {
    const moved = this.#moved;
    this.#moved = null;
    if (moved) this.#take(moved.mask, NONE, asBytes(''), moved.fid, [moved.directory], moved.name);
  }

  #take(
    mask: number,
    dirs: readonly Directory[],
    name: Bytes,
    fid: Key | null,
    oldDirs: readonly Directory[],
    oldName: Bytes | undefined,
  ): void {
    if ((mask & ~Raw.isDir) === 0) return;
    this.#part.take({ mask, dirs, name, oldDirs, oldName: oldName ?? asBytes(''), fid, pid: 0, who: () => null });
  }

  #keyOf(directory: Directory, name: Bytes): Key | null {
    const { map, bases, unread } = this.#part;
    const place = map.placeOf(directory, name);
    const base = place && bases.get(place.layer)?.();
    if (!place || !base) return null;
    // By now something else may have the name.
    if (isDirectory(base, place.path)) return keyOfPath(base, place.path);
    // The directory that holds it may have moved, with it: its record comes, and then it is looked into.
    const holder = map.placeOf(directory, asBytes(''));
    if (!directory.isRoot && holder && keyOfPath(base, holder.path) !== directory.key) unread.set(directory, 0);
    return null;
  }

  end(): void {
    close(this.fd);
  }
}
