import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { asBytes } from '../../../shared/bytes/bytes.ts';
import { AFTER_PATHS, bind, bindNumber, check, errno, errnos, path, scratch } from './libc.ts';

/** Opening, closing and listing: openat(2), openat2(2), close(2), getdents64(2), readlinkat(2). */

const arm = process.arch === 'arm64';

/** Flags of open(2); those that differ between architectures are chosen for this one. */
export const Open = {
  readOnly: 0,
  nonBlock: 0o4000,
  directory: arm ? 0o40000 : 0o200000,
  noFollow: arm ? 0o100000 : 0o400000,
  noAtime: 0o1000000,
  closeOnExec: 0o2000000,
  path: 0o10000000,
} as const;

/** RESOLVE_* of openat2(2). */
export const Resolve = { noXdev: 1, noMagicLinks: 2, noSymlinks: 4, beneath: 8, inRoot: 16 } as const;

export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_NO_AUTOMOUNT = 0x800;
export const AT_EMPTY_PATH = 0x1000;

/** The bare calls, for paths that are hot: addresses in, −1 and errno() out. */
export const raw = {
  openat: bind<(dirfd: number, path: number, flags: number, mode: number) => number>('openat', 'int', [
    'int',
    'address',
    'int',
    'int',
  ]),
  close: bind<(fd: number) => number>('close', 'int', ['int']),
  getdents64: bind<(fd: number, buffer: number, size: number) => number>('getdents64', 'long', [
    'int',
    'address',
    'size_t',
  ]),
  readlinkat: bind<(dirfd: number, path: number, buffer: number, size: number) => number>('readlinkat', 'long', [
    'int',
    'address',
    'address',
    'size_t',
  ]),
  openat2: bindNumber<(dirfd: number, path: number, how: number, size: number) => number>(437, [
    'int',
    'address',
    'address',
    'size_t',
  ]),
};

/**
 * Opens `name` below `dirfd`, never for writing; close-on-exec always. Throws a SyscallError.
 * Where O_NOATIME is asked for and not allowed (EPERM: not the owner), it is opened without.
 */
export function openat(dirfd: number, name: Bytes, flags: number): number {
  const all = flags | Open.closeOnExec;
  const fd = raw.openat(dirfd, path(name), all, 0);
  if (fd < 0 && errno() === errnos.EPERM && (flags & Open.noAtime) !== 0) {
    return check('openat', raw.openat(dirfd, path(name), all & ~Open.noAtime, 0));
  }
  return check('openat', fd);
}

/** openat2(2) with RESOLVE_* flags. Throws a SyscallError, ENOSYS before Linux 5.6. */
export function openat2(dirfd: number, name: Bytes, flags: number, resolve: number): number {
  const how = AFTER_PATHS;
  scratch.view.setBigUint64(how, BigInt(flags | Open.closeOnExec), true);
  scratch.view.setBigUint64(how + 8, 0n, true);
  scratch.view.setBigUint64(how + 16, BigInt(resolve), true);
  return check('openat2', raw.openat2(dirfd, path(name), scratch.address + how, 24));
}

/** Closes a descriptor; an error of close(2) has no meaning for descriptors that were only read. */
export function close(fd: number): void {
  raw.close(fd);
}

const fcntl = bind<(fd: number, command: number, least: number) => number>('fcntl', 'int', ['int', 'int', 'long']);
const F_DUPFD_CLOEXEC = 1030;

/** A second descriptor of what `fd` stands for. Throws a SyscallError. */
export const duplicate = (fd: number): number => check('fcntl', fcntl(fd, F_DUPFD_CLOEXEC, 3));

/** Opens, uses and closes. */
export function withOpen<T>(dirfd: number, name: Bytes, flags: number, use: (fd: number) => T): T {
  const fd = openat(dirfd, name, flags);
  try {
    return use(fd);
  } finally {
    close(fd);
  }
}

/** One entry of a directory as getdents64 gives it; `type` is DT_*. */
export type Dirent = { name: Bytes; ino: bigint; type: number };

const NAME = 19;

/** All entries of an open directory but `.` and `..`, in its own order. Throws a SyscallError. */
export function listDirectory(fd: number): Dirent[] {
  const out: Dirent[] = [];
  const size = 32768;
  for (;;) {
    const got = check('getdents64', raw.getdents64(fd, scratch.address, size));
    if (got === 0) return out;
    for (let at = 0; at < got; at += scratch.view.getUint16(at + 16, true)) {
      const end = scratch.bytes.indexOf(0, at + NAME);
      const name = scratch.slice(at + NAME, end);
      if (name === '.' || name === '..') continue;
      out.push({ name, ino: scratch.view.getBigUint64(at, true), type: scratch.bytes[at + 18] as number });
    }
  }
}

/** The target of a symlink (moves its atime where the mount is not noatime). An empty name reads the fd itself. */
export function readlinkat(dirfd: number, name: Bytes): Bytes {
  const size = 65536;
  const got = check('readlinkat', raw.readlinkat(dirfd, path(name), scratch.address + AFTER_PATHS, size));
  return scratch.slice(AFTER_PATHS, AFTER_PATHS + got);
}

/** Where an open descriptor lies now, as /proc/self/fd says: exact bytes, with " (deleted)" where it is gone. */
export const pathOfFd = (fd: number): Bytes => readlinkat(AT_FDCWD, asBytes(`/proc/self/fd/${fd}`));

/** The whole of a small file of /proc or /sys as bytes. Throws a SyscallError. */
export function readWhole(dirfd: number, name: Bytes): Uint8Array<ArrayBuffer> {
  return withOpen(dirfd, name, Open.readOnly, (fd) => {
    const parts: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const got = check('read', read(fd, scratch.address, scratch.bytes.length));
      if (got === 0) break;
      parts.push(scratch.bytes.slice(0, got));
      total += got;
    }
    const out = new Uint8Array(total);
    let at = 0;
    for (const part of parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  });
}
const read = bind<(fd: number, buffer: number, size: number) => number>('read', 'long', ['int', 'address', 'size_t']);
