import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { AFTER_PATHS, bind, check, path, scratch } from './libc.ts';
import { AT_EMPTY_PATH, AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW } from './open.ts';

/** statx(2): attributes of an inode without opening it, and without following a symlink. */

/** Bits of the mask. */
export const Statx = {
  atime: 0x20,
  ctime: 0x80,
  basic: 0x7ff,
  btime: 0x800,
  mntId: 0x1000,
  mntIdUnique: 0x4000,
  subvolume: 0x8000,
} as const;

/** Bits of stx_attributes. */
export const StatxAttribute = { automount: 0x1000, mountRoot: 0x2000 } as const;

/** Size of struct statx, and byte offsets in it. */
export const STATX_SIZE = 256;
export const StatxField = {
  mask: 0,
  attributes: 8,
  nlink: 16,
  uid: 20,
  gid: 24,
  mode: 28,
  ino: 32,
  size: 40,
  blocks: 48,
  attributesMask: 56,
  atime: 64,
  btime: 80,
  ctime: 96,
  mtime: 112,
  rdevMajor: 128,
  rdevMinor: 132,
  devMajor: 136,
  devMinor: 140,
  mntId: 144,
  subvolume: 160,
} as const;

/** The bare call: −1 and errno() on failure. */
export const rawStatx = bind<(dirfd: number, path: number, flags: number, mask: number, out: number) => number>(
  'statx',
  'int',
  ['int', 'address', 'int', 'uint', 'address'],
);

export type Stat = {
  mode: number;
  ino: bigint;
  /** "major:minor" */
  dev: string;
  rdev: string;
  nlink: number;
  uid: number;
  gid: number;
  size: bigint;
  blocks: bigint;
  atimeNs: bigint;
  mtimeNs: bigint;
  ctimeNs: bigint;
  btimeNs: bigint | null;
  /** Something is mounted on it, or it is the root of a mount; null where the kernel does not tell (before 5.8). */
  mountRoot: boolean | null;
  /** Id of the mount: the unique 64-bit one from Linux 6.8 on where `unique`, else the reusable one; null before 5.8. */
  mntId: { id: bigint; unique: boolean } | null;
};

/** Attributes of `name` below `dirfd`, or of `dirfd` itself for the empty name. Throws a SyscallError. */
export function statx(dirfd: number, name: Bytes): Stat {
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name === '' ? AT_EMPTY_PATH : 0);
  const mask = Statx.basic | Statx.btime | Statx.mntId | Statx.mntIdUnique;
  const at = AFTER_PATHS;
  check('statx', rawStatx(dirfd, path(name), flags, mask, scratch.address + at));
  const { view } = scratch;
  const u32 = (field: number): number => view.getUint32(at + field, true);
  const u64 = (field: number): bigint => view.getBigUint64(at + field, true);
  const time = (field: number): bigint => view.getBigInt64(at + field, true) * 1_000_000_000n + BigInt(u32(field + 8));
  const got = u32(StatxField.mask);
  const mountBit = BigInt(StatxAttribute.mountRoot);
  const unique = (got & Statx.mntIdUnique) !== 0;
  return {
    mode: view.getUint16(at + StatxField.mode, true),
    ino: u64(StatxField.ino),
    dev: `${u32(StatxField.devMajor)}:${u32(StatxField.devMinor)}`,
    rdev: `${u32(StatxField.rdevMajor)}:${u32(StatxField.rdevMinor)}`,
    nlink: u32(StatxField.nlink),
    uid: u32(StatxField.uid),
    gid: u32(StatxField.gid),
    size: u64(StatxField.size),
    blocks: u64(StatxField.blocks),
    atimeNs: time(StatxField.atime),
    mtimeNs: time(StatxField.mtime),
    ctimeNs: time(StatxField.ctime),
    btimeNs: (got & Statx.btime) !== 0 ? time(StatxField.btime) : null,
    mountRoot:
      (u64(StatxField.attributesMask) & mountBit) !== 0n ? (u64(StatxField.attributes) & mountBit) !== 0n : null,
    mntId: unique || (got & Statx.mntId) !== 0 ? { id: u64(StatxField.mntId), unique } : null,
  };
}

/** Type bits of a mode, and their values. */
export const Mode = {
  mask: 0o170000,
  fifo: 0o010000,
  char: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  regular: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
} as const;
