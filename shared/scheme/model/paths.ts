import { asBytes, type Bytes } from '../../bytes/bytes.ts';
import { Kind } from '../../merge/marks.ts';
import { refuse } from './call.ts';
import type { Draft } from './draft.ts';
import type { SchemeObject } from './state.ts';

/** Walks paths: symlinks on the way are followed, `..` and absolute targets never leave the root. */

const MOST_LINKS = 40;
const NAME_MAX = 255;
const PATH_MAX = 4096;

/** Where a path ends. `wantsDirectory`: there is a slash behind it. */
export type Place = {
  readonly directory: bigint;
  readonly name: Bytes;
  readonly object: SchemeObject | null;
  readonly wantsDirectory: boolean;
};

const partsOf = (path: string): Bytes[] => path.split('/').filter((part) => part !== '') as Bytes[];

/** Null where the path has no last name of its own: the root, `.` and `..`. */
export function placeOf(draft: Draft, path: Bytes): Place | null {
  if (path.length >= PATH_MAX) refuse('ENAMETOOLONG');
  const parts = partsOf(path);
  const name = parts.pop();
  if (name === undefined || name === '.' || name === '..') return null;
  const directory = walk(draft, draft.get(draft.root), parts, { links: 0 });
  const object = childOf(draft, directory, name);
  const wantsDirectory = path.endsWith('/');
  if (wantsDirectory && object && object.kind !== Kind.dir) refuse('ENOTDIR');
  return { directory: directory.key, name, object, wantsDirectory };
}

export function resolve(draft: Draft, path: Bytes): SchemeObject {
  const place = placeOf(draft, path);
  if (place) return place.object ?? refuse('ENOENT');
  return walk(draft, draft.get(draft.root), partsOf(path), { links: 0 });
}

function childOf(draft: Draft, directory: SchemeObject, name: Bytes): SchemeObject | null {
  if (name.length > NAME_MAX) refuse('ENAMETOOLONG');
  const key = directory.children.get(name);
  return key === undefined ? null : draft.get(key);
}

function walk(draft: Draft, from: SchemeObject, parts: readonly Bytes[], state: { links: number }): SchemeObject {
  let at = from;
  for (const part of parts) {
    if (at.kind !== Kind.dir) refuse('ENOTDIR');
    if (part === '.') continue;
    if (part === '..') {
      at = at.parent === null ? at : draft.get(at.parent);
      continue;
    }
    const next = childOf(draft, at, part) ?? refuse('ENOENT');
    if (next.kind !== Kind.symlink) at = next;
    else {
      if (++state.links > MOST_LINKS) refuse('ELOOP');
      const start = next.data.startsWith('/') ? draft.get(draft.root) : at;
      at = walk(draft, start, partsOf(next.data), state);
    }
  }
  if (at.kind !== Kind.dir) refuse('ENOTDIR');
  return at;
}

/** Where a directory's lower content lies, from the roots of the lowers. */
export function lowerPathOf(draft: Draft, directory: SchemeObject): Bytes {
  const names: string[] = [];
  for (let at = directory; at.parent !== null; at = draft.get(at.parent)) {
    const above = draft.get(at.parent);
    const own = [...above.children].find(([, key]) => key === at.key)?.[0] ?? '';
    names.unshift(at.redirect ?? own);
    if (at.redirect?.startsWith('/')) return asBytes(names.join('/'));
  }
  return asBytes(`/${names.join('/')}`);
}
