/**
 * What is known of a raw entry's marks, as bits. They are of the one xattr prefix that the stack's mount reads
 * (trusted.overlay. or, with userxattr, user.overlay.).
 */
export const MarkBit = {
  /** Character device 0:0. */
  whiteout: 1 << 0,
  /** Zero-size regular file with overlay.whiteout. */
  xattrWhiteout: 1 << 1,
  /** Directory, overlay.opaque is exactly `y`. */
  opaque: 1 << 2,
  /** Directory, overlay.opaque is exactly `x`: it holds xattr whiteouts. */
  xwhiteouts: 1 << 3,
  redirect: 1 << 4,
  /** Regular file with overlay.metacopy. */
  metacopy: 1 << 5,
  /** overlay.metacopy of one to three bytes: the kernel answers EIO. */
  metacopyTooSmall: 1 << 6,
  /** Directory, overlay.impure is exactly `y`. */
  impure: 1 << 7,
  origin: 1 << 8,
  /** overlay.nlink: a hard link kept whole by the index. */
  nlink: 1 << 9,
  protattr: 1 << 10,
  /** The marks could not be read, all or some: what follows from them is unknown. */
  unknown: 1 << 11,
  /** Another mount lies on it and hides what the kernel reads. */
  covered: 1 << 12,
  /** The layer is an overlay that answers an error to the name. */
  refused: 1 << 13,
} as const;

/** File types as they stand in st_mode >> 12. */
export const Kind = {
  fifo: 1,
  char: 2,
  dir: 4,
  block: 6,
  file: 8,
  symlink: 10,
  socket: 12,
} as const;
