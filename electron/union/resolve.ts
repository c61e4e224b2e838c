import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { readlinkat } from '../probe/syscalls/open.ts';
import { fail } from './failure.ts';
import { type Dentry, realOf } from './node.ts';
import type { Union } from './union.ts';

/** Walks paths inside the union: symlinks on the way are followed, `..` and absolute targets never leave the root. */

const MOST_LINKS = 40;
const PATH_MAX = 4096;

/** Where a path ends: the directory, the last name in it, and what that leads to. */
export type Place = {
  parent: Dentry;
  name: Bytes;
  dentry: Dentry | null;
  /** It was written with a slash at its end: it must be a directory. */
  wantsDirectory: boolean;
};

export const targetOf = (dentry: Dentry): Bytes => readlinkat(realOf(dentry.node).fd, asBytes(''));

/**
 * The place that a path names, its last name not followed. A path that ends in the root, in `.` or in `..` has no name
 * of its own: null. Throws ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG.
 */
export function placeOf(union: Union, path: Bytes): Place | null {
  if (path.length >= PATH_MAX) fail('ENAMETOOLONG');
  const state = { links: 0 };
  const wantsDirectory = path.endsWith('/') && path !== '';
  const parts = path.split('/').filter((part) => part !== '') as Bytes[];
  const last = parts.pop();
  if (last === undefined || last === '.' || last === '..') return null;
  const parent = walk(union, union.root, parts, state);
  const dentry = union.child(parent, last);
  if (wantsDirectory && dentry && dentry.node.kind !== Kind.dir) fail('ENOTDIR');
  return { parent, name: last, dentry, wantsDirectory };
}

/** What a path leads to, a symlink at its end not followed. Throws as placeOf; ENOENT where there is nothing. */
export function resolve(union: Union, path: Bytes): Dentry {
  const place = placeOf(union, path);
  if (place) return place.dentry ?? fail('ENOENT');
  const parts = path.split('/').filter((part) => part !== '') as Bytes[];
  return walk(union, union.root, parts, { links: 0 });
}

/** Walks from a directory; every part must be a directory, or a symlink that leads to one. */
function walk(union: Union, from: Dentry, parts: readonly Bytes[], state: { links: number }): Dentry {
  let at = from;
  for (const part of parts) {
    if (at.node.kind !== Kind.dir) fail('ENOTDIR');
    if (part === '.') continue;
    if (part === '..') {
      at = at.parent ?? at;
      continue;
    }
    const next = union.child(at, part) ?? fail('ENOENT');
    if (next.node.kind !== Kind.symlink) at = next;
    else {
      if (++state.links > MOST_LINKS) fail('ELOOP');
      const target = targetOf(next);
      if (target === '') fail('ENOENT');
      const rest = target.split('/').filter((one) => one !== '') as Bytes[];
      at = walk(union, target.startsWith('/') ? union.root : at, rest, state);
    }
  }
  if (at.node.kind !== Kind.dir) fail('ENOTDIR');
  return at;
}
