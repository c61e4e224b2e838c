import { asBytes, type Bytes, compareBytes } from '../../shared/bytes/bytes.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { close, Open, readlinkat } from '../probe/syscalls/open.ts';
import { type Stat, statx } from '../probe/syscalls/statx.ts';
import { copyAttributes, keepingTimes } from './copy-attributes.ts';
import type { Entry } from './entries.ts';
import { markImpure } from './impure.ts';
import { type Dentry, type Node, pathOf, realOf } from './node.ts';
import { writeOrigin } from './origin.ts';
import type { Origin } from './stores/store.ts';
import { fsync, moveAtime } from './syscalls/data.ts';
import {
  linkFd,
  mkdirat,
  mknodat,
  openBeneath,
  renameat2,
  reopen,
  rmdirat,
  symlinkat,
  unlinkat,
  utimensFd,
} from './syscalls/names.ts';
import { ensureTemp } from './temporary.ts';
import type { Union } from './union.ts';

/** Copying up: an object that stands in the lowers gets its inode in the upper, at every name that it has. */

export type CopyUpOptions = {
  /** False: the file is truncated next, and its data are not needed. */
  withData?: boolean;
};

/** Copies up what a name leads to, its directory first. Throws a SyscallError; then everything stands as before. */
export function copyUp(union: Union, dentry: Dentry, options: CopyUpOptions = {}): Entry {
  const { node } = dentry;
  if (node.upper) return node.upper;
  if (node.kind === Kind.dir) return copyUpDirectory(union, dentry);
  return copyUpInode(union, node, options.withData !== false);
}

/** The upper part of a directory, which is copied up where there is none. */
export const upperDirectory = (union: Union, directory: Dentry): number => copyUp(union, directory).fd;

function copyUpDirectory(union: Union, dentry: Dentry): Entry {
  const { node, parent } = dentry;
  const above = upperDirectory(union, parent as Dentry);
  const lower = realOf(node);
  const { ready } = union.layers;
  const name = union.readyName();
  mkdirat(ready, name, 0o700);
  const fd = openBeneath(ready, name, Open.path | Open.directory);
  const mapping = { ...union.mappingOf(node.origin as Origin, fd, statx(fd, asBytes('')).ino), path: pathOf(dentry) };
  let isMapped = false;
  try {
    copyAttributes(lower.fd, fd, statx(lower.fd, asBytes('')));
    writeOrigin(union, fd, lower);
    union.store.put(mapping, () => fd);
    isMapped = true;
    keepingTimes(above, () => {
      markImpure(above);
      renameat2(ready, name, above, dentry.name, 0);
    });
  } catch (error) {
    if (isMapped) union.store.remove(mapping, () => fd);
    close(fd);
    rmdirat(ready, name);
    throw error;
  }
  union.step('mapping-added', node.ino);
  union.step('directory-copied', node.ino);
  node.upper = union.entries.adopt(fd, 0);
  return node.upper;
}

/** Anything but a directory. A file's copy is its temporary file, so that whoever has it open sees what comes. */
function copyUpInode(union: Union, node: Node, withData: boolean): Entry {
  const names = namesOf(union, node);
  const lower = realOf(node);
  for (const { parent } of names) upperDirectory(union, parent as Dentry);
  const isFile = node.kind === Kind.file;
  const hadTemp = node.temp !== null;
  const copy = isFile
    ? { fd: reopen(ensureTemp(union, node, withData), Open.path), name: null }
    : makeReady(union, lower);
  const { fd } = copy;
  const path = pathOf(names[0] as Dentry);
  const mapping = { ...union.mappingOf(node.origin as Origin, fd, statx(fd, asBytes('')).ino), path };
  const linked: Dentry[] = [];
  try {
    const atime = union.store.atime(node.origin as Origin);
    if (atime !== null) utimensFd(fd, atime, null);
    if (isFile && union.sync === 'copy-up') fsync(node.temp as number);
    union.store.put(mapping, () => fd);
    union.step('mapping-added', node.ino);
    for (const dentry of names) {
      const above = upperDirectory(union, dentry.parent as Dentry);
      keepingTimes(above, () => {
        markImpure(above);
        linkFd(fd, above, dentry.name);
      });
      linked.push(dentry);
    }
  } catch (error) {
    for (const { parent, name } of linked) {
      const above = upperDirectory(union, parent as Dentry);
      keepingTimes(above, () => unlinkat(above, name));
    }
    union.store.remove(mapping, () => fd);
    close(fd);
    if (copy.name !== null) unlinkat(union.layers.ready, copy.name);
    else if (!hadTemp) union.dropTemp(node, 'undone');
    union.step('undone', node.ino);
    throw error;
  }
  if (copy.name !== null) unlinkat(union.layers.ready, copy.name);
  union.step(isFile ? 'temp-linked' : 'linked', node.ino);
  if (names.length > 1) union.step('link-kept', node.ino);
  adoptCopy(union, node, fd);
  return node.upper as Entry;
}

/** The object is in the upper from now on; the descriptors of its temporary file become plain ones. */
function adoptCopy(union: Union, node: Node, fd: number): void {
  if (node.kind === Kind.fifo && node.opens > 0) node.pipe = reopen(realOf(node).fd, Open.path);
  for (const entry of node.lowers) union.entries.release(entry);
  node.lowers = [];
  node.upper = union.entries.adopt(fd, 0);
  union.store.setAtime(node.origin as Origin, null);
  if (node.temp === null) return;
  for (const one of union.descriptors.of(node)) moveAtime(one.real);
  close(node.temp);
  node.temp = null;
}

/** Every name of an object, remembered or not, in the order of their paths. */
function namesOf(union: Union, node: Node): Dentry[] {
  const paths = union.links.pathsOf(node.ino, union.root.node.ino);
  if (paths.length === 0) return [...node.dentries].slice(0, 1);
  const ordered = paths.toSorted((a, b) => compareBytes(a.join('/') as Bytes, b.join('/') as Bytes));
  return ordered.map((names) => {
    let at = union.root;
    for (const name of names) {
      const next = union.child(at, name);
      if (next === null) throw new Error(`a name of ${node.ino} is not where it was`);
      at = next;
    }
    return at;
  });
}

/** A copy of a symlink, device, fifo or socket, made ready in the work directory under a name of its own. */
function makeReady(union: Union, lower: Entry): { fd: number; name: Bytes } {
  const { ready } = union.layers;
  const name = union.readyName();
  const stat = statx(lower.fd, asBytes(''));
  if (lower.kind === Kind.symlink) symlinkat(readlinkat(lower.fd, asBytes('')), ready, name);
  else mknodLike(ready, name, stat);
  const fd = openBeneath(ready, name, Open.path);
  try {
    copyAttributes(lower.fd, fd, stat);
    writeOrigin(union, fd, lower);
    return { fd, name };
  } catch (error) {
    close(fd);
    unlinkat(ready, name);
    throw error;
  }
}

function mknodLike(dirfd: number, name: Bytes, { mode, rdev }: Stat): void {
  const [major = 0, minor = 0] = rdev.split(':').map(Number);
  mknodat(dirfd, name, mode, major, minor);
}
