import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Handle } from '../../../shared/ipc/probe.ts';
import { AT_HANDLE_FID, nameToHandle } from '../syscalls/handle.ts';
import { bind, SyscallError, scratch } from '../syscalls/libc.ts';
import { filesystemUuid, fstatfs } from '../syscalls/mount.ts';
import { close, Open, openat, openat2, pathOfFd, Resolve } from '../syscalls/open.ts';
import { Mode, type Stat, statx } from '../syscalls/statx.ts';

/** What one directory is, as the calls on its descriptor say. */
export type Look = {
  /** Its true path in its mount namespace: without symlinks, with ` (deleted)` where no name leads to it. */
  path: Bytes;
  stat: Stat;
  /** Handle that can be opened again; null where the filesystem has none. */
  handle: Handle | null;
  /** 32 hex digits; null where the filesystem has none; undefined where it could not be asked. */
  uuid: string | null | undefined;
  /** It can be opened for reading. */
  readable: boolean;
};

const BTRFS_IOC_FS_INFO = 0x8400941f;
const BTRFS_FSID = 16;
const BTRFS_MAGIC = 0x9123683e;
const ioctl = bind<(fd: number, request: number, argument: number) => number>('ioctl', 'int', [
  'int',
  'long',
  'address',
]);

/**
 * Uuid of the filesystem of a descriptor opened for reading, as overlayfs stores it in handles; null where it has none.
 * btrfs answers to a question of its own only.
 */
export function uuidOfFd(fd: number): string | null {
  const noneIfZero = (uuid: string): string | null => (/^0*$/.test(uuid) ? null : uuid);
  try {
    return noneIfZero(filesystemUuid(fd));
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
  // Asked of btrfs only: a FUSE server would be handed the question.
  if (fstatfs(fd).type !== BTRFS_MAGIC) return null;
  const at = 64 * 1024;
  if (ioctl(fd, BTRFS_IOC_FS_INFO, scratch.address + at) < 0) return null;
  return noneIfZero(Buffer.from(scratch.bytes.subarray(at + BTRFS_FSID, at + BTRFS_FSID + 16)).toString('hex'));
}

/** A directory's descriptor (O_PATH) opened for reading; moves no access time by itself. Throws a SyscallError. */
export const openForReading = (fd: number): number => openat(fd, asBytes('.'), Open.readOnly | Open.directory);

/** Null also where a filter forbids the call: then nothing is known by handle. */
function handleOf(fd: number, flags: number): Handle | null {
  try {
    return nameToHandle(fd, asBytes(''), flags)?.handle ?? null;
  } catch (error) {
    if (error instanceof SyscallError) return null;
    throw error;
  }
}

/** Asks all there is to know of the directory that `fd` (O_PATH) stands for. Throws a SyscallError. */
export function lookAt(fd: number): Look {
  const stat = statx(fd, asBytes(''));
  const path = pathOfFd(fd);
  const handle = handleOf(fd, 0);
  let uuid: string | null | undefined;
  let readable = false;
  try {
    const reading = openForReading(fd);
    readable = true;
    try {
      uuid = uuidOfFd(reading);
    } finally {
      close(reading);
    }
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
  return { path, stat, handle, uuid, readable };
}

/** Handle that an overlay gives for one of its objects: of the real inode behind it. Null where there is none. */
export const overlayHandle = (fd: number): Handle | null => handleOf(fd, AT_HANDLE_FID);

/** The type bits say directory. */
export const isDirectory = (stat: Stat): boolean => (stat.mode & Mode.mask) === Mode.directory;

/** Opens a place (O_PATH) below `root` as a process with that root would, symlinks included. Throws a SyscallError. */
export const openBelow = (root: number, path: Bytes, flags = 0): number =>
  openat2(root, path, Open.path | flags, Resolve.inRoot | Resolve.noMagicLinks);
