import { asBytes, type Bytes } from '../../bytes/bytes.ts';
import { Kind } from '../../merge/marks.ts';
import { type Call, type Result, refuse } from './call.ts';
import { copyUp, lastNameGone } from './copy-up.ts';
import type { Draft } from './draft.ts';
import { lowerPathOf, type Place, placeOf, resolve } from './paths.ts';
import type { SchemeObject } from './state.ts';

/** Operations on names. */

type Of<O extends Call['op']> = Extract<Call, { op: O }>;

const S_ISGID = 0o2000;
const S_IXGRP = 0o010;

const isBelow = ({ below }: SchemeObject, name: Bytes): boolean => below?.has(name) ?? false;

/** Makes an object at a free place. `data`: a symlink's target. */
export function make(
  draft: Draft,
  { directory, name }: Place,
  kind: number,
  mode: number,
  { data = asBytes(''), rdev = '0:0' } = {},
): SchemeObject {
  copyUp(draft, directory);
  const above = draft.get(directory);
  const inherits = (above.mode & S_ISGID) !== 0;
  const isDirectory = kind === Kind.dir;
  const number = draft.upperNumber();
  const object = draft.add({
    ino: number,
    kind,
    mode: inherits && isDirectory ? mode | S_ISGID : mode,
    uid: 0,
    gid: inherits ? above.gid : 0,
    rdev,
    data,
    xattrs: new Map(),
    children: new Map(),
    parent: isDirectory ? directory : null,
    upper: number,
    temp: false,
    lower: null,
    mapped: false,
    below: null,
    redirect: null,
  });
  if (isDirectory && isBelow(above, name)) draft.step('opaque', object);
  draft.setName(directory, name, object.key);
  return object;
}

/** A place where a name can be made: there is none. */
export function freePlace(draft: Draft, path: Bytes, isDirectory = false): Place {
  const place = placeOf(draft, path) ?? refuse('EEXIST');
  if (place.object) refuse('EEXIST');
  if (place.wantsDirectory && !isDirectory) refuse('ENOENT');
  return place;
}

export function mkdir(draft: Draft, { path, mode }: Of<'mkdir'>): Result {
  make(draft, freePlace(draft, path, true), Kind.dir, mode & 0o1777);
  return true;
}

export function symlink(draft: Draft, { path, target }: Of<'symlink'>): Result {
  if (target === '') refuse('ENOENT');
  make(draft, freePlace(draft, path), Kind.symlink, 0o777, { data: target });
  return true;
}

export function mknod(draft: Draft, { path, kind, mode, rdev }: Of<'mknod'>): Result {
  if (kind === Kind.dir) refuse('EPERM');
  if (kind === Kind.symlink) refuse('EINVAL');
  const place = freePlace(draft, path);
  if (kind === Kind.char && rdev === '0:0') refuse('EPERM');
  make(draft, place, kind, mode, { rdev });
  return true;
}

export function link(draft: Draft, { path, to }: Of<'link'>): Result {
  const object = resolve(draft, path);
  const place = placeOf(draft, to) ?? refuse('EEXIST');
  if (place.object) refuse('EEXIST');
  if (object.kind === Kind.dir) refuse('EPERM');
  if (place.wantsDirectory) refuse('ENOENT');
  copyUp(draft, object.key);
  copyUp(draft, place.directory);
  draft.setName(place.directory, place.name, object.key);
  return true;
}

/** A name is gone, and covered where something lies below it. */
function removeName(draft: Draft, { directory, name }: Pick<Place, 'directory' | 'name'>, object: SchemeObject): void {
  const isLast = draft.namesOf(object.key).length === 1;
  draft.removeName(directory, name);
  if (isLast) lastNameGone(draft, object.key);
}

export function unlink(draft: Draft, { path }: { path: Bytes }): Result {
  const place = placeOf(draft, path) ?? refuse('EISDIR');
  const object = place.object ?? refuse('ENOENT');
  if (object.kind === Kind.dir) refuse('EISDIR');
  copyUp(draft, place.directory);
  if (isBelow(draft.get(place.directory), place.name)) draft.step('whiteout', object);
  removeName(draft, place, object);
  return true;
}

export function rmdir(draft: Draft, { path }: { path: Bytes }): Result {
  const last = path
    .split('/')
    .filter((part) => part !== '')
    .at(-1);
  const place = placeOf(draft, path) ?? refuse(last === '.' ? 'EINVAL' : last === '..' ? 'ENOTEMPTY' : 'EBUSY');
  const object = place.object ?? refuse('ENOENT');
  if (object.kind !== Kind.dir) refuse('ENOTDIR');
  if (object.children.size > 0) refuse('ENOTEMPTY');
  copyUp(draft, place.directory);
  if (isBelow(draft.get(place.directory), place.name)) draft.step('whiteout', object);
  removeName(draft, place, object);
  return true;
}

function isAbove(draft: Draft, above: bigint, key: bigint): boolean {
  for (let at: bigint | null = key; at !== null; at = draft.get(at).parent) if (at === above) return true;
  return false;
}

export function rename(draft: Draft, { path, to, flags }: Of<'rename'>): Result {
  if (flags.length > 1) refuse('EINVAL');
  const [from, target] = [placeOf(draft, path) ?? refuse('EBUSY'), placeOf(draft, to) ?? refuse('EBUSY')];
  const old = from.object ?? refuse('ENOENT');
  const over = target.object;
  const isExchange = flags.includes('EXCHANGE');
  const isDirectory = old.kind === Kind.dir;
  if (over && flags.includes('NOREPLACE')) refuse('EEXIST');
  if (!over && isExchange) refuse('ENOENT');
  if (!isDirectory && (from.wantsDirectory || (!isExchange && target.wantsDirectory))) refuse('ENOTDIR');
  if (isDirectory && isAbove(draft, old.key, target.directory)) refuse('EINVAL');
  if (over?.kind === Kind.dir && isAbove(draft, over.key, from.directory)) refuse(isExchange ? 'EINVAL' : 'ENOTEMPTY');
  if (over?.key === old.key) return true;
  if (over && !isExchange) mustBeReplaceable(old, over);
  copyUp(draft, target.directory);
  copyUp(draft, old.key);
  copyUp(draft, from.directory);
  if (isDirectory) redirect(draft, old.key, from, target.directory);
  if (over && isExchange) {
    copyUp(draft, over.key);
    if (over.kind === Kind.dir) redirect(draft, over.key, target, from.directory);
    draft.setName(from.directory, from.name, over.key);
    draft.setName(target.directory, target.name, old.key);
    return true;
  }
  if (isBelow(draft.get(from.directory), from.name)) draft.step('whiteout', old);
  if (over) removeName(draft, target, over);
  draft.removeName(from.directory, from.name);
  draft.setName(target.directory, target.name, old.key);
  return true;
}

function mustBeReplaceable(old: SchemeObject, over: SchemeObject): void {
  const overDirectory = over.kind === Kind.dir;
  if (old.kind === Kind.dir && !overDirectory) refuse('ENOTDIR');
  if (old.kind !== Kind.dir && overDirectory) refuse('EISDIR');
  if (over.children.size > 0) refuse('ENOTEMPTY');
}

/** A directory that moves remembers where its lower content lies. */
function redirect(draft: Draft, key: bigint, from: Place, newDirectory: bigint): void {
  const directory = draft.get(key);
  if (directory.below === null) return;
  const isSameParent = newDirectory === from.directory;
  if (directory.redirect?.startsWith('/') || (directory.redirect !== null && isSameParent)) return;
  draft.change(key, { redirect: isSameParent ? from.name : lowerPathOf(draft, directory) });
  draft.step('redirect', directory);
}

// ── Attributes

export function chmod(draft: Draft, { path, mode }: Of<'chmod'>): Result {
  const { key, kind } = resolve(draft, path);
  if (kind === Kind.symlink) refuse('EOPNOTSUPP');
  copyUp(draft, key);
  draft.change(key, { mode: mode & 0o7777 });
  return true;
}

/** An id of 2³² - 1 stays as it is; a new owner takes the set-id bits of anything but a directory (fs/attr.c). */
export function chown(draft: Draft, { path, uid, gid }: Of<'chown'>): Result {
  const { key, kind } = resolve(draft, path);
  copyUp(draft, key);
  const object = draft.get(key);
  const KEEP = 0xffffffff;
  const dropped = kind === Kind.dir || kind === Kind.symlink ? 0 : 0o4000 | (object.mode & S_IXGRP ? S_ISGID : 0);
  draft.change(key, {
    uid: uid === KEEP ? object.uid : uid,
    gid: gid === KEEP ? object.gid : gid,
    mode: object.mode & ~dropped,
  });
  return true;
}

export function utimens(draft: Draft, { path }: Of<'utimens'>): Result {
  copyUp(draft, resolve(draft, path).key);
  return true;
}

const PREFIXES = ['user.', 'trusted.', 'security.'];

export function setxattr(draft: Draft, { path, name, value, flags }: Of<'setxattr'>): Result {
  const { key, kind } = resolve(draft, path);
  if (!PREFIXES.some((prefix) => name.startsWith(prefix))) refuse('EOPNOTSUPP');
  if (name.startsWith('user.') && kind !== Kind.file && kind !== Kind.dir) refuse('EPERM');
  const { xattrs } = draft.get(key);
  if (flags.includes('CREATE') && xattrs.has(name)) refuse('EEXIST');
  if (flags.includes('REPLACE') && !xattrs.has(name)) refuse('ENODATA');
  copyUp(draft, key);
  draft.change(key, { xattrs: new Map(xattrs).set(name, value) });
  return true;
}

export function getxattr(draft: Draft, { path, name }: Of<'getxattr'>): Result {
  const { xattrs } = resolve(draft, path);
  if (!PREFIXES.some((prefix) => name.startsWith(prefix))) refuse('EOPNOTSUPP');
  return { value: xattrs.get(name) ?? refuse('ENODATA') };
}

export function readlink(draft: Draft, path: Bytes): Result {
  const { kind, data } = resolve(draft, path);
  return kind === Kind.symlink ? { target: data } : refuse('EINVAL');
}

export function readdir(draft: Draft, path: Bytes): Result {
  const { kind, children } = resolve(draft, path);
  if (kind !== Kind.dir) refuse('ENOTDIR');
  return {
    entries: [...children].map(([name, key]) => {
      const { kind, ino } = draft.get(key);
      return { name, kind, dino: ino };
    }),
  };
}
