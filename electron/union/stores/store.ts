import type { Bytes } from '../../../shared/bytes/bytes.ts';

/**
 * Where the map upper inode → lower inode is kept. A mapping is written before its upper inode gets a name, and deleted
 * at removal. The upper's handle stands in it: where that differs, the number was used again and the mapping is void.
 */
export type Mapping = {
  upperIno: bigint;
  /** See handleText of shared/map; null where the filesystem gives none. */
  upperHandle: string | null;
  lower: Origin;
  /** Its name at the copy-up, from the union's root; for people who read the map. */
  path?: Bytes;
};

/** A lower inode: what the number of its copy is made of. */
export type Origin = {
  /** Number of its filesystem (see filesystems.ts). */
  filesystem: number;
  ino: bigint;
  handle: string | null;
};

export type StoreKind = 'xattr' | 'database' | 'memory' | 'bitmap' | 'array';

export type StoreFigures = { mappings: number; storeReads: number; storeSkips: number };

/** `place` gives a descriptor of the upper inode, for a store that is kept on it. */
export type MappingStore = {
  /** It is kept on the upper inodes, so that asking for one costs a look at that inode. */
  readonly isOnInodes: boolean;
  get(upperIno: bigint, place: () => number): Mapping | null;
  /** The mapping to a lower inode, or null. */
  byLower(filesystem: number, ino: bigint): Mapping | null;
  /** Returns once it would outlive the end of this process. */
  put(mapping: Mapping, place: () => number): void;
  remove(mapping: Mapping, place: () => number): void;
  /** Every mapping there is, in any order. */
  all(): Iterable<Mapping>;
  /** The access time of a lower file that was read through temporary files (ns), or null. */
  atime(lower: Origin): bigint | null;
  setAtime(lower: Origin, atimeNs: bigint | null): void;
  figures(): StoreFigures;
  close(): void;
};
