import { arrayOfBytes, asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { copyUp, upperDirectory } from './copy-up.ts';
import { OPAQUE, OPAQUE_YES } from './create.ts';
import type { Entry } from './entries.ts';
import { fail, isErrno } from './failure.ts';
import { markImpure } from './impure.ts';
import { hasWhiteout, isEmpty } from './listing.ts';
import type { Dentry } from './node.ts';
import { clearWhiteouts, nameGone } from './remove.ts';
import type { Place } from './resolve.ts';
import { getXattr, mark, setXattr } from './syscalls/attributes.ts';
import { Rename, renameat2, unlinkat } from './syscalls/names.ts';
import type { Union } from './union.ts';

/** Renaming: what is renamed is copied up, a directory remembers where its lower content lies, and the old name is covered. */

const REDIRECT = mark('redirect');
const isBelowOf = (dentry: Dentry, above: Dentry): boolean => {
  for (let at: Dentry | null = dentry; at; at = at.parent) if (at === above) return true;
  return false;
};

/** renameat2(2) with NOREPLACE or EXCHANGE. Throws a SyscallError; then nothing that a user sees has changed. */
export function rename(union: Union, from: Place, to: Place, flags: number): void {
  const old = from.dentry ?? fail('ENOENT');
  const isDirectory = old.node.kind === Kind.dir;
  const target = to.dentry;
  if (target && flags & Rename.noReplace) fail('EEXIST');
  if (!target && flags & Rename.exchange) fail('ENOENT');
  const isExchange = (flags & Rename.exchange) !== 0;
  // A slash behind a name wants a directory (namei.c:do_renameat2).
  if (!isDirectory && (from.wantsDirectory || (!isExchange && to.wantsDirectory))) fail('ENOTDIR');
  if (isDirectory && isBelowOf(to.parent, old)) fail('EINVAL');
  if (target && target.node.kind === Kind.dir && isBelowOf(from.parent, target)) {
    fail(isExchange ? 'EINVAL' : 'ENOTEMPTY');
  }
  // Two names of one object: nothing is done.
  if (target && target.node === old.node) return;
  if (target && !isExchange) mustBeReplaceable(union, old, target);

  upperDirectory(union, to.parent);
  copyUp(union, old);
  upperDirectory(union, from.parent);
  if (target && isExchange) copyUp(union, target);
  const fromUpper = from.parent.node.upper as Entry;
  const toUpper = to.parent.node.upper as Entry;
  if (isDirectory) prepareDirectory(union, old, to.parent);
  if (old.node.origin) markImpure(toUpper.fd);
  if (target && isExchange) {
    if (target.node.kind === Kind.dir) prepareDirectory(union, target, from.parent);
    if (target.node.origin) markImpure(fromUpper.fd);
    renameat2(fromUpper.fd, from.name, toUpper.fd, to.name, Rename.exchange);
    exchangeNames(union, old, target);
    return;
  }
  if (target?.node.kind === Kind.dir && target.node.upper) clearWhiteouts(union, target.node, target.node.upper);
  moveName(union, from, to, isDirectory);
  if (target) nameGone(union, target);
  takeName(union, old, to.parent, to.name);
}

function mustBeReplaceable(union: Union, old: Dentry, target: Dentry): void {
  const isDirectory = old.node.kind === Kind.dir;
  const overDirectory = target.node.kind === Kind.dir;
  if (isDirectory && !overDirectory) fail('ENOTDIR');
  if (!isDirectory && overDirectory) fail('EISDIR');
  if (overDirectory && !isEmpty(union, target)) fail('ENOTEMPTY');
}

/** The rename on the disk: one call, which leaves a whiteout where something lies below the old name. */
function moveName(union: Union, from: Place, to: Place, isDirectory: boolean): void {
  const fromUpper = (from.parent.node.upper as Entry).fd;
  const toUpper = (to.parent.node.upper as Entry).fd;
  const needsWhiteout = union.isBelow(from.parent.node, from.name);
  if (needsWhiteout) union.step('whiteout', (from.dentry as Dentry).node.ino);
  if (isDirectory && hasWhiteout(toUpper, to.name)) {
    // A directory does not replace a whiteout: they change places, and the whiteout stays where one is needed.
    renameat2(fromUpper, from.name, toUpper, to.name, Rename.exchange);
    if (!needsWhiteout) unlinkat(fromUpper, from.name);
  } else renameat2(fromUpper, from.name, toUpper, to.name, needsWhiteout ? Rename.whiteout : 0);
}

/** Before a directory moves: where its lower content lies; or that nothing of what lies below its new name shows. */
function prepareDirectory(union: Union, directory: Dentry, newParent: Dentry): void {
  const { node } = directory;
  const { fd } = node.upper as Entry;
  if (node.lowers.length === 0) {
    setXattr(fd, OPAQUE, OPAQUE_YES);
    return;
  }
  const isSameParent = newParent === directory.parent;
  const has = redirectOf(fd);
  if (has?.startsWith('/') || (has !== null && isSameParent)) return;
  const redirect = isSameParent ? directory.name : lowerPathOf(directory);
  try {
    setXattr(fd, REDIRECT, arrayOfBytes(redirect));
  } catch (error) {
    // The upper cannot hold it: whoever renames has to copy.
    if (isErrno(error, 'ENOSPC', 'E2BIG', 'ERANGE', 'EOPNOTSUPP')) fail('EXDEV');
    throw error;
  }
  union.step('redirect', node.ino);
  noteRenamed(union, directory);
}

/** Notes where the lower parts of a directory with a redirect are seen now. */
export function noteRenamed(union: Union, directory: Dentry): void {
  for (const { layer, ino } of directory.node.lowers) union.renamed.set(`${layer}:${ino}`, directory.node.ino);
  union.links.notePlace(directory);
}

function redirectOf(fd: number): Bytes | null {
  const value = getXattr(fd, REDIRECT);
  return value === null ? null : asBytes(Buffer.from(value).toString('latin1'));
}

/** Where a directory's lower content lies, from the roots of the lowers. */
function lowerPathOf(directory: Dentry): Bytes {
  const names: Bytes[] = [];
  for (let at = directory; at.parent; at = at.parent) {
    const redirect = at.node.upper ? redirectOf(at.node.upper.fd) : null;
    names.unshift(redirect ?? at.name);
    if (redirect?.startsWith('/')) return names.join('/') as Bytes;
  }
  return `/${names.join('/')}` as Bytes;
}

/** A name that moved: in memory it takes its new place, with all below it. */
function takeName(union: Union, dentry: Dentry, parent: Dentry, name: Bytes): void {
  leave(union, dentry);
  enter(union, dentry, parent, name);
}

function leave({ links }: Union, dentry: Dentry): void {
  const { node, name } = dentry;
  const parent = dentry.parent as Dentry;
  parent.children.delete(name);
  if (node.kind !== Kind.dir && links.count(node.ino) !== undefined) links.leave(node.ino, parent.node.ino, name);
}

function enter({ links }: Union, dentry: Dentry, parent: Dentry, name: Bytes): void {
  const { node } = dentry;
  dentry.parent = parent;
  dentry.name = name;
  parent.children.set(name, dentry);
  if (node.kind === Kind.dir) links.moved(dentry);
  else if (links.count(node.ino) !== undefined) links.add(node.ino, parent, name);
}

function exchangeNames(union: Union, one: Dentry, other: Dentry): void {
  const { parent, name } = one;
  const { parent: otherParent, name: otherName } = other;
  leave(union, one);
  leave(union, other);
  enter(union, one, otherParent as Dentry, otherName);
  enter(union, other, parent as Dentry, name);
}
