import { constants } from 'node:fs';
import { constants as systemConstants } from 'node:os';
import koffi from 'koffi';
import { asBytes, type Bytes, bytesOfArray } from '../../shared/bytes/bytes.ts';

/**
 * The few system calls that the tests against the kernel make by themselves, so that nothing of the program under test stands
 * between it and the kernel. Paths are bytes. A failing call throws `SystemError`, except where a docstring says that
 * the errno is the answer. Linux, 64 bits, glibc ≥ 2.30.
 */

const libc = koffi.load('libc.so.6');
const c = {
  mount: libc.func('int mount(const void*, const void*, const void*, unsigned long, const void*)'),
  umount2: libc.func('int umount2(const void*, int)'),
  mknod: libc.func('int mknod(const void*, unsigned int, unsigned long)'),
  mkdir: libc.func('int mkdir(const void*, unsigned int)'),
  symlink: libc.func('int symlink(const void*, const void*)'),
  link: libc.func('int link(const void*, const void*)'),
  rename: libc.func('int rename(const void*, const void*)'),
  unlink: libc.func('int unlink(const void*)'),
  rmdir: libc.func('int rmdir(const void*)'),
  chmod: libc.func('int chmod(const void*, unsigned int)'),
  lchown: libc.func('int lchown(const void*, unsigned int, unsigned int)'),
  lsetxattr: libc.func('int lsetxattr(const void*, const void*, const void*, size_t, int)'),
  lremovexattr: libc.func('int lremovexattr(const void*, const void*)'),
  lgetxattr: libc.func('long lgetxattr(const void*, const void*, void*, size_t)'),
  llistxattr: libc.func('long llistxattr(const void*, void*, size_t)'),
  open: libc.func('int open(const void*, int, unsigned int)'),
  close: libc.func('int close(int)'),
  read: libc.func('long read(int, void*, size_t)'),
  write: libc.func('long write(int, const void*, size_t)'),
  ftruncate: libc.func('int ftruncate(int, long)'),
  getdents64: libc.func('long getdents64(int, void*, size_t)'),
  statx: libc.func('int statx(int, const void*, int, unsigned int, void*)'),
  nameToHandleAt: libc.func('int name_to_handle_at(int, const void*, void*, void*, int)'),
  ioctl: libc.func('int ioctl(int, unsigned long, void*)'),
};

const errnoNames = new Map(Object.entries(systemConstants.errno).map(([name, number]) => [number, name]));
const lastErrno = (): string => errnoNames.get(koffi.errno()) ?? `errno ${koffi.errno()}`;

/** A system call that failed; `errno` is its name, as `ENOENT`. */
export class SystemError extends Error {
  readonly errno: string;
  constructor(call: string, path: string, errno: string) {
    super(`${call} ${JSON.stringify(path)}: ${errno}`);
    this.errno = errno;
  }
}

const cString = (bytes: string): Buffer => Buffer.from(`${bytes}\0`, 'latin1');
const must = (result: number, call: string, path: string): number => {
  if (result < 0) throw new SystemError(call, path, lastErrno());
  return result;
};

export const makeDirectory = (path: Bytes, mode = 0o755): void =>
  void must(c.mkdir(cString(path), mode), 'mkdir', path);
export const makeSymlink = (target: Bytes, path: Bytes): void =>
  void must(c.symlink(cString(target), cString(path)), 'symlink', path);
export const makeLink = (from: Bytes, path: Bytes): void =>
  void must(c.link(cString(from), cString(path)), 'link', path);
export const makeFifo = (path: Bytes): void => void must(c.mknod(cString(path), 0o010644, 0), 'mknod p', path);
export const makeSocket = (path: Bytes): void => void must(c.mknod(cString(path), 0o140644, 0), 'mknod s', path);
/** A character device; `rdev` as makedev(3) has it, below 256:256. */
export const makeDevice = (path: Bytes, major: number, minor: number): void =>
  void must(c.mknod(cString(path), 0o020644, (major << 8) | minor), 'mknod c', path);
export const makeWhiteout = (path: Bytes): void => void must(c.mknod(cString(path), 0o020000, 0), 'mknod c 0 0', path);
export const renamePath = (from: Bytes, to: Bytes): void =>
  void must(c.rename(cString(from), cString(to)), 'rename', from);
export const removeFile = (path: Bytes): void => void must(c.unlink(cString(path)), 'unlink', path);
export const removeDirectory = (path: Bytes): void => void must(c.rmdir(cString(path)), 'rmdir', path);
/** lchown(2) to root. Through an overlay it copies up whatever stands there, also where nothing changes. */
export const changeOwner = (path: Bytes): void => void must(c.lchown(cString(path), 0, 0), 'lchown', path);
export const changeMode = (path: Bytes, mode: number): void => void must(c.chmod(cString(path), mode), 'chmod', path);

/** Appends `data` to the file, which is created if it is absent; `size` then sets its length (a hole beyond the data). */
export function writeFile(path: Bytes, data: Bytes, size?: number): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;
  const fd = must(c.open(cString(path), flags, 0o644), 'open', path);
  try {
    if (data !== '') must(c.write(fd, Buffer.from(data, 'latin1'), data.length), 'write', path);
    if (size !== undefined) must(c.ftruncate(fd, size), 'ftruncate', path);
  } finally {
    c.close(fd);
  }
}

/** Sets an extended attribute without following a symlink. */
export const setXattr = (path: Bytes, name: string, value: Bytes): void =>
  void must(
    c.lsetxattr(cString(path), cString(name), Buffer.from(value, 'latin1'), value.length, 0),
    `setxattr ${name}`,
    path,
  );

export const removeXattr = (path: Bytes, name: string): void =>
  void must(c.lremovexattr(cString(path), cString(name)), `removexattr ${name}`, path);

/** mount(2). `data` is the option string. Gives the errno of a refusal, or null. */
export function mount(source: string, target: Bytes, type: string, flags: number, data: Bytes): string | null {
  return c.mount(cString(source), cString(target), cString(type), flags, cString(data)) < 0 ? lastErrno() : null;
}

export const unmount = (target: Bytes, flags = 0): void =>
  void must(c.umount2(cString(target), flags), 'umount', target);
/** MNT_DETACH of umount2(2). */
export const detach = 2;

export interface DirectoryEntry {
  readonly name: Bytes;
  /** The DT_ value: 4 directory, 8 regular, 10 symlink, 1 fifo, 2 char. */
  readonly type: number;
  /** d_ino. */
  readonly ino: bigint;
}

const dentsBuffer = Buffer.alloc(1 << 16);

/** The raw listing of one directory by getdents64, without `.` and `..`; a string is the errno of the failure. */
export function listDirectory(path: Bytes): DirectoryEntry[] | string {
  const { entries, errno } = listOn(path, 0);
  return errno ?? entries;
}

/**
 * The same, reading on after up to `patience` failures in a row, as the kernel allows: a merged directory fails at an
 * entry that it cannot look up, and goes on behind it when it is asked again. `errno` is the last failure.
 */
export function listOn(path: Bytes, patience: number): { entries: DirectoryEntry[]; errno: string | null } {
  const entries: DirectoryEntry[] = [];
  const fd = c.open(cString(path), constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW, 0);
  if (fd < 0) return { entries, errno: lastErrno() };
  let errno: string | null = null;
  let failures = 0;
  try {
    for (;;) {
      const length = Number(c.getdents64(fd, dentsBuffer, dentsBuffer.length));
      if (length === 0) return { entries, errno };
      if (length < 0) {
        errno = lastErrno();
        if (++failures > patience) return { entries, errno };
        continue;
      }
      failures = 0;
      for (let at = 0; at < length; at += dentsBuffer.readUInt16LE(at + 16)) {
        const end = dentsBuffer.indexOf(0, at + 19);
        const name = dentsBuffer.toString('latin1', at + 19, end);
        if (name === '.' || name === '..') continue;
        const ino = dentsBuffer.readBigUInt64LE(at);
        entries.push({ name: asBytes(name), type: dentsBuffer[at + 18] as number, ino });
      }
    }
  } finally {
    c.close(fd);
  }
}

export interface Stat {
  /** Mode with the file type, as st_mode. */
  readonly mode: number;
  readonly size: bigint;
  readonly ino: bigint;
  /** Major and minor number of st_dev, the major one in the upper 32 bits. */
  readonly dev: bigint;
  readonly nlink: number;
  /** Nanoseconds since the epoch. */
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_EMPTY_PATH = 0x1000;
const O_PATH = 0o10000000;
const statBuffer = Buffer.alloc(256);

const timeAt = (offset: number): bigint =>
  statBuffer.readBigInt64LE(offset) * 1_000_000_000n + BigInt(statBuffer.readUInt32LE(offset + 8));

/** lstat(2) by statx; a string is the errno of the failure. */
export const statPath = (path: Bytes): Stat | string => statAt(-100, cString(path), AT_SYMLINK_NOFOLLOW);

/** fstat(2) by statx. */
export const statOpen = (fd: number): Stat | string => statAt(fd, cString(''), AT_EMPTY_PATH);

function statAt(at: number, path: Buffer, flags: number): Stat | string {
  if (c.statx(at, path, flags, 0x7ff, statBuffer) < 0) return lastErrno();
  return {
    mode: statBuffer.readUInt16LE(28),
    nlink: statBuffer.readUInt32LE(16),
    ino: statBuffer.readBigUInt64LE(32),
    dev: (BigInt(statBuffer.readUInt32LE(136)) << 32n) | BigInt(statBuffer.readUInt32LE(140)),
    size: statBuffer.readBigUInt64LE(40),
    atimeNs: timeAt(64),
    ctimeNs: timeAt(96),
    mtimeNs: timeAt(112),
  };
}

/** Opens without following: for reading, or as a mere place (O_PATH). A string is the errno of the failure. */
export function openPath(path: Bytes, how: 'read' | 'place'): number | string {
  const flags = how === 'read' ? constants.O_RDONLY | constants.O_NONBLOCK : O_PATH;
  const fd = c.open(cString(path), flags | constants.O_NOFOLLOW, 0);
  return fd < 0 ? lastErrno() : fd;
}

export const closeOpen = (fd: number): void => void c.close(fd);

const readBuffer = Buffer.alloc(1 << 13);

/** The first 8 KiB of a regular file; the errno of a failing open or read is in `errno`. */
export function readFile(path: Bytes): { data: Bytes } | { errno: string } {
  const fd = c.open(cString(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0);
  if (fd < 0) return { errno: lastErrno() };
  try {
    const length = Number(c.read(fd, readBuffer, readBuffer.length));
    return length < 0 ? { errno: lastErrno() } : { data: bytesOfArray(readBuffer.subarray(0, length)) };
  } finally {
    c.close(fd);
  }
}

/** The value of an extended attribute, or the errno's name in `errno`. */
export function getXattr(path: Bytes, name: string): { value: Bytes } | { errno: string } {
  const length = Number(c.lgetxattr(cString(path), cString(name), readBuffer, readBuffer.length));
  return length < 0 ? { errno: lastErrno() } : { value: bytesOfArray(readBuffer.subarray(0, length)) };
}

/** Names of all extended attributes of a path (no follow). */
export function listXattrs(path: Bytes): string[] {
  const length = must(Number(c.llistxattr(cString(path), readBuffer, readBuffer.length)), 'listxattr', path);
  return readBuffer.toString('latin1', 0, length).split('\0').slice(0, -1);
}

/** The file handle of a path (no follow): its type and its bytes. */
export function fileHandle(path: Bytes): { type: number; bytes: Bytes } {
  const handle = Buffer.alloc(8 + 128);
  handle.writeUInt32LE(128, 0);
  must(c.nameToHandleAt(-100, cString(path), handle, Buffer.alloc(4), 0), 'name_to_handle_at', path);
  return { type: handle.readInt32LE(4), bytes: bytesOfArray(handle.subarray(8, 8 + handle.readUInt32LE(0))) };
}

const FS_IOC_GETFSUUID = 0x80111500;

/** The 16 bytes of a filesystem's uuid, or null where the filesystem does not tell (btrfs). */
export function filesystemUuid(path: Bytes): Bytes | null {
  const fd = must(c.open(cString(path), constants.O_RDONLY | constants.O_DIRECTORY, 0), 'open', path);
  try {
    const uuid = Buffer.alloc(17);
    if (c.ioctl(fd, FS_IOC_GETFSUUID, uuid) < 0) return null;
    return bytesOfArray(uuid.subarray(1, 17));
  } finally {
    c.close(fd);
  }
}
