import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { AFTER_PATHS, bind, check, path, scratch } from '../../probe/syscalls/libc.ts';
import { AT_EMPTY_PATH, AT_FDCWD, Open, raw } from '../../probe/syscalls/open.ts';

/** Calls that change names: creating, linking, renaming, removing. Each throws a SyscallError. */

/** Flags of open(2) beside those that reading needs. */
export const Create = {
  writeOnly: 1,
  readWrite: 2,
  accessMask: 3,
  create: 0o100,
  exclusive: 0o200,
  truncate: 0o1000,
  append: 0o2000,
  /** O_TMPFILE with the O_DIRECTORY that is part of it. */
  temporary: 0o20000000 | Open.directory,
} as const;

/** Flags of renameat2(2). */
export const Rename = { noReplace: 1, exchange: 2, whiteout: 4 } as const;

const AT_REMOVEDIR = 0x200;
const AT_SYMLINK_FOLLOW = 0x400;
const RESOLVE_NO_XDEV = 1;
const RESOLVE_NO_SYMLINKS = 4;
const RESOLVE_BENEATH = 8;

type Names = (dirfd: number, path: number, mode: number) => number;
const mkdiratCall = bind<Names>('mkdirat', 'int', ['int', 'address', 'uint']);
const unlinkatCall = bind<Names>('unlinkat', 'int', ['int', 'address', 'int']);
const symlinkatCall = bind<(target: number, dirfd: number, path: number) => number>('symlinkat', 'int', [
  'address',
  'int',
  'address',
]);
const mknodatCall = bind<(dirfd: number, path: number, mode: number, device: number) => number>('mknodat', 'int', [
  'int',
  'address',
  'uint',
  'uint64',
]);
type TwoNames = (fromDir: number, from: number, toDir: number, to: number, flags: number) => number;
const linkatCall = bind<TwoNames>('linkat', 'int', ['int', 'address', 'int', 'address', 'int']);
const renameat2Call = bind<TwoNames>('renameat2', 'int', ['int', 'address', 'int', 'address', 'uint']);

/**
 * Opens one name of a directory, never through a symlink, never out of the directory or into another mount. `mode`
 * counts where `flags` create.
 */
export function openBeneath(dirfd: number, name: Bytes, flags: number, mode = 0): number {
  const how = AFTER_PATHS;
  scratch.view.setBigUint64(how, BigInt((flags | Open.closeOnExec | Open.noFollow) >>> 0), true);
  scratch.view.setBigUint64(how + 8, BigInt(mode), true);
  const resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  scratch.view.setBigUint64(how + 16, BigInt(resolve), true);
  return check('openat2', raw.openat2(dirfd, path(name), scratch.address + how, 24));
}

/** The text by which a descriptor's own inode is reached again. */
export const fdPath = (fd: number): Bytes => asBytes(`/proc/self/fd/${fd}`);

/** Opens the inode of a descriptor (O_PATH will do) once more, with other flags. */
export const reopen = (fd: number, flags: number): number =>
  check('openat', raw.openat(AT_FDCWD, path(fdPath(fd)), flags | Open.closeOnExec, 0));

/** An unnamed file in a directory. */
export function openTemporary(dirfd: number, flags: number, mode: number): number {
  const all = flags | Create.temporary | Open.closeOnExec;
  return check('openat', raw.openat(dirfd, path(asBytes('.')), all, mode));
}

export const mkdirat = (dirfd: number, name: Bytes, mode: number): void =>
  void check('mkdirat', mkdiratCall(dirfd, path(name), mode));
export const unlinkat = (dirfd: number, name: Bytes): void =>
  void check('unlinkat', unlinkatCall(dirfd, path(name), 0));
export const rmdirat = (dirfd: number, name: Bytes): void =>
  void check('unlinkat', unlinkatCall(dirfd, path(name), AT_REMOVEDIR));
export const symlinkat = (target: Bytes, dirfd: number, name: Bytes): void =>
  void check('symlinkat', symlinkatCall(path(target), dirfd, path(name, 1)));

/** A device's number as makedev(3) of Linux packs it. */
const packedDevice = (major: number, minor: number): number =>
  (minor & 0xff) + (major & 0xfff) * 0x100 + Math.floor(minor / 0x100) * 0x100000;

/** `mode` with its type bits. */
export const mknodat = (dirfd: number, name: Bytes, mode: number, major = 0, minor = 0): void =>
  void check('mknodat', mknodatCall(dirfd, path(name), mode, packedDevice(major, minor)));

/** Gives the inode of a descriptor (also an unnamed one) a name. */
export const linkFd = (fd: number, dirfd: number, name: Bytes): void =>
  void check('linkat', linkatCall(AT_FDCWD, path(fdPath(fd)), dirfd, path(name, 1), AT_SYMLINK_FOLLOW));

export const renameat2 = (fromDir: number, from: Bytes, toDir: number, to: Bytes, flags: number): void =>
  void check('renameat2', renameat2Call(fromDir, path(from), toDir, path(to, 1), flags));

const fchownatCall = bind<(dirfd: number, path: number, uid: number, gid: number, flags: number) => number>(
  'fchownat',
  'int',
  ['int', 'address', 'uint', 'uint', 'int'],
);
const chmodCall = bind<(path: number, mode: number) => number>('chmod', 'int', ['address', 'uint']);
const utimensatCall = bind<(dirfd: number, path: number, times: number, flags: number) => number>('utimensat', 'int', [
  'int',
  'address',
  'address',
  'int',
]);

/** An id that leaves the owner or the group as it is. */
export const KEEP_ID = 0xffffffff;

/** Owner and group of a descriptor's inode (O_PATH will do). */
export const chownFd = (fd: number, uid: number, gid: number): void =>
  void check('fchownat', fchownatCall(fd, path(asBytes('')), uid, gid, AT_EMPTY_PATH));

/** Permission bits of a descriptor's inode, which must be no symlink. */
export const chmodFd = (fd: number, mode: number): void => void check('chmod', chmodCall(path(fdPath(fd)), mode));

const UTIME_OMIT = 0x3ffffffe;
const BILLION = 1_000_000_000n;

/** Times of a descriptor's inode, ns since the epoch; null leaves one as it is. */
export function utimensFd(fd: number, atimeNs: bigint | null, mtimeNs: bigint | null): void {
  const at = AFTER_PATHS;
  [atimeNs, mtimeNs].forEach((time, i) => {
    const rest = time === null ? BigInt(UTIME_OMIT) : ((time % BILLION) + BILLION) % BILLION;
    scratch.view.setBigInt64(at + 16 * i, time === null ? 0n : (time - rest) / BILLION, true);
    scratch.view.setBigInt64(at + 16 * i + 8, rest, true);
  });
  check('utimensat', utimensatCall(fd, path(asBytes('')), scratch.address + at, AT_EMPTY_PATH));
}
