import type { Bytes } from '../bytes/bytes.ts';

/**
 * The packed records of a walk. A chunk holds whole directory blocks, little endian:
 *
 *   block   u32 length (this header and all records) · u16 layer · i16 errno (0, or why the directory could not be
 *           read: what was read before stands) · u32 directory (id; the layer's root is 0) · u32 count of records ·
 *           u32 flags (BLOCK_PARTIAL: more blocks of this directory follow)
 *   record  RECORD_FIXED bytes as in `Field`, then the name, then `items` items; padded to a multiple of 8
 *   item    u8 kind (ItemKind) · u8 length of name · u16 length of value (ITEM_REFUSED: value refused) · name · value
 *
 * Directory ids are a layer's own and given when the parent is read (`childDirectory`), so a block can be joined to its
 * parent's record whatever the order in which threads finish. The block of a parent always comes before its children's.
 */
export const BLOCK_HEADER = 20;
export const BLOCK_PARTIAL = 1;

/** Byte offsets inside a record. */
export const Field = {
  length: 0, // u32, whole record, padding included
  mode: 4, // u32, st_mode
  ino: 8, // u64
  size: 16, // u64
  blocks: 24, // u64, of 512 bytes
  mtime: 32, // i64, nanoseconds
  btime: 40, // i64, nanoseconds; NO_TIME where the filesystem has none
  uid: 48, // u32
  gid: 52, // u32
  nlink: 56, // u32
  devMajor: 60, // u32
  devMinor: 64, // u32
  rdevMajor: 68, // u32
  rdevMinor: 72, // u32
  childDirectory: 76, // u32, id of the directory that this entry is, NO_DIRECTORY for others
  nameLength: 80, // u16
  items: 82, // u16
  errno: 84, // i16, why statx failed; then only the name and dtype are true
  flags: 86, // u8, RecordFlag
  dtype: 87, // u8, d_type of getdents64
} as const;
export const RECORD_FIXED = 88;
export const NO_DIRECTORY = 0xffffffff;
export const NO_TIME = -(2n ** 63n);
export const ITEM_REFUSED = 0xffff;

export const RecordFlag = {
  /** Attribute names could not be listed: marks are unknown. */
  xattrsRefused: 1,
  /** Another mount lies on this entry and hides what the kernel reads: everything of it is unknown. */
  covered: 2,
  /** It has attributes besides those sent. */
  otherXattrs: 4,
  // The others are of a layer that lies on an overlay, and say what that one's mount answers.
  /** A lookup of the name answers `errno`, though a listing gives it. */
  refused: 8,
  /** No layer holds its bytes. */
  noData: 16,
  /** Which layer holds its bytes is not known. */
  dataUnknown: 32,
  /** With `refused`: a listing does not give the name either. */
  unlisted: 64,
} as const;

export const ItemKind = {
  /** trusted.overlay.NAME: name is NAME */
  trusted: 1,
  /** user.overlay.NAME: name is NAME */
  user: 2,
  /** Target of a symlink: name is empty */
  target: 3,
  /**
   * What the handle in the overlay.origin before it opened: name is empty; OPENED_SIZE bytes (u64 inode, u32 nlink,
   * u32 st_mode, u32 major, u32 minor), or 4 bytes: i32 errno of why it did not open
   */
  opened: 4,
  /** u64 inode number that the directory itself lists, where it is not the entry's st_ino: name is empty */
  listed: 5,
} as const;

/** Length of an ItemKind.opened that opened. */
export const OPENED_SIZE = 24;

export type RecordItem = { kind: number; name: Bytes; value: Uint8Array | null };
