import type { RuleId } from './rules.ts';

/** What the lookup reads, what decides it, and what it answers: the words that it has in common with its callers. */

/** Answers of `RawTree.find*` beside an entry's id. */
export const ABSENT = -1;
/** The directory was not read (yet, or at all): nothing can be said of a name in it. */
export const NOT_READ = -2;

/** A place in a stack of directories where a layer could not be read: it may or may not hold the directory. */
export const unknownComponent = (layer: number): number => -16 - layer;
export const layerOfUnknown = (component: number): number => -16 - component;

/** What the lookup reads. Entries are small integers ≥ 0. */
export type RawTree = {
  /** st_mode >> 12. */
  kind(entry: number): number;
  /** MarkBit of the prefix that counts. */
  marks(entry: number): number;
  layer(entry: number): number;
  /** Value of overlay.redirect, up to its first NUL, as latin1; null where it has no byte at all. */
  redirect(entry: number): string | null;
  /** What the layer answers to a lookup of an entry with the mark `refused`. */
  refusal(entry: number): Code;
  /** Entry of the directory `directory` with the name of `like`; ABSENT or NOT_READ. */
  findLike(directory: number, like: number): number;
  /** Entry of the directory with this name (latin1). */
  findName(directory: number, name: string): number;
};

/** What overlay.origin and the index say, where index=on. Null: not known. */
export type OriginRules = {
  /** Whether the upper non-directory's overlay.origin opens a live inode of its type (namei.c:ovl_check_origin). */
  hasOrigin(upper: number): boolean | null;
  /** Whether the handle in the upper's overlay.origin is that of this lower (namei.c:ovl_verify_origin). */
  originIs(upper: number, lower: number): boolean | null;
  /** Whether a directory may have this lower and this upper (or ABSENT), by its index entry (ovl_lookup_index). */
  indexAllows(upper: number, lower: number): boolean | null;
};

export type MergeOptions = {
  /** Lower layers that merge: their roots, from the top; layer numbers 1, 2, …. May hold unknown components. */
  lowerRoots: readonly number[];
  /** Roots of the data-only layers, from the top. */
  dataRoots: readonly number[];
  followRedirect: boolean;
  metacopy: boolean;
  /** index and nfs_export are on: a directory's origin is verified before it merges, and its index entry after. */
  verifyLower: boolean;
  /** Null where index=off. */
  origins: OriginRules | null;
  /** Data-only layers need neither metacopy=on nor redirect_dir (rule data-only-free). */
  dataOnlyFree: boolean;
  /** By rule index: 0 where a test has switched the rule off. */
  rules: Uint8Array;
};

export const Code = { ok: 0, ENOENT: 1, EPERM: 2, EIO: 3, EINVAL: 4, EACCES: 5, ESTALE: 6 } as const;
export type Code = (typeof Code)[keyof typeof Code];
/** Errno of each code, on Linux. */
export const CODE_ERRNO = [0, 2, 1, 5, 22, 13, 116] as const;
export const CODE_TEXT = ['ok', 'ENOENT', 'EPERM', 'EIO', 'EINVAL', 'EACCES', 'ESTALE'] as const;

/** A parent as its children are looked up: the upper's directory (or ABSENT), and the stack of lower directories. */
export type Parent = { upper: number; lowers: readonly number[] };

/** Called for each layer asked, in order: what stood there (ABSENT if nothing) and the rule that it met. */
export type Visit = (component: number, entry: number, rule: RuleId) => void;

/** One lookup's answer. The object is the lookup's own and is overwritten by the next. */
export class Found {
  code: Code = Code.ok;
  /** The upper's entry, ABSENT, or the unknown component of an upper that could not be read. */
  upper = ABSENT;
  /** Lower entries as the kernel stacks them: directories that merge, or the topmost lower of a file. */
  lowers: number[] = [];
  /** The entry that decides the answer: topmost used one, the whiteout, or the one that the error is about. */
  top = ABSENT;
  isDir = false;
  /** The answer is "no such name", and a whiteout says so. */
  isWhiteout = false;
  /** A directory of this stack has overlay.opaque x. */
  xwhiteouts = false;
  /** Entry that the bytes are read from; ABSENT for non-files and where it is missing. */
  data = ABSENT;
  /** The data file could not be told: a data-only layer is unknown. */
  dataUnknown = false;
  /** The code is certain: nothing unknown was met before it was decided. */
  certain = true;
  /** Nothing unknown was met at all: what merges below is certain too. */
  whole = true;
  /** A directory on the way is not read yet: ask again later. */
  pending = false;
}

/** Layer positions that `hits` counts by, in order. A lower that is the only one is the lowest. */
export const POSITIONS = ['upper', 'topmost lower', 'middle lower', 'lowest', 'data-only'] as const;
export type Position = (typeof POSITIONS)[number];

/** Where a layer stands in a stack of `lowers` lower layers, as an index of POSITIONS. */
export const positionOf = (layer: number, lowers: number): number =>
  layer === 0 ? 0 : layer > lowers ? 4 : layer === lowers ? 3 : layer === 1 ? 1 : 2;
