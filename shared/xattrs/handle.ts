/**
 * The file handle that overlayfs stores: the value of `overlay.origin` and `overlay.upper`, and, in hex, the name of an
 * entry of the index directory (kernel: fs/overlayfs/overlayfs.h:struct ovl_fb, packed):
 *
 *   0 version (0) · 1 magic 0xfb · 2 length of all · 3 flags · 4 handle type · 5 uuid of the filesystem, 16 bytes · 21 fid
 */

/** Byte offsets inside a stored handle. */
export const FbField = { version: 0, magic: 1, length: 2, flags: 3, type: 4, uuid: 5, fid: 21 } as const;
export const FB_MAGIC = 0xfb;

export const FbFlag = {
  /** The fid was written by a big-endian machine. */
  bigEndian: 1,
  anyEndian: 2,
  /** It names an inode of the upper layer; else of a lower. */
  upper: 4,
} as const;
const KNOWN_FLAGS = FbFlag.bigEndian | FbFlag.anyEndian | FbFlag.upper;

/** Handle types that a filesystem gives (kernel: include/linux/exportfs.h:enum fid_type). */
export const FidType = {
  ino32: 0x01,
  btrfs: 0x4d,
  ino64: 0x81,
  overlay: 0xf8,
  /** Overlay handles of kernels before 5.5: without the three bytes of padding. */
  overlayUnpadded: 0xfb,
} as const;

/** A stored handle, taken apart. */
export type ParsedFb = {
  flags: number;
  /** Type of the fid, as name_to_handle_at gives it. */
  type: number;
  /** Uuid of the filesystem, 32 hex digits; all zero where it has none. */
  uuid: string;
  /** The filesystem's own part: a view into the value. */
  fid: Uint8Array;
};

/**
 * Why a value is no handle. The kernel passes over the mark in each of these cases: `empty` says "copied up, origin
 * unknown", `version`, `flags` and `endian` are those of another kernel or machine, the rest are faults.
 */
export type HandleProblem = 'empty' | 'truncated' | 'magic' | 'version' | 'flags' | 'endian';

/**
 * Takes a stored handle apart, by the checks of the kernel (util.c:ovl_check_fb_len) in its order. Bytes beyond the
 * handle's own length are passed over, as there. Allocates the result alone.
 */
export function parseHandle(value: Uint8Array): ParsedFb | { problem: HandleProblem } {
  if (value.length === 0) return { problem: 'empty' };
  const length = value[FbField.length] ?? 0;
  if (value.length < FbField.fid || value.length < length) return { problem: 'truncated' };
  if (value[FbField.magic] !== FB_MAGIC) return { problem: 'magic' };
  if (value[FbField.version] !== 0) return { problem: 'version' };
  const flags = value[FbField.flags] as number;
  if ((flags & ~KNOWN_FLAGS) !== 0) return { problem: 'flags' };
  if ((flags & FbFlag.bigEndian) !== 0 && (flags & FbFlag.anyEndian) === 0) return { problem: 'endian' };
  if (length < FbField.fid) return { problem: 'truncated' };
  return {
    flags,
    type: value[FbField.type] as number,
    uuid: hexOfArray(value, FbField.uuid, FbField.fid),
    fid: value.subarray(FbField.fid, length),
  };
}

/** Parts of a fid, each with its byte range inside the fid. */
export type FidPart = { label: 'inode' | 'generation' | 'subvolume'; value: bigint; from: number; to: number };

const u32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)) >>>
  0;
const u64 = (bytes: Uint8Array, at: number): bigint => BigInt(u32(bytes, at)) | (BigInt(u32(bytes, at + 4)) << 32n);

/** How a fid of this type is laid out on this filesystem. */
type Layout = 'ino32' | 'tmpfs' | 'ino64' | 'high-first' | 'btrfs' | 'other';

/** Whether filesystems of this type are FUSE's. */
export const isFuse = (fsType: string): boolean =>
  fsType === 'fuse' || fsType === 'fuseblk' || fsType.startsWith('fuse.');

/**
 * The layout, or 'other' where the parts name no inode: FUSE (a node id, which is no st_ino), iso9660 (a block), an
 * overlay (see `nestedHandle`), and what is not known. A type alone does not always tell: 0x01 with 12 bytes is tmpfs or
 * iso9660, 0x81 is xfs, erofs or FUSE, so these need `fsType`.
 */
function layoutOf(fsType: string | null, type: number, length: number): Layout {
  if (type === FidType.btrfs) return length >= 20 ? 'btrfs' : 'other';
  if (type === FidType.ino32) {
    if (fsType === 'tmpfs') return length >= 12 ? 'tmpfs' : 'other';
    if (fsType === 'iso9660') return 'other';
    return length === 8 ? 'ino32' : 'other';
  }
  if (type === FidType.ino64 && length >= 12) {
    if (fsType === 'xfs') return 'ino64';
    if (fsType === 'erofs') return 'high-first';
  }
  return 'other';
}

/** Parts of a fid in the order of its bytes; none where it names no inode or `fsType` (null: not known) is needed. */
export function partsOfFid(fsType: string | null, type: number, fid: Uint8Array): FidPart[] {
  const word = (label: FidPart['label'], at: number): FidPart => ({
    label,
    value: BigInt(u32(fid, at)),
    from: at,
    to: at + 4,
  });
  const long = (label: FidPart['label'], at: number, highFirst = false): FidPart => ({
    label,
    value: highFirst ? (BigInt(u32(fid, at)) << 32n) | BigInt(u32(fid, at + 4)) : u64(fid, at),
    from: at,
    to: at + 8,
  });
  switch (layoutOf(fsType, type, fid.length)) {
    case 'ino32':
      return [word('inode', 0), word('generation', 4)];
    case 'tmpfs':
      return [word('generation', 0), long('inode', 4)];
    case 'ino64':
      return [long('inode', 0), word('generation', 8)];
    case 'high-first':
      return [long('inode', 0, true), word('generation', 8)];
    case 'btrfs':
      return [long('inode', 0), long('subvolume', 8), word('generation', 16)];
    case 'other':
      return [];
  }
}

/**
 * The st_ino of the inode that a fid names, or null where the fid does not tell it (see `layoutOf`).
 * `fsType` is the filesystem's name as in mountinfo, null where it is not known.
 */
export function inodeOfFid(fsType: string | null, type: number, fid: Uint8Array): bigint | null {
  switch (layoutOf(fsType, type, fid.length)) {
    case 'ino32':
      return BigInt(u32(fid, 0));
    case 'tmpfs':
      return u64(fid, 4);
    case 'ino64':
    case 'btrfs':
      return u64(fid, 0);
    case 'high-first':
      return (BigInt(u32(fid, 0)) << 32n) | BigInt(u32(fid, 4));
    case 'other':
      return null;
  }
}

/**
 * Where a fid is of an overlay (type 0xf8: three bytes of padding first), the handle inside it and its place in the fid;
 * else null.
 */
export function nestedHandle(type: number, fid: Uint8Array): { from: number; value: Uint8Array } | null {
  if (type === FidType.overlay && fid.length >= 3) return { from: 3, value: fid.subarray(3) };
  if (type === FidType.overlayUnpadded) return { from: 0, value: fid };
  return null;
}

/** The node id in a FUSE handle, which the server counts; null where it is no such handle. */
export function fuseNode(type: number, fid: Uint8Array): bigint | null {
  if (type !== FidType.ino64 || fid.length < 12) return null;
  return (BigInt(u32(fid, 0)) << 32n) | BigInt(u32(fid, 4));
}

/** Whether filesystems of this type give handles whose numbers are no st_ino. */
export const handlesNameNoInode = (fsType: string): boolean => isFuse(fsType) || fsType === 'iso9660';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lowercase hex of bytes [from, to). */
export function hexOfArray(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let out = '';
  for (let i = from; i < to; i++) out += HEX[bytes[i] as number];
  return out;
}

/** Bytes of a hex text (an index entry's name, a handle from the probe), or null where it is not hex. */
export function arrayOfHex(text: string): Uint8Array | null {
  if (!/^([0-9a-f]{2})*$/i.test(text)) return null;
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return out;
}

/** A uuid as people write it: 8-4-4-4-12. */
export const uuidText = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
