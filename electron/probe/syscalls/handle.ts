import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { Handle } from '../../../shared/ipc/probe.ts';
import { AFTER_PATHS, bind, check, errno, errnos, path, scratch } from './libc.ts';
import { AT_EMPTY_PATH, Open } from './open.ts';

/** File handles: name_to_handle_at(2), open_by_handle_at(2). struct file_handle: u32 bytes, i32 type, then the fid. */

/** Asks for an identifier only, which need not be decodable (Linux 6.5): works on overlay mounts. */
export const AT_HANDLE_FID = 0x200;
const HANDLE_MAX = 128;

/** The bare call: directory and path, addresses of a struct file_handle with room and of an i32 mount id, flags. */
export const rawNameToHandleAt = bind<
  (dirfd: number, path: number, handle: number, mountId: number, flags: number) => number
>('name_to_handle_at', 'int', ['int', 'address', 'address', 'address', 'int']);

/** The bare call: descriptor of any file on the filesystem, address of a struct file_handle, flags. */
export const rawOpenByHandleAt = bind<(mountFd: number, handle: number, flags: number) => number>(
  'open_by_handle_at',
  'int',
  ['int', 'address', 'int'],
);

/**
 * The handle of `name` below `dirfd` (the empty name: of `dirfd` itself; a symlink is not followed), and the reusable
 * id of the mount it was reached by. Null where the filesystem has no such handles (EOPNOTSUPP), or, with
 * AT_HANDLE_FID, where the kernel does not know that flag (EINVAL). Throws a SyscallError otherwise.
 */
export function nameToHandle(dirfd: number, name: Bytes, flags = 0): { handle: Handle; mountId: number } | null {
  const at = AFTER_PATHS;
  scratch.view.setUint32(at, HANDLE_MAX, true);
  const all = flags | (name === '' ? AT_EMPTY_PATH : 0);
  const idAt = at + 8 + HANDLE_MAX;
  if (rawNameToHandleAt(dirfd, path(name), scratch.address + at, scratch.address + idAt, all) < 0) {
    const failed = errno();
    if (failed === errnos.EOPNOTSUPP || failed === errnos.EOVERFLOW) return null;
    if (failed === errnos.EINVAL && (flags & AT_HANDLE_FID) !== 0) return null;
    check('name_to_handle_at', -1);
  }
  const length = scratch.view.getUint32(at, true);
  const fid = Buffer.from(scratch.bytes.subarray(at + 8, at + 8 + length)).toString('hex');
  return {
    handle: { type: scratch.view.getInt32(at + 4, true) & 0xff, fid },
    mountId: scratch.view.getInt32(idAt, true),
  };
}

/**
 * Opens what a handle names, on the filesystem and through the mount of `mountFd`. Needs CAP_DAC_READ_SEARCH in the
 * initial user namespace (EPERM). ESTALE: the object is gone. Throws a SyscallError. Never opens for writing; with the
 * default flags nothing is opened but a place (O_PATH).
 */
export function openByHandle(mountFd: number, handle: Handle, flags: number = Open.path): number {
  const at = AFTER_PATHS;
  const fid = Buffer.from(handle.fid, 'hex');
  scratch.view.setUint32(at, fid.length, true);
  scratch.view.setInt32(at + 4, handle.type, true);
  scratch.bytes.set(fid, at + 8);
  return check('open_by_handle_at', rawOpenByHandleAt(mountFd, scratch.address + at, flags | Open.closeOnExec));
}
