import type { OriginState } from '../contract/scan.ts';
import type { InodeMode } from './mode.ts';
import type { NumberRow } from './rows.ts';

/** An inode as a layer has it. */
export type RealInode = { ino: bigint; nlink: number; fsid: number };

/**
 * What an object showed before its copy-up, where its origin cannot be used: an inode that is still in memory goes on
 * showing it. `inode` is null where nothing tells which lower inode that was; `isSure`: it was copied up for certain.
 * Null where it was not, or where the number changed at once.
 */
export type Former = { inode: RealInode | null; isSure: boolean } | null;

/** What decides the numbers of one object that is found. */
export type NumberFacts = {
  isRoot: boolean;
  isDir: boolean;
  /** The upper's inode; null where the upper has none. */
  upper: RealInode | null;
  /**
   * The lower inode that the object is known by: topmost of the directories that merge, the file itself, a metacopy's
   * by path, or the one that overlay.origin names, whether it may be taken or not; null where there is none.
   */
  lower: RealInode | null;
  /** Lower directories that merge. */
  lowers: number;
  /** State of the origin; null for what needs none or has none, and for directories. */
  origin: OriginState | null;
  isMetacopy: boolean;
  /** Union link count of an indexed inode (inode.c:ovl_get_nlink); null where the index does not have it. */
  indexedLinks: number | null;
  /** nfs_export is on (and with it index): only what the index has goes by its lower. */
  onlyIndexed: boolean;
  /** At the same path a lower inode with several names lies hidden, and the upper's has no origin. */
  hidesHardLink: boolean;
  former: Former;
};

/** What decides whether numbers last. */
export type MountFacts = {
  mode: InodeMode;
  /** There is an upper to which something can be copied. */
  copiesUp: boolean;
  index: boolean;
  /** By filesystem id: a handle of a lower there can be stored at copy-up and decoded again. */
  keepsOrigin: (fsid: number) => boolean;
  /** Only regular files and directories can hold the marks (user.* attributes). */
  marksFilesOnly: boolean;
  /** By filesystem id: its own numbers may change while it is mounted (FUSE). */
  changes: (fsid: number) => boolean;
};

/** How the parent's listing finds the entry's number. */
export type ListingFacts = {
  /** Number in the real directory that is listed first; null where it is not known. */
  raw: bigint | null;
  /** That directory is the upper's. */
  inUpper: boolean;
  /** The parent is read entry by entry over all its layers (readdir.c:ovl_dir_is_real says no). */
  isMerged: boolean;
  /** The parent's upper has the impure mark. */
  isImpure: boolean;
  /** Filesystem of the parent's topmost lower, 0 where it has none. */
  parentFsid: number;
};

/** Which inode gives the number, and by which row of the table. */
export type NumberSource = { row: NumberRow; from: RealInode; usesLower: boolean };

/** A number as the mount shows it; null: the kernel counts. */
export type ShownNumber = { dev: 'overlay' | `pseudo:${number}`; ino: bigint | null };

/** States of an origin whose lower inode is alive. */
const GAINS: ReadonlySet<OriginState> = new Set(['ignored', 'by-path']);

/**
 * Which inode an object's number is from (inode.c:ovl_getattr; ovl_hash_bylower decides whether a copied-up object is
 * known by its lower inode). The facts must name an upper or a lower.
 */
export function numberSource(facts: NumberFacts): NumberSource {
  const { upper, lower, isRoot, isDir } = facts;
  const fromUpper = (row: NumberRow): NumberSource => ({ row, from: upper as RealInode, usesLower: false });
  const fromLower = (row: NumberRow): NumberSource => ({ row, from: lower as RealInode, usesLower: true });
  if (isRoot) return upper ? fromUpper('root, with upper') : fromLower('root, no upper');
  if (isDir) {
    if (!upper) return fromLower(facts.lowers > 1 ? 'dir merged, no upper part' : 'dir lower only');
    if (!lower) return fromUpper('dir pure upper');
    if (facts.onlyIndexed && facts.indexedLinks === null) return fromUpper('dir merged, not indexed');
    return fromLower('dir merged with upper');
  }
  if (!upper) return fromLower((lower as RealInode).nlink > 1 ? 'lower hard link' : 'file lower');
  if (facts.isMetacopy && lower && (facts.indexedLinks !== null || (!facts.onlyIndexed && lower.nlink === 1)))
    return fromLower('metacopy');
  if (facts.origin === null)
    return fromUpper(facts.hidesHardLink ? 'hard link copied up, index off' : 'pure upper file');
  // A lower inode whose last name is gone may still open; the kernel takes those with one name (inode.c:ovl_getattr).
  if (facts.origin === 'verified' && lower && (facts.indexedLinks !== null || lower.nlink === 1))
    return fromLower(
      facts.indexedLinks !== null && lower.nlink > 1 ? 'hard link copied up, index on' : 'copied up, origin usable',
    );
  const gained = lower !== null && lower.nlink > 1 && facts.indexedLinks === null && GAINS.has(facts.origin);
  return fromUpper(gained ? 'lower gained a link' : 'copied up, origin missing');
}

/** The number and device that the mount makes of a real inode (inode.c:ovl_map_dev_ino). */
export function mapNumber(mode: InodeMode, isDir: boolean, ino: bigint, fsid: number): ShownNumber {
  if (mode.mode === 'same-fs') return { dev: 'overlay', ino };
  const mapped = mode.mode === 'xino' ? withFsid(mode, ino, fsid) : null;
  if (mapped !== null) return { dev: 'overlay', ino: mapped };
  return isDir ? { dev: 'overlay', ino: null } : { dev: `pseudo:${fsid}`, ino };
}

/** The number with its filesystem id in the top bits; null where it does not fit below them. */
export function withFsid({ xinoBits }: InodeMode, ino: bigint, fsid: number): bigint | null {
  if (xinoBits === null || ino >> BigInt(64 - xinoBits) !== 0n) return null;
  return ino | (BigInt(fsid) << BigInt(65 - xinoBits));
}

/**
 * d_ino of an object in its parent's listing (readdir.c:ovl_calc_d_ino, ovl_cache_update, ovl_fill_real). `shown` is its
 * st_ino. Null where it is not known, or is one that the kernel counts.
 */
export function listedNumber(
  mode: InodeMode,
  facts: NumberFacts,
  source: NumberSource,
  shown: ShownNumber,
  listing: ListingFacts,
): bigint | null {
  const { raw, inUpper, isMerged, isImpure } = listing;
  if (raw === null) return null;
  const isXino = mode.mode === 'xino';
  const remapped = (fsid: number): bigint => (isXino ? (withFsid(mode, raw, fsid) ?? raw) : raw);
  /** OVL_TYPE_ORIGIN: an upper that is known by its lower. */
  const hasOrigin = facts.upper !== null && source.usesLower;
  if (mode.mode === 'none') return raw;
  if (isMerged) {
    if (!isXino && !(inUpper && isImpure)) return raw;
    if (hasOrigin) return shown.ino;
    return facts.upper ? raw : remapped(facts.lower?.fsid ?? 0);
  }
  if (inUpper && isImpure) return hasOrigin ? shown.ino : raw;
  return remapped(listing.parentFsid);
}

/**
 * What an inode that is still in memory from before its copy-up may show instead; null where there is no such thing,
 * `unknown` where nothing tells what.
 */
export function cachedNumber(mode: InodeMode, facts: NumberFacts, shown: ShownNumber): ShownNumber | 'unknown' | null {
  if (facts.former === null) return null;
  const { inode } = facts.former;
  if (inode === null) return 'unknown';
  const cached = mapNumber(mode, facts.isDir, inode.ino, inode.fsid);
  return cached.ino === shown.ino && cached.dev === shown.dev ? null : cached;
}

/**
 * Whether a number stays over copy-up, eviction and remount; `unknown` where nothing tells whether memory
 * shows another. `isFile`: a regular file.
 */
export function isStable(
  mount: MountFacts,
  facts: NumberFacts,
  { row, from, usesLower }: NumberSource,
  shown: ShownNumber,
  isFile: boolean,
): boolean | 'unknown' {
  if (shown.ino === null || mount.changes(from.fsid)) return false;
  if (cachedNumber(mount.mode, facts, shown) !== null) return facts.former?.isSure ? false : 'unknown';
  // Memory alone keeps alive what has no name any more.
  if (usesLower && from.nlink === 0) return false;
  if (row === 'copied up, origin usable' || row === 'hard link copied up, index on')
    return mount.keepsOrigin(from.fsid);
  if (row === 'lower hard link') return !mount.copiesUp || (mount.index && mount.keepsOrigin(from.fsid));
  if (row === 'file lower')
    return !mount.copiesUp || (mount.keepsOrigin(from.fsid) && (isFile || !mount.marksFilesOnly));
  if (row === 'dir lower only' || row === 'dir merged, no upper part')
    return !mount.copiesUp || !facts.onlyIndexed || mount.keepsOrigin(from.fsid);
  return true;
}
