import type { Bytes } from '../../shared/bytes/bytes.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { upperDirectory } from './copy-up.ts';
import { OPAQUE, OPAQUE_YES } from './create.ts';
import type { Entry } from './entries.ts';
import { fail } from './failure.ts';
import { isEmpty, rawNames } from './listing.ts';
import { type Dentry, isHeld, type Node } from './node.ts';
import { setXattr } from './syscalls/attributes.ts';
import { mknodat, Rename, renameat2, rmdirat, unlinkat } from './syscalls/names.ts';
import type { Union } from './union.ts';

/** Removing names: what lies below is covered by a whiteout, in one step with the removal. */

const S_IFCHR = 0o020000;

/** A whiteout made ready in the work directory; gives its name there. */
export function readyWhiteout(union: Union): Bytes {
  const own = union.readyName();
  mknodat(union.layers.ready, own, S_IFCHR);
  return own;
}

export function unlink(union: Union, dentry: Dentry): void {
  const { node, name } = dentry;
  const parent = dentry.parent as Dentry;
  if (node.kind === Kind.dir) fail('EISDIR');
  const above = upperDirectory(union, parent);
  if (!union.isBelow(parent.node, name)) unlinkat(above, name);
  else if (node.upper === null) {
    mknodat(above, name, S_IFCHR);
    union.step('whiteout', node.ino);
  } else {
    const { ready } = union.layers;
    const own = readyWhiteout(union);
    try {
      renameat2(ready, own, above, name, 0);
    } catch (error) {
      unlinkat(ready, own);
      throw error;
    }
    union.step('whiteout', node.ino);
  }
  nameGone(union, dentry);
}

/** A name is gone from the disk: from memory too, and with the last one the mapping. */
export function nameGone(union: Union, dentry: Dentry): void {
  const { node, name } = dentry;
  const before = union.links.count(node.ino) ?? 1;
  union.links.remove(node.ino, (dentry.parent as Dentry).node.ino, name);
  if (before <= 1) objectGone(union, node);
  union.detach(dentry);
}

function objectGone(union: Union, node: Node): void {
  node.isGone = true;
  if (node.kind === Kind.dir) {
    union.links.forgetPlace(node.ino);
    for (const [lower, ino] of union.renamed) if (ino === node.ino) union.renamed.delete(lower);
  }
  if (node.origin === null) return;
  if (!isHeld(node)) union.store.setAtime(node.origin, null);
  const { upper } = node;
  if (upper === null) return;
  const mapping = union.store.get(upper.ino, () => upper.fd);
  if (mapping === null) return;
  union.store.remove(mapping, () => upper.fd);
  union.step('mapping-removed', node.ino);
}

export function rmdir(union: Union, dentry: Dentry): void {
  const { node, name } = dentry;
  const parent = dentry.parent as Dentry;
  if (node.kind !== Kind.dir) fail('ENOTDIR');
  if (!isEmpty(union, dentry)) fail('ENOTEMPTY');
  const above = upperDirectory(union, parent);
  const isBelow = union.isBelow(parent.node, name);
  if (node.upper === null) {
    mknodat(above, name, S_IFCHR);
    union.step('whiteout', node.ino);
  } else {
    clearWhiteouts(union, node, node.upper);
    if (!isBelow) rmdirat(above, name);
    else {
      const { ready } = union.layers;
      const own = readyWhiteout(union);
      try {
        renameat2(ready, own, above, name, Rename.exchange);
      } catch (error) {
        unlinkat(ready, own);
        throw error;
      }
      rmdirat(ready, own);
      union.step('whiteout', node.ino);
    }
  }
  nameGone(union, dentry);
}

/**
 * Takes the whiteouts out of a directory that shows nothing, so that the kernel finds it empty. It is opaque before the
 * first one goes, so that it shows nothing at every moment.
 */
export function clearWhiteouts(union: Union, node: Node, upper: Entry): void {
  if (node.lowers.length > 0) {
    setXattr(upper.fd, OPAQUE, OPAQUE_YES);
    for (const entry of node.lowers) union.entries.release(entry);
    node.lowers = [];
  }
  for (const name of rawNames(upper.fd)) unlinkat(upper.fd, name);
}
