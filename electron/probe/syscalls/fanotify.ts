import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { bind, check, path } from './libc.ts';

/** Marks and their records: fanotify_init(2), fanotify_mark(2) (include/uapi/linux/fanotify.h). */

export const Init = {
  closeOnExec: 0x1,
  nonBlock: 0x2,
  /** The process as a descriptor too (Linux 5.15). */
  reportPidfd: 0x80,
  reportFid: 0x200,
  reportDirFid: 0x400,
  reportName: 0x800,
  /** The inode that a name stands for, in events of directories (Linux 5.17). */
  reportTargetFid: 0x1000,
  /** Mounts and unmounts instead of files (Linux 6.14). */
  reportMount: 0x4000,
} as const;

export const Mark = {
  add: 0x1,
  remove: 0x2,
  /** Refuses what is no directory. */
  onlyDir: 0x8,
  dontFollow: 0x4,
  inode: 0,
  filesystem: 0x100,
  mountNamespace: 0x110,
} as const;

/** Beside the bits of shared/live/raw.ts. */
export const FanEvent = {
  queueOverflow: 0x4000,
  mountAttach: 0x100_0000,
  mountDetach: 0x200_0000,
  onChild: 0x0800_0000,
} as const;

const initCall = bind<(flags: number, eventFlags: number) => number>('fanotify_init', 'int', ['uint', 'uint']);
const markCall = bind<(fd: number, flags: number, mask: number, dirfd: number, path: number) => number>(
  'fanotify_mark',
  'int',
  ['int', 'uint', 'uint64', 'int', 'address'],
);

/**
 * A new group: a queue of records. Throws a SyscallError: EPERM without CAP_SYS_ADMIN in the initial user namespace,
 * EINVAL where the kernel does not know a flag.
 */
export const fanotifyInit = (flags: number): number =>
  check('fanotify_init', initCall(flags | Init.closeOnExec | Init.nonBlock, 0));

/**
 * Adds or removes a mark on what `name` below `dirfd` stands for. Throws a SyscallError: EXDEV for a btrfs subvolume
 * below the top one, EOPNOTSUPP and ENODEV for filesystems without handles or without an id.
 */
export function fanotifyMark(fd: number, flags: number, mask: number, dirfd: number, name: Bytes): void {
  check('fanotify_mark', markCall(fd, flags, mask, dirfd, path(name)));
}

/** Sizes and offsets of struct fanotify_event_metadata, and of the information records behind it. */
export const Record = {
  length: 0, // u32
  version: 4, // u8
  metadataLength: 6, // u16
  mask: 8, // u64
  pid: 20, // i32
} as const;
export const METADATA_VERSION = 3;

export const Info = {
  fid: 1,
  dirFidName: 2,
  dirFid: 3,
  pidfd: 4,
  mount: 7,
  oldDirFidName: 10,
  newDirFidName: 12,
} as const;
/** In an information record: u8 type, u16 length; then for handles fsid, u32 bytes, i32 type, the bytes, the name. */
export const InfoField = { type: 0, length: 2, payload: 4, handleBytes: 12, handleType: 16, handle: 20 } as const;
