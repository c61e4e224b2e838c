import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { bind, check, errno, errnos, Memory, path, SyscallError } from '../../probe/syscalls/libc.ts';
import { XATTR_MAX } from '../../probe/syscalls/xattr.ts';
import { fdPath } from './names.ts';

/** Extended attributes of a descriptor's inode (O_PATH will do; of a symlink its own). Each throws a SyscallError. */

type Value = (path: number, name: number, value: number, size: number) => number;
const getCall = bind<Value>('getxattr', 'long', ['address', 'address', 'address', 'size_t']);
const setCall = bind<(path: number, name: number, value: number, size: number, flags: number) => number>(
  'setxattr',
  'int',
  ['address', 'address', 'address', 'size_t', 'int'],
);
const removeCall = bind<(path: number, name: number) => number>('removexattr', 'int', ['address', 'address']);

/** Flags of setxattr(2). */
export const SetXattr = { create: 1, replace: 2 } as const;

const value = new Memory(XATTR_MAX + 1);

/** A value; null where there is none of that name, or the filesystem has no attributes. */
export function getXattr(fd: number, name: Bytes): Uint8Array<ArrayBuffer> | null {
  const got = getCall(path(fdPath(fd)), path(name, 1), value.address, XATTR_MAX);
  if (got >= 0) return value.bytes.slice(0, got);
  if (errno() === errnos.ENODATA || errno() === errnos.EOPNOTSUPP) return null;
  throw new SyscallError('getxattr', errno());
}

/** A value as getxattr(2) answers, ENODATA and EOPNOTSUPP too. */
export function readXattr(fd: number, name: Bytes): Uint8Array<ArrayBuffer> {
  const got = check('getxattr', getCall(path(fdPath(fd)), path(name, 1), value.address, XATTR_MAX));
  return value.bytes.slice(0, got);
}

export function setXattr(fd: number, name: Bytes, data: Uint8Array, flags = 0): void {
  if (data.length > XATTR_MAX) throw new SyscallError('setxattr', errnos.E2BIG as number);
  value.bytes.set(data);
  check('setxattr', setCall(path(fdPath(fd)), path(name, 1), value.address, data.length, flags));
}

/** Removes one; that there is none is no error. */
export function removeXattr(fd: number, name: Bytes): void {
  if (removeCall(path(fdPath(fd)), path(name, 1)) < 0 && errno() !== errnos.ENODATA) check('removexattr', -1);
}

export const OVERLAY = 'trusted.overlay.';
/** The full name of an overlay's own attribute. */
export const mark = (name: string): Bytes => asBytes(OVERLAY + name);
