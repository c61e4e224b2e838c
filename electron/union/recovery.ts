import type { Bytes } from '../../shared/bytes/bytes.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { close, listDirectory, Open } from '../probe/syscalls/open.ts';
import { statx } from '../probe/syscalls/statx.ts';
import { keepingTimes } from './copy-attributes.ts';
import { upperDirectory } from './copy-up.ts';
import type { Entry } from './entries.ts';
import { isErrno } from './failure.ts';
import { markImpure } from './impure.ts';
import { list, rawNames } from './listing.ts';
import type { Dentry } from './node.ts';
import { readOrigin } from './origin.ts';
import { noteRenamed } from './rename.ts';
import { linkFd, openBeneath, reopen, rmdirat, unlinkat } from './syscalls/names.ts';
import type { Union } from './union.ts';

/**
 * The start, which is also what comes after a crash: what was made ready and never got its place is removed, the map is
 * held against the upper, and hard links that were copied up by half are finished.
 */
export function recover(union: Union): void {
  clearReady(union.layers.ready);
  settleMap(union);
  finishLinks(union, indexNames(union));
  union.evict();
}

function clearReady(directory: number): void {
  for (const name of rawNames(directory)) {
    try {
      unlinkat(directory, name);
    } catch (error) {
      if (!isErrno(error, 'EISDIR')) throw error;
      const below = openBeneath(directory, name, Open.path | Open.directory);
      try {
        clearReady(below);
      } finally {
        close(below);
      }
      rmdirat(directory, name);
    }
  }
}

/**
 * Holds every upper inode against the map: a mapping whose handle differs, or whose inode has no name, is deleted; what
 * carries an origin and has no mapping gets one, unless its lower inode has another copy.
 */
function settleMap(union: Union): void {
  const { store, filesystems } = union;
  const alive = new Set<bigint>();
  const unmapped: { ino: bigint; directory: Entry; path: Bytes[] }[] = [];
  const visit = (directory: Entry, path: Bytes[]): void => {
    const fd = reopen(directory.fd, Open.readOnly | Open.directory | Open.noAtime);
    let names: Bytes[];
    try {
      names = listDirectory(fd).map(({ name }) => name);
    } finally {
      close(fd);
    }
    for (const name of names) {
      const entry = union.entries.adopt(openBeneath(directory.fd, name, Open.path), 0);
      try {
        if (entry.marks & MarkBit.whiteout) continue;
        const origin = union.mappedOrigin(entry);
        if (origin) alive.add(entry.ino);
        else if (entry.marks & MarkBit.origin || (entry.kind !== Kind.dir && entry.kind !== Kind.file))
          unmapped.push({ ino: entry.ino, directory, path: [...path, name] });
        if (origin) markImpure(directory.fd);
        if (entry.kind === Kind.dir) visit(entry, [...path, name]);
      } finally {
        union.entries.release(entry);
      }
    }
  };
  visit(union.layers.upper, []);
  for (const mapping of [...store.all()]) {
    if (!alive.has(mapping.upperIno)) store.remove(mapping, () => union.layers.upper.fd);
  }
  for (const { ino, path } of unmapped) {
    if (alive.has(ino)) continue;
    const { entry, parent } = openPath(union, path);
    try {
      const origin = readOrigin(union, entry);
      if (origin === null || store.byLower(origin.filesystem, origin.ino) !== null) continue;
      if (filesystems.shown(origin.filesystem, origin.ino) === union.root.node.ino) continue;
      store.put(union.mappingOf(origin, entry.fd, ino), () => entry.fd);
      markImpure(parent);
      alive.add(ino);
    } finally {
      union.entries.release(entry);
      if (parent !== union.layers.upper.fd) close(parent);
    }
  }
}

/** Opens a path of the upper name by name; gives its directory too, which the caller closes unless it is the root. */
function openPath(union: Union, path: readonly Bytes[]): { entry: Entry; parent: number } {
  const root = union.layers.upper.fd;
  let parent = root;
  for (const name of path.slice(0, -1)) {
    const next = openBeneath(parent, name, Open.path | Open.directory);
    if (parent !== root) close(parent);
    parent = next;
  }
  return { entry: union.entries.adopt(openBeneath(parent, path.at(-1) as Bytes, Open.path), 0), parent };
}

/**
 * Walks the whole union and notes every name of an inode that has more than one. Gives the numbers of those that have a
 * copy in the upper.
 */
function indexNames(union: Union): Set<bigint> {
  const copied = new Set<bigint>();
  const visit = (directory: Dentry): void => {
    for (const { name, kind, ino, layer, isMapped } of list(union, directory)) {
      if (kind !== Kind.dir) {
        if (isMapped) copied.add(ino);
        if (isMapped || statx(layer.fd, name).nlink > 1) union.links.add(ino, directory, name);
        continue;
      }
      const dentry = union.child(directory, name);
      if (dentry === null) continue;
      visit(dentry);
      if (dentry.node.upper && dentry.node.upper.redirect !== null) noteRenamed(union, dentry);
      if (dentry.children.size === 0) union.detach(dentry);
    }
  };
  visit(union.root);
  // A lower hard link with one name left keeps it: a handle finds it by that.
  union.links.prune(copied);
  return copied;
}

/** A copy that has not all of its names yet gets the others, before anybody sees it. */
function finishLinks(union: Union, copied: ReadonlySet<bigint>): void {
  for (const ino of copied) {
    const paths = union.links.pathsOf(ino, union.root.node.ino);
    if (paths.length < 2) continue;
    let copy: number | null = null;
    const missing: { directory: Dentry; name: Bytes }[] = [];
    for (const path of paths) {
      const name = path.at(-1) as Bytes;
      const directory = path.slice(0, -1).reduce((at, one) => union.child(at, one) as Dentry, union.root);
      const place = directory.node.upper ? openIfThere(directory.node.upper.fd, name) : null;
      if (place === null) missing.push({ directory, name });
      else if (copy === null) copy = place;
      else close(place);
    }
    if (copy === null) continue;
    for (const { directory, name } of missing) {
      const above = upperDirectory(union, directory);
      const from = copy;
      keepingTimes(above, () => {
        markImpure(above);
        linkFd(from, above, name);
      });
    }
    close(copy);
  }
}

function openIfThere(directory: number, name: Bytes): number | null {
  try {
    return openBeneath(directory, name, Open.path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}
