import { type Bytes, bytesOfBase64, bytesOfText } from '../../bytes/bytes.ts';
import { Kind } from '../../merge/marks.ts';
import type { Operation } from '../operation.ts';
import type { Call } from './call.ts';

const KINDS = {
  file: Kind.file,
  fifo: Kind.fifo,
  char: Kind.char,
  block: Kind.block,
  socket: Kind.socket,
} as const;
const KEEP = 0xffffffff;

const id = (value: bigint | undefined): number => (value === undefined || value === -1n ? KEEP : Number(value));

/** The bytes of a field that is text, or base64 beside it; one that is missing is empty. */
function bytesOf<K extends string>(fields: { [P in K | `${K}B64`]?: string | undefined }, key: K): Bytes {
  const exact = fields[`${key}B64`];
  return exact === undefined ? bytesOfText(fields[key] ?? '') : bytesOfBase64(exact);
}

/** `crash` is none (see machine.ts), and what stands for a handle here is not what a filesystem gives. */
export type PlainOperation = Exclude<Operation, { op: 'crash' | 'openHandle' }>;

/** An operation of the terminal contract as a call. `umask`: bits that a new mode does not get. */
export function callOf(operation: PlainOperation, umask: number): Call {
  const path = bytesOf(operation as { path?: string }, 'path');
  switch (operation.op) {
    case 'open':
    case 'mkdir':
      return { ...operation, path, mode: operation.mode & ~umask };
    case 'mknod': {
      const { op, type, mode, rdev = '0:0' } = operation;
      return { op, path, kind: KINDS[type], mode: mode & ~umask, rdev };
    }
    case 'close':
    case 'fstat':
    case 'fsync':
      return { op: operation.op, fd: Number(operation.fd) };
    case 'read':
      return { op: 'read', fd: Number(operation.fd), len: Number(operation.len) };
    case 'pread':
      return { op: 'pread', fd: Number(operation.fd), len: Number(operation.len), off: Number(operation.off) };
    case 'write':
      return { op: 'write', fd: Number(operation.fd), data: bytesOfBase64(operation.data) };
    case 'pwrite': {
      const { op, fd, data, off } = operation;
      return { op, fd: Number(fd), data: bytesOfBase64(data), off: Number(off) };
    }
    case 'mmap':
      return { op: 'mmap', fd: Number(operation.fd), len: Number(operation.len) };
    case 'peek': {
      const { op, map, off, len } = operation;
      return { op, map: Number(map), off: Number(off), len: Number(len) };
    }
    case 'ftruncate':
      return { op: 'ftruncate', fd: Number(operation.fd), size: Number(operation.size) };
    case 'truncate':
      return { op: 'truncate', path, size: Number(operation.size) };
    case 'rename':
      return { op: 'rename', path, to: bytesOf(operation, 'to'), flags: operation.flags };
    case 'link':
      return { op: 'link', path, to: bytesOf(operation, 'to') };
    case 'symlink':
      return { op: 'symlink', path, target: bytesOf(operation, 'target') };
    case 'chmod':
      return { op: 'chmod', path, mode: operation.mode };
    case 'chown':
      return { op: 'chown', path, uid: id(operation.uid), gid: id(operation.gid) };
    case 'utimens':
      return { op: 'utimens', path, atimeNs: operation.atimeNs ?? null, mtimeNs: operation.mtimeNs ?? null };
    case 'setxattr': {
      const { op, value, flags } = operation;
      return { op, path, name: bytesOf(operation, 'name'), value: bytesOfBase64(value), flags };
    }
    case 'getxattr':
      return { op: 'getxattr', path, name: bytesOf(operation, 'name') };
    case 'stat':
    case 'readdir':
    case 'rmdir':
    case 'unlink':
    case 'readlink':
    case 'handle':
      return { op: operation.op, path };
    case 'evict':
    case 'stats':
      return { op: operation.op };
  }
}
