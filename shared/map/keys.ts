/**
 * What names an inode in a map, and outlives a remount: its filesystem (uuid; on btrfs with the subvolume, since its
 * subvolumes number their inodes each for itself) and its file handle, which tells a number used again from the old one.
 */
import type { Handle } from '../ipc/probe.ts';
import { partsOfFid } from '../xattrs/handle.ts';
import { arrayOfHex } from '../xattrs/index.ts';

/** A handle as text: type and fid in hex, `01:06800000308dd7b9`. Null where the filesystem gives none. */
export const handleText = (handle: Handle | null): string | null =>
  handle === null ? null : `${handle.type.toString(16).padStart(2, '0')}:${handle.fid}`;

/** The root id of the btrfs subvolume that a handle's inode lies in; null for other filesystems. */
export function subvolumeOf(fsType: string, handle: Handle): bigint | null {
  const fid = arrayOfHex(handle.fid);
  if (fid === null) return null;
  return partsOfFid(fsType, handle.type, fid).find(({ label }) => label === 'subvolume')?.value ?? null;
}

/** What is known of the filesystem of an inode. */
export type FilesystemFacts = {
  type: string;
  /** 32 hex digits, or null where it has none (squashfs, FUSE). */
  uuid: string | null;
  /** Another filesystem of the stack has the same uuid (a cloned image). */
  isShared: boolean;
  /** st_dev, MAJ:MIN. */
  dev: string;
};

/**
 * The filesystem's key: its uuid, on btrfs `UUID/SUBVOLUME`, the uuid as `list` shows it. Where there is no uuid, `dev:MAJ:MIN` stands in its place,
 * and where two filesystems have the same, the device stands behind it: such keys hold for the life of the mount alone.
 */
export function filesystemKey({ type, uuid, isShared, dev }: FilesystemFacts, handle: Handle | null): string {
  if (uuid === null) return `dev:${dev}`;
  const subvolume = handle === null ? null : subvolumeOf(type, handle);
  const key = subvolume === null ? uuid : `${uuid}/${subvolume}`;
  return isShared ? `${key}@${dev}` : key;
}

/** Whether a key outlives the mount. */
export const isLasting = (key: string): boolean => !key.startsWith('dev:') && !key.includes('@');

const HALF = 2n ** 63n;
/** An inode number as SQLite's signed 64 bits hold it: those above 2⁶³ as two's complement. */
export const signed = (ino: bigint): bigint => (ino < HALF ? ino : BigInt.asIntN(64, ino));
/** The number again. */
export const unsigned = (stored: bigint): bigint => (stored >= 0n ? stored : BigInt.asUintN(64, stored));

/** `MAJ:MIN:INO`, as the terminal's --upper and --lower name an inode; null where it is none. */
export function parseInode(text: string): { dev: string; ino: bigint } | null {
  const [, major, minor, digits] = /^(\d{1,10}):(\d{1,10}):(\d{1,20})$/.exec(text) ?? [];
  if (digits === undefined) return null;
  const ino = BigInt(digits);
  return ino >= 2n ** 64n ? null : { dev: `${Number(major)}:${Number(minor)}`, ino };
}
