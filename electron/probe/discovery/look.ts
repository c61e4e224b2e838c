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

const ioctl = bind<(fd: number, request: number, argument: number) => number>('ioctl', 'int', [
  'int',
  'long',
  'address',
]);

/** Questions for the uuid that a filesystem of its own understands, by its magic: request, and where in the answer. */
const OWN_QUESTIONS: Record<number, { request: number; at: number; length?: number }> = {
  // BTRFS_IOC_FS_INFO: never answers to FS_IOC_GETFSUUID.
  2435016766: { request: 0x8400941f, at: 16 },
  // EXT4_IOC_GETFSUUID and XFS_IOC_FSGEOMETRY_V1, for kernels before 6.9. The first is told how long a uuid is.
  61267: { request: 0x8008662c, at: 8, length: 16 },
  1481003842: { request: 0x80705864, at: 64 },
};
/** Filesystems that have none: squashfs, FUSE, overlay. */
const WITHOUT_UUID = new Set([0x73717368, 0x65735546, 0x794c7630]);

/**
 * Uuid of the filesystem of a descriptor opened for reading, as overlayfs stores it in handles; null where it has none,
 * undefined where the kernel does not tell (before Linux 6.9 for most filesystems).
 */
export function uuidOfFd(fd: number): string | null | undefined {
  const noneIfZero = (uuid: string): string | null => (/^0*$/.test(uuid) ? null : uuid);
  try {
    return noneIfZero(filesystemUuid(fd));
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
  const { type } = fstatfs(fd);
  // Each is asked its own question only: a FUSE server would be handed any.
  const own = OWN_QUESTIONS[type];
  if (!own) return WITHOUT_UUID.has(type) ? null : undefined;
  const answer = 64 * 1024;
  scratch.view.setUint32(answer, own.length ?? 0, true);
  scratch.view.setUint32(answer + 4, 0, true);
  if (ioctl(fd, own.request, scratch.address + answer) < 0) return undefined;
  return noneIfZero(Buffer.from(scratch.bytes.subarray(answer + own.at, answer + own.at + 16)).toString('hex'));
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
