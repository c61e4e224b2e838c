import type { Bytes } from '../../shared/bytes/bytes.ts';
import { handleText } from '../../shared/map/keys.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { nameToHandle } from '../probe/syscalls/handle.ts';
import { close, type Dirent, listDirectory, Open } from '../probe/syscalls/open.ts';
import { statx } from '../probe/syscalls/statx.ts';
import type { Entry } from './entries.ts';
import { isErrno } from './failure.ts';
import { isImpure } from './impure.ts';
import type { Dentry } from './node.ts';
import { openBeneath, reopen } from './syscalls/names.ts';
import type { Union } from './union.ts';

/** Listing a directory: each name once, from the topmost layer that has it, with the number that stat shows. */

export type Listed = {
  name: Bytes;
  kind: number;
  ino: bigint;
  /** The layer's directory that gives it. */
  layer: Entry;
  /** Its number is the lower's by the map. */
  isMapped: boolean;
};

/** What a directory shows, upper first, without `.` and `..`. */
export function list(union: Union, directory: Dentry): Listed[] {
  const { node } = directory;
  if (node.isGone) return [];
  const seen = new Set<Bytes>();
  const out: Listed[] = [];
  const layers = node.upper ? [node.upper, ...node.lowers] : node.lowers;
  layers.forEach((layer, i) => {
    const fd = reopen(layer.fd, Open.readOnly | Open.directory | Open.noAtime);
    try {
      // A map that is kept on the inodes costs a look at each; the mark of the directory saves it.
      const isMapped = layer.layer === 0 && (!union.store.isOnInodes || isImpure(layer.fd));
      for (const raw of listDirectory(fd)) {
        if (seen.has(raw.name)) continue;
        seen.add(raw.name);
        const kind = raw.type === 0 ? statx(fd, raw.name).mode >> 12 : raw.type;
        if (isWhiteout(union, directory, fd, layer, i === layers.length - 1, raw, kind)) continue;
        const ino = numberOf(union, layer, fd, raw, isMapped);
        out.push({ name: raw.name, kind, ino, layer, isMapped: layer.layer === 0 && ino !== raw.ino });
      }
    } finally {
      close(fd);
    }
  });
  return out;
}

function isWhiteout(
  union: Union,
  directory: Dentry,
  fd: number,
  layer: Entry,
  isLast: boolean,
  raw: Dirent,
  kind: number,
): boolean {
  if (kind === Kind.char) return statx(fd, raw.name).rdev === '0:0';
  // Attributes that cover are written into directories that say so.
  const mayCover = kind === Kind.file && layer.layer > 0 && !isLast && (layer.marks & MarkBit.xwhiteouts) !== 0;
  return mayCover && union.child(directory, raw.name) === null;
}

/** The number of an entry: the lower's by the map, where it has one. */
function numberOf(union: Union, layer: Entry, fd: number, raw: Dirent, isMapped: boolean): bigint {
  const { filesystems, store } = union;
  if (layer.layer > 0) return filesystems.shown(filesystems.idOf(layer.layer), raw.ino);
  if (!isMapped) return filesystems.shown(0, raw.ino);
  const place = new OnDemand(fd, raw.name);
  try {
    const mapping = store.get(raw.ino, () => place.fd());
    if (mapping === null) return filesystems.shown(0, raw.ino);
    // A mapping counts only for the very inode that it was made for.
    if (mapping.upperHandle !== handleText(nameToHandle(fd, raw.name)?.handle ?? null))
      return filesystems.shown(0, raw.ino);
    return filesystems.shown(mapping.lower.filesystem, mapping.lower.ino);
  } finally {
    place.close();
  }
}

/** A place that is opened only where somebody asks for it. */
class OnDemand {
  readonly #directory: number;
  readonly #name: Bytes;
  #fd: number | null = null;
  constructor(directory: number, name: Bytes) {
    this.#directory = directory;
    this.#name = name;
  }
  fd(): number {
    this.#fd ??= openBeneath(this.#directory, this.#name, Open.path);
    return this.#fd;
  }
  close(): void {
    if (this.#fd !== null) close(this.#fd);
  }
}

/** Whether a directory shows no name. */
export const isEmpty = (union: Union, directory: Dentry): boolean => list(union, directory).length === 0;

/** The names that stand in a directory of the upper itself, whiteouts too. */
export function rawNames(directory: number): Bytes[] {
  const fd = reopen(directory, Open.readOnly | Open.directory | Open.noAtime);
  try {
    return listDirectory(fd).map(({ name }) => name);
  } finally {
    close(fd);
  }
}

/** Whether a whiteout stands at a name of an upper directory. */
export function hasWhiteout(directory: number, name: Bytes): boolean {
  try {
    const { mode, rdev } = statx(directory, name);
    return mode >> 12 === Kind.char && rdev === '0:0';
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
