import type { Bytes } from '../../shared/bytes/bytes.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { close, Open } from '../probe/syscalls/open.ts';
import { copyUp } from './copy-up.ts';
import { createFile } from './create.ts';
import { fail } from './failure.ts';
import { type Dentry, isHeld, type Node, realOf } from './node.ts';
import { type Place, placeOf, resolve } from './resolve.ts';
import { truncateFd } from './syscalls/data.ts';
import { Create, reopen } from './syscalls/names.ts';
import { ensureTemp } from './temporary.ts';
import type { Union } from './union.ts';

/** Opening and closing: which real inode a descriptor is of. */

/** Opens a path (flags of open(2)); gives the session's descriptor. Throws a SyscallError. */
export function open(union: Union, path: Bytes, flags: number, mode: number): { fd: number; node: Node } {
  if ((flags & Create.create) === 0) return openObject(union, resolve(union, path), flags);
  const place = placeOf(union, path);
  if (place === null || place.wantsDirectory) return fail('EISDIR');
  if (flags & Open.directory) return fail('EINVAL');
  if (place.dentry === null) return openNew(union, place, flags, mode);
  if (flags & Create.exclusive) fail('EEXIST');
  if (place.dentry.node.kind === Kind.dir) fail('EISDIR');
  return openObject(union, place.dentry, flags & ~Create.create);
}

function openNew(union: Union, place: Place, flags: number, mode: number): { fd: number; node: Node } {
  const { dentry, real } = createFile(union, place, flags & ~Create.create, mode);
  return hold(union, dentry.node, real);
}

function hold(union: Union, node: Node, real: number): { fd: number; node: Node } {
  node.opens++;
  return { fd: union.descriptors.add({ node, real }), node };
}

/** Whether the flags ask to change the file's data. */
const isForWriting = (flags: number): boolean => (flags & Create.accessMask) !== 0 || (flags & Create.truncate) !== 0;

/** Opens what a name leads to. */
export const openObject = (union: Union, dentry: Dentry, flags: number): { fd: number; node: Node } =>
  openNode(union, dentry.node, dentry, flags);

/** Opens an object; `dentry` is one of its names, null where none is remembered, or left. */
export function openNode(union: Union, node: Node, dentry: Dentry | null, flags: number): { fd: number; node: Node } {
  if (flags & Open.directory && node.kind !== Kind.dir) fail('ENOTDIR');
  if (node.kind === Kind.symlink) fail('ELOOP');
  if (node.kind === Kind.socket) fail('ENXIO');
  if (node.kind !== Kind.file) return openOther(union, node, flags);
  if (dentry && node.upper === null && isForWriting(flags)) {
    copyUp(union, dentry, { withData: (flags & Create.truncate) === 0 || node.temp !== null });
  }
  return openFile(union, node, flags);
}

/** Opens a regular file that has all it needs: to be written it is in the upper, or has no name any more. */
function openFile(union: Union, node: Node, flags: number): { fd: number; node: Node } {
  if (node.upper) return hold(union, node, reopen(node.upper.fd, flags & ~Create.exclusive));
  if (union.policy === 'none' && !isForWriting(flags) && node.temp === null) {
    union.step('lower-opened', node.ino);
    return hold(union, node, reopen(realOf(node).fd, flags | Open.noAtime));
  }
  return hold(union, node, reopen(ensureTemp(union, node), flags | Open.noAtime));
}

/** A directory, device or fifo: the real one, a fifo without waiting for its other end. */
function openOther(union: Union, node: Node, flags: number): { fd: number; node: Node } {
  if (node.kind === Kind.dir && isForWriting(flags)) fail('EISDIR');
  const place = node.pipe ?? realOf(node).fd;
  return hold(union, node, reopen(place, (flags & ~Create.truncate) | Open.nonBlock | Open.noAtime));
}

export function closeDescriptor(union: Union, fd: number): void {
  const { node, real } = union.descriptors.get(fd);
  union.descriptors.remove(fd);
  close(real);
  node.opens--;
  released(union, node);
}

/** A descriptor of the object went: what is held for descriptors alone goes with the last. */
function released(union: Union, node: Node): void {
  if (isHeld(node)) return;
  if (node.isGone && node.origin) union.store.setAtime(node.origin, null);
  if (node.pipe !== null) close(node.pipe);
  node.pipe = null;
  if (union.policy === 'last-close') union.dropTemp(node, 'temp-dropped-at-close');
  union.letGo(node);
}

/** Sets a path's size; a lower file is copied up, and read whole only where something of it stays. */
export function truncatePath(union: Union, path: Bytes, size: bigint): void {
  const dentry = resolve(union, path);
  const { node } = dentry;
  if (node.kind === Kind.symlink) fail('ELOOP');
  if (node.kind === Kind.dir) fail('EISDIR');
  if (node.kind !== Kind.file) fail('EINVAL');
  if (size < 0n) fail('EINVAL');
  copyUp(union, dentry, { withData: size > 0n || node.temp !== null });
  const real = reopen(realOf(node).fd, Create.writeOnly);
  try {
    truncateFd(real, size);
  } finally {
    close(real);
  }
}
