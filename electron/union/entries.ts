import { asBytes, type Bytes, bytesOfArray } from '../../shared/bytes/bytes.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { ABSENT, type Code, type RawTree } from '../../shared/merge/tree.ts';
import { close, Open } from '../probe/syscalls/open.ts';
import { statx } from '../probe/syscalls/statx.ts';
import { xattrsOfFd } from '../probe/syscalls/xattr.ts';
import { isErrno } from './failure.ts';
import { OVERLAY } from './syscalls/attributes.ts';
import { openBeneath } from './syscalls/names.ts';

/** One real inode of one layer, held open as a mere place (O_PATH). */
export type Entry = {
  readonly id: number;
  readonly fd: number;
  /** 0 is the upper, 1 the topmost lower. */
  readonly layer: number;
  /** See Kind. */
  readonly kind: number;
  /** See MarkBit; of the trusted prefix. */
  readonly marks: number;
  readonly redirect: Bytes | null;
  /** What is above as it stood when the entry was opened; the number and the filesystem never change. */
  readonly ino: bigint;
  readonly dev: string;
};

const O_PLACE = Open.path | Open.noFollow;
const isOverlayMark = (name: Bytes): boolean => name.startsWith(OVERLAY);

/** The marks of an inode, and its redirect. */
function marksOf(fd: number, kind: number, size: bigint, rdev: string): { marks: number; redirect: Bytes | null } {
  if (kind === Kind.char) return { marks: rdev === '0:0' ? MarkBit.whiteout : 0, redirect: null };
  if (kind !== Kind.dir && kind !== Kind.file) return { marks: 0, redirect: null };
  let marks = 0;
  let redirect: Bytes | null = null;
  for (const { name, value } of xattrsOfFd(fd, isOverlayMark)) {
    if (value === null) continue;
    const text = bytesOfArray(value);
    switch (name.slice(OVERLAY.length)) {
      case 'opaque':
        if (kind === Kind.dir && text === 'y') marks |= MarkBit.opaque;
        if (kind === Kind.dir && text === 'x') marks |= MarkBit.xwhiteouts;
        break;
      case 'redirect':
        redirect = asBytes(text.split('\0', 1)[0] as string);
        if (redirect !== '') marks |= MarkBit.redirect;
        else redirect = null;
        break;
      case 'impure':
        if (kind === Kind.dir) marks |= MarkBit.impure;
        break;
      case 'origin':
        marks |= MarkBit.origin;
        break;
      case 'whiteout':
        if (kind === Kind.file && size === 0n) marks |= MarkBit.xattrWhiteout;
        break;
      case 'metacopy':
        if (kind === Kind.file) marks |= MarkBit.metacopy;
        if (kind === Kind.file && value.length >= 1 && value.length <= 3) marks |= MarkBit.metacopyTooSmall;
        break;
    }
  }
  return { marks, redirect };
}

/**
 * The entries that are held, by small numbers, as the merge rule of shared/merge reads them. What a lookup opened and
 * did not keep is closed by `keepOnly`.
 */
export class Entries implements RawTree {
  readonly #held: (Entry | null)[] = [];
  readonly #free: number[] = [];
  /** Opened since the last `keepOnly`. */
  #opened: number[] = [];

  /** Takes over a descriptor (O_PATH). */
  adopt(fd: number, layer: number): Entry {
    const { mode, size, rdev, ino, dev } = statx(fd, asBytes(''));
    const kind = mode >> 12;
    const id = this.#free.pop() ?? this.#held.length;
    const entry = { id, fd, layer, kind, ino, dev, ...marksOf(fd, kind, size, rdev) };
    this.#held[id] = entry;
    return entry;
  }

  get(id: number): Entry {
    return this.#held[id] as Entry;
  }

  release(entry: Entry): void {
    close(entry.fd);
    this.#held[entry.id] = null;
    this.#free.push(entry.id);
  }

  releaseAll(): void {
    for (const entry of [...this.#held]) if (entry) this.release(entry);
  }

  /** Ends a lookup: what it opened and is not in `kept` is closed. */
  keepOnly(kept: readonly number[]): void {
    for (const id of this.#opened) if (!kept.includes(id)) this.release(this.get(id));
    this.#opened = [];
  }

  // ── What the merge rule asks for

  kind(id: number): number {
    return this.get(id).kind;
  }
  marks(id: number): number {
    return this.get(id).marks;
  }
  layer(id: number): number {
    return this.get(id).layer;
  }
  redirect(id: number): string | null {
    return this.get(id).redirect;
  }
  refusal(): Code {
    throw new Error('what a layer refuses ends the lookup at once');
  }
  findLike(): number {
    throw new Error('the union looks up by name');
  }
  findName(directory: number, name: string): number {
    const { fd, layer } = this.get(directory);
    let found: number;
    try {
      found = openBeneath(fd, asBytes(name), O_PLACE);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return ABSENT;
      throw error;
    }
    const { id } = this.adopt(found, layer);
    this.#opened.push(id);
    return id;
  }
}
