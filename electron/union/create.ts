import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { close, Open } from '../probe/syscalls/open.ts';
import { statx } from '../probe/syscalls/statx.ts';
import { upperDirectory } from './copy-up.ts';
import { fail } from './failure.ts';
import { markImpure } from './impure.ts';
import { hasWhiteout } from './listing.ts';
import { type Dentry, realOf } from './node.ts';
import type { Place } from './resolve.ts';
import { mark, setXattr } from './syscalls/attributes.ts';
import {
  Create,
  chmodFd,
  chownFd,
  KEEP_ID,
  linkFd,
  mkdirat,
  mknodat,
  openBeneath,
  openTemporary,
  Rename,
  renameat2,
  rmdirat,
  symlinkat,
  unlinkat,
} from './syscalls/names.ts';
import type { Union } from './union.ts';

/** Making new names in the upper. Where a whiteout stands, what is new is made ready elsewhere and renamed over it. */

const S_ISGID = 0o2000;
export const OPAQUE = mark('opaque');
export const OPAQUE_YES = Uint8Array.of('y'.charCodeAt(0));

/** What must hold for a name to be made. Throws EEXIST; ENOENT for a name with a slash behind it. */
function mustBeFree({ dentry, wantsDirectory }: Place, isDirectory: boolean): void {
  if (dentry) fail('EEXIST');
  if (wantsDirectory && !isDirectory) fail('ENOENT');
}

/** Gives something that was made ready the group that it would have got where it belongs. */
function inheritGroup(parent: number, made: number, isDirectory: boolean): void {
  const { mode, gid } = statx(parent, asBytes(''));
  if ((mode & S_ISGID) === 0) return;
  chownFd(made, KEEP_ID, gid);
  if (isDirectory) chmodFd(made, (statx(made, asBytes('')).mode & 0o7777) | S_ISGID);
}

/** Makes a name with `make`, which is given a directory and a name to make it by. */
function makeName(union: Union, { parent, name }: Place, make: (dirfd: number, name: Bytes) => void): void {
  const above = upperDirectory(union, parent);
  if (!hasWhiteout(above, name)) {
    make(above, name);
    return;
  }
  const { ready } = union.layers;
  const own = union.readyName();
  make(ready, own);
  try {
    const fd = openBeneath(ready, own, Open.path);
    inheritGroup(above, fd, false);
    close(fd);
    renameat2(ready, own, above, name, 0);
  } catch (error) {
    unlinkat(ready, own);
    throw error;
  }
}

/** A new regular file, open with `flags` (those of open(2), without O_CREAT). */
export function createFile(union: Union, place: Place, flags: number, mode: number): { dentry: Dentry; real: number } {
  mustBeFree(place, false);
  const { parent, name } = place;
  const above = upperDirectory(union, parent);
  const open = flags & ~(Create.truncate | Create.exclusive);
  if (!hasWhiteout(above, name)) {
    const real = openBeneath(above, name, open | Create.create | Create.exclusive, mode);
    return { dentry: union.made(parent, name), real };
  }
  // Made in its directory without a name, so that it inherits from there.
  const access = (open & Create.accessMask) === 0 ? Create.readWrite : open;
  const unnamed = openTemporary(above, access, mode);
  try {
    const { ready } = union.layers;
    const own = union.readyName();
    linkFd(unnamed, ready, own);
    try {
      renameat2(ready, own, above, name, 0);
    } catch (error) {
      unlinkat(ready, own);
      throw error;
    }
    return { dentry: union.made(parent, name), real: openBeneath(above, name, open) };
  } finally {
    close(unnamed);
  }
}

/** A new directory; over a removed name it is opaque, so that nothing of what lies below shows. */
export function makeDirectory(union: Union, place: Place, mode: number): void {
  mustBeFree(place, true);
  const { parent, name } = place;
  const above = upperDirectory(union, parent);
  if (!hasWhiteout(above, name)) {
    mkdirat(above, name, mode);
    union.made(parent, name);
    return;
  }
  const { ready } = union.layers;
  const own = union.readyName();
  mkdirat(ready, own, mode);
  try {
    const fd = openBeneath(ready, own, Open.path | Open.directory);
    try {
      inheritGroup(above, fd, true);
      setXattr(fd, OPAQUE, OPAQUE_YES);
    } finally {
      close(fd);
    }
    renameat2(ready, own, above, name, Rename.exchange);
  } catch (error) {
    rmdirat(ready, own);
    throw error;
  }
  unlinkat(ready, own);
  union.step('opaque', union.made(parent, name).node.ino);
}

export function makeSymlink(union: Union, place: Place, target: Bytes): void {
  mustBeFree(place, false);
  makeName(union, place, (dirfd, name) => symlinkat(target, dirfd, name));
  union.made(place.parent, place.name);
}

/** A device, fifo, socket or empty file; `mode` with its type bits. Throws EPERM for the device that is a whiteout. */
export function makeNode(union: Union, place: Place, mode: number, major: number, minor: number): void {
  mustBeFree(place, false);
  if (mode >> 12 === Kind.char && major === 0 && minor === 0) fail('EPERM');
  makeName(union, place, (dirfd, name) => mknodat(dirfd, name, mode, major, minor));
  union.made(place.parent, place.name);
}

/** One more name for an object, which must not be a directory (EPERM). */
export function makeLink(union: Union, from: Dentry, place: Place, copyUp: (dentry: Dentry) => void): void {
  if (place.dentry) fail('EEXIST');
  if (from.node.kind === Kind.dir) fail('EPERM');
  if (place.wantsDirectory) fail('ENOENT');
  copyUp(from);
  const above = upperDirectory(union, place.parent);
  const { fd } = realOf(from.node);
  if (from.node.origin) markImpure(above);
  if (!hasWhiteout(above, place.name)) linkFd(fd, above, place.name);
  else {
    const { ready } = union.layers;
    const own = union.readyName();
    linkFd(fd, ready, own);
    try {
      renameat2(ready, own, above, place.name, 0);
    } catch (error) {
      unlinkat(ready, own);
      throw error;
    }
  }
  if (union.links.count(from.node.ino) === undefined) union.links.add(from.node.ino, from.parent as Dentry, from.name);
  union.links.add(from.node.ino, place.parent, place.name);
  union.attach({ parent: place.parent, name: place.name, node: from.node, children: new Map() });
}
