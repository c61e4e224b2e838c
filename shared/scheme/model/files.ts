import { asBytes, type Bytes } from '../../bytes/bytes.ts';
import { Kind } from '../../merge/marks.ts';
import { type Attributes, type Call, type OpenFlag, type Result, refuse } from './call.ts';
import { copyUp, ensureTemp, isUpper, released } from './copy-up.ts';
import type { Draft } from './draft.ts';
import { freePlace, make } from './names.ts';
import { placeOf, resolve } from './paths.ts';
import type { SchemeDescriptor, SchemeObject } from './state.ts';

/** Operations on files and descriptors. */

type Of<O extends Call['op']> = Extract<Call, { op: O }>;
type Access = SchemeDescriptor['access'];

const PAGE = 4096;

function accessOf(flags: readonly OpenFlag[]): Access {
  return flags.includes('RDWR') ? 'RDWR' : flags.includes('WRONLY') ? 'WRONLY' : 'RDONLY';
}

const changesData = (flags: readonly OpenFlag[]): boolean => accessOf(flags) !== 'RDONLY' || flags.includes('TRUNC');

export function open(draft: Draft, { path, flags, mode }: Of<'open'>): Result {
  if (!flags.includes('CREAT')) return openObject(draft, resolve(draft, path), flags);
  const place = placeOf(draft, path);
  if (place === null || place.wantsDirectory) return refuse('EISDIR');
  if (flags.includes('DIRECTORY')) refuse('EINVAL');
  if (place.object === null) {
    const { key } = make(draft, freePlace(draft, path), Kind.file, mode);
    return hold(draft, key, flags, 'object');
  }
  if (flags.includes('EXCL')) refuse('EEXIST');
  if (place.object.kind === Kind.dir) refuse('EISDIR');
  return openObject(draft, place.object, flags);
}

function openObject(draft: Draft, { key, kind, temp }: SchemeObject, flags: readonly OpenFlag[]): Result {
  if (flags.includes('DIRECTORY') && kind !== Kind.dir) refuse('ENOTDIR');
  if (kind === Kind.symlink) refuse('ELOOP');
  if (kind === Kind.socket) refuse('ENXIO');
  if (kind === Kind.dir && changesData(flags)) refuse('EISDIR');
  if (kind === Kind.fifo && accessOf(flags) === 'WRONLY' && !draft.isRead(key)) refuse('ENXIO');
  if (kind !== Kind.file) return hold(draft, key, flags, 'object');
  if (changesData(flags)) copyUp(draft, key, temp || !flags.includes('TRUNC'));
  return openFile(draft, key, flags);
}

/** Opens a file; one without a name by its handle. */
export function openFile(draft: Draft, key: bigint, flags: readonly OpenFlag[]): Result {
  const object = draft.get(key);
  let real: SchemeDescriptor['real'] = 'object';
  if (!isUpper(object)) {
    if (draft.policy === 'none' && !object.temp && !changesData(flags)) {
      draft.step('lower-opened', object);
      real = 'lower';
    } else ensureTemp(draft, key);
  }
  if (flags.includes('TRUNC')) draft.change(key, { data: asBytes('') });
  return hold(draft, key, flags, real);
}

function hold(draft: Draft, key: bigint, flags: readonly OpenFlag[], real: SchemeDescriptor['real']): Result {
  const access = accessOf(flags);
  const fd = draft.addDescriptor({ key, access, append: flags.includes('APPEND'), position: 0, real });
  return { fd, ino: draft.get(key).ino };
}

export function openHandle(draft: Draft, { handle, flags }: Of<'openHandle'>): Result {
  if (!draft.has(handle)) refuse('ESTALE');
  const object = draft.get(handle);
  if (draft.namesOf(handle).length > 0 || handle === draft.root) return openObject(draft, object, flags);
  // What of a removed directory is left has no place from which it could be reached.
  if (object.kind === Kind.dir) refuse('ESTALE');
  return object.kind === Kind.file ? openFile(draft, handle, flags) : hold(draft, handle, flags, 'object');
}

export function close(draft: Draft, { fd }: { fd: number }): Result {
  const { key } = draft.descriptor(fd);
  draft.removeDescriptor(fd);
  released(draft, key);
  return true;
}

function dataOf(draft: Draft, { key, real }: Pick<SchemeDescriptor, 'key' | 'real'>): Bytes {
  const { data, lower } = draft.get(key);
  return real === 'lower' && lower ? lower.data : data;
}

/** A pipe has no places in it: pread(2) and pwrite(2) say so before anything else. */
function seekable(draft: Draft, fd: number, off: number): void {
  if (off < 0) refuse('EINVAL');
  if (draft.get(draft.descriptor(fd).key).kind === Kind.fifo) refuse('ESPIPE');
}

/** A descriptor of a regular file with this right. */
function fileDescriptor(draft: Draft, fd: number, without: Access): SchemeDescriptor {
  const descriptor = draft.descriptor(fd);
  if (descriptor.access === without) refuse('EBADF');
  const { kind } = draft.get(descriptor.key);
  if (kind === Kind.dir) refuse('EISDIR');
  return descriptor;
}

export function read(draft: Draft, { fd, len }: Of<'read'>): Result {
  const descriptor = fileDescriptor(draft, fd, 'WRONLY');
  const { position } = descriptor;
  const data = asBytes(dataOf(draft, descriptor).slice(position, position + len));
  draft.changeDescriptor(fd, { position: position + data.length });
  return { data };
}

export function pread(draft: Draft, { fd, len, off }: Of<'pread'>): Result {
  seekable(draft, fd, off);
  const descriptor = fileDescriptor(draft, fd, 'WRONLY');
  return { data: asBytes(dataOf(draft, descriptor).slice(off, off + len)) };
}

function writeAt(draft: Draft, key: bigint, data: Bytes, at: number): void {
  const old = draft.get(key).data;
  const before = old.slice(0, at).padEnd(at, '\0');
  draft.change(key, { data: asBytes(before + data + old.slice(at + data.length)) });
}

export function write(draft: Draft, { fd, data }: Of<'write'>): Result {
  const { key, append, position } = fileDescriptor(draft, fd, 'RDONLY');
  // Nothing moves nothing, not even to the end (mm/filemap.c:generic_write_checks).
  if (data === '') return { n: 0 };
  const at = append ? draft.get(key).data.length : position;
  writeAt(draft, key, data, at);
  draft.changeDescriptor(fd, { position: at + data.length });
  return { n: data.length };
}

export function pwrite(draft: Draft, { fd, data, off }: Of<'pwrite'>): Result {
  seekable(draft, fd, off);
  const { key, append } = fileDescriptor(draft, fd, 'RDONLY');
  if (data === '') return { n: 0 };
  writeAt(draft, key, data, append ? draft.get(key).data.length : off);
  return { n: data.length };
}

const resized = (data: Bytes, size: number): Bytes => asBytes(data.slice(0, size).padEnd(size, '\0'));

export function ftruncate(draft: Draft, { fd, size }: Of<'ftruncate'>): Result {
  const { key, access } = draft.descriptor(fd);
  const { kind, data } = draft.get(key);
  if (size < 0 || kind !== Kind.file || access === 'RDONLY') refuse('EINVAL');
  draft.change(key, { data: resized(data, size) });
  return true;
}

export function truncate(draft: Draft, { path, size }: Of<'truncate'>): Result {
  if (size < 0) refuse('EINVAL');
  const { key, kind, temp } = resolve(draft, path);
  if (kind === Kind.symlink) refuse('ELOOP');
  if (kind === Kind.dir) refuse('EISDIR');
  if (kind !== Kind.file) refuse('EINVAL');
  copyUp(draft, key, size > 0 || temp);
  draft.change(key, { data: resized(draft.get(key).data, size) });
  return true;
}

export function mmap(draft: Draft, { fd, len }: Of<'mmap'>): Result {
  const { key, access, real } = draft.descriptor(fd);
  if (len <= 0) refuse('EINVAL');
  if (access === 'WRONLY') refuse('EACCES');
  if (draft.get(key).kind !== Kind.file) refuse('ENODEV');
  return { map: draft.addMapping({ key, len, real }) };
}

/** Bytes of a mapping: zeros up to the end of the file's last page, and nothing behind it. */
export function peek(draft: Draft, { map, off, len }: Of<'peek'>): Result {
  const mapping = draft.mapping(map);
  if (off < 0 || len < 0) refuse('EINVAL');
  const data = dataOf(draft, mapping);
  const end = Math.min(Math.ceil(data.length / PAGE), Math.ceil(mapping.len / PAGE)) * PAGE;
  if (len > 0 && off + len > end) refuse('EFAULT');
  return { data: asBytes(data.slice(off, off + len).padEnd(len, '\0')) };
}

export function attributes(draft: Draft, { key, kind, ino, mode, uid, gid, data }: SchemeObject): Attributes {
  const isDirectory = kind === Kind.dir;
  const nlink = isDirectory ? null : draft.namesOf(key).length;
  return { kind, ino, mode, uid, gid, nlink, size: isDirectory ? null : data.length };
}
