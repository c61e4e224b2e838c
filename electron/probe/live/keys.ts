import { AT_HANDLE_FID, rawNameToHandleAt } from '../syscalls/handle.ts';
import { errno, errnos, Memory, SyscallError } from '../syscalls/libc.ts';

/**
 * What names an inode in records and maps: the four bytes of its handle's type and the handle, as latin1 text. Records
 * of fanotify and name_to_handle_at lay the two out in the same way, so that a key is one slice of either.
 */
export type Key = string & { readonly __key: true };

const HANDLE_MAX = 128;
const memory = new Memory(8 + HANDLE_MAX + 8);
const bytes = Buffer.from(memory.bytes.buffer);

/** Flags that the kernel takes here; older ones know no AT_HANDLE_FID. */
let flag = AT_HANDLE_FID;

/**
 * The key of what the NUL-ended path at this address names, without following a symlink. Null where the filesystem has
 * no handles. Throws a SyscallError.
 */
export function keyAt(dirfd: number, path: number): Key | null {
  memory.view.setUint32(0, HANDLE_MAX, true);
  if (rawNameToHandleAt(dirfd, path, memory.address, memory.address + 8 + HANDLE_MAX, flag) < 0) {
    const failed = errno();
    if (failed === errnos.EINVAL && flag !== 0) {
      flag = 0;
      return keyAt(dirfd, path);
    }
    if (failed === errnos.EOPNOTSUPP || failed === errnos.EOVERFLOW) return null;
    throw new SyscallError('name_to_handle_at', failed);
  }
  return bytes.toString('latin1', 4, 8 + memory.view.getUint32(0, true)) as Key;
}

/**
 * Stands for the key where the filesystem gives no handles: device and number, which another inode may have later. No
 * handle has such a type.
 */
export const keyOfNumber = (dev: string, ino: bigint): Key => `\0\0\0\0${dev}:${ino}` as Key;

/** The key in the form of RawEvent.fid. */
export const hexOfKey = (key: Key): string => Buffer.from(key, 'latin1').toString('hex');

/** struct file_handle of a key, as bytes for open_by_handle_at. */
export function handleOfKey(key: Key): { type: number; fid: string } {
  const raw = Buffer.from(key, 'latin1');
  return { type: raw.readInt32LE(0) & 0xff, fid: raw.subarray(4).toString('hex') };
}
