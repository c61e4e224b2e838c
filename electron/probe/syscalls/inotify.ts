import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { bind, check, path } from './libc.ts';

/** Watches on single directories: inotify_init1(2), inotify_add_watch(2) (include/uapi/linux/inotify.h). */

const initCall = bind<(flags: number) => number>('inotify_init1', 'int', ['int']);
const addCall = bind<(fd: number, path: number, mask: number) => number>('inotify_add_watch', 'int', [
  'int',
  'address',
  'uint',
]);

const IN_CLOEXEC = 0o2000000;
const IN_NONBLOCK = 0o4000;

/** Beside the bits of shared/live/raw.ts, whose values are the same. */
export const InotifyFlag = {
  movedFrom: 0x40,
  movedTo: 0x80,
  queueOverflow: 0x4000,
  ignored: 0x8000,
  onlyDir: 0x0100_0000,
  dontFollow: 0x0200_0000,
  exclUnlink: 0x0400_0000,
} as const;

/** Offsets in struct inotify_event. */
export const InotifyField = { watch: 0, mask: 4, cookie: 8, length: 12, name: 16 } as const;

/** A new queue. Throws a SyscallError: EMFILE where the user has too many. */
export const inotifyInit = (): number => check('inotify_init1', initCall(IN_CLOEXEC | IN_NONBLOCK));

/**
 * Watches what a path names; returns the number of the watch, the same one for the same inode. Throws a SyscallError:
 * ENOSPC at the limit fs.inotify.max_user_watches, EACCES where it may not be read.
 */
export const addWatch = (fd: number, name: Bytes, mask: number): number =>
  check('inotify_add_watch', addCall(fd, path(name), mask));
