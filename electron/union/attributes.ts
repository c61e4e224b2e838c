import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { type Stat, statx } from '../probe/syscalls/statx.ts';
import { shownAtime } from './atime.ts';
import { copyUp } from './copy-up.ts';
import { fail } from './failure.ts';
import { type Dentry, type Node, realOf } from './node.ts';
import { getXattr, OVERLAY, readXattr, SetXattr, setXattr } from './syscalls/attributes.ts';
import { chmodFd, chownFd, utimensFd } from './syscalls/names.ts';
import type { Union } from './union.ts';

/** What stat shows of an object, and the changes to it that touch no data. */

/** The attributes, with the union's own number, device and link count. */
export function attributesOf(union: Union, node: Node): Stat {
  // Without a name and a copy, its temporary file is the object.
  const isTemp = node.isGone && node.upper === null && node.temp !== null;
  const stat = statx(isTemp ? (node.temp as number) : realOf(node).fd, asBytes(''));
  const isCopy = node.upper !== null || node.kind !== Kind.file;
  return {
    ...stat,
    ino: node.ino,
    dev: union.layers.dev,
    nlink: nlinkOf(union, node, stat),
    atimeNs: isCopy ? stat.atimeNs : shownAtime(union, node, stat),
  };
}

function nlinkOf(union: Union, node: Node, stat: Stat): number {
  if (node.isGone) return 0;
  // A merged directory counts no subdirectories, as with the kernel's overlayfs.
  if (node.kind === Kind.dir) return node.upper && node.lowers.length > 0 ? 1 : stat.nlink;
  return union.links.count(node.ino) ?? 1;
}

export function chmod(union: Union, dentry: Dentry, mode: number): void {
  if (dentry.node.kind === Kind.symlink) fail('EOPNOTSUPP');
  chmodFd(copyUp(union, dentry).fd, mode & 0o7777);
}

/** An id of -1 (all ones) stays as it is. */
export const chown = (union: Union, dentry: Dentry, uid: number, gid: number): void =>
  chownFd(copyUp(union, dentry).fd, uid, gid);

export const utimens = (union: Union, dentry: Dentry, atimeNs: bigint | null, mtimeNs: bigint | null): void =>
  utimensFd(copyUp(union, dentry).fd, atimeNs, mtimeNs);

/** An attribute under the overlay's own prefix is stored escaped, as the kernel does (xattrs.c:ovl_xattr_escape_name). */
const storedName = (name: Bytes): Bytes =>
  name.startsWith(OVERLAY) ? asBytes(`${OVERLAY}overlay.${name.slice(OVERLAY.length)}`) : name;

export const getAttribute = (_union: Union, dentry: Dentry, name: Bytes): Uint8Array<ArrayBuffer> =>
  readXattr(realOf(dentry.node).fd, storedName(name));

/** What the object's attributes refuse is refused before anything is copied up. */
export function setAttribute(union: Union, dentry: Dentry, name: Bytes, value: Uint8Array, flags: number): void {
  const { node } = dentry;
  if (node.upper === null) {
    const isUsers = name.startsWith('user.');
    if (isUsers && node.kind !== Kind.file && node.kind !== Kind.dir) fail('EPERM');
    const isThere = getXattr(realOf(node).fd, storedName(name)) !== null;
    if (isThere && flags & SetXattr.create) fail('EEXIST');
    if (!isThere && flags & SetXattr.replace) fail('ENODATA');
  }
  setXattr(copyUp(union, dentry).fd, storedName(name), value, flags);
}
