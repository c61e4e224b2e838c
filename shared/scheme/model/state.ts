import { asBytes, type Bytes } from '../../bytes/bytes.ts';
import { Kind } from '../../merge/marks.ts';

/** When temporary files are dropped: at the last close, with the dentry, or never made at all. */
export type TempfilePolicy = 'last-close' | 'dentry-release' | 'none';

/** An object of the union, by its own key: its number can be another's once it is gone. */
export type SchemeObject = {
  readonly key: bigint;
  /** The number that stat shows: the lower inode's from first sight, or that of the upper inode. */
  readonly ino: bigint;
  /** See Kind. */
  readonly kind: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: string;
  /** A file's bytes, a symlink's target. */
  readonly data: Bytes;
  readonly xattrs: ReadonlyMap<Bytes, Bytes>;
  /** Of a directory what its names lead to. */
  readonly children: ReadonlyMap<Bytes, bigint>;
  /** The directory that a directory is in; null for the root, and for anything that can have several names. */
  readonly parent: bigint | null;

  // Where it stands
  /** Number of its inode in the upper, also while that has no name yet; null: it stands in the lowers alone. */
  readonly upper: bigint | null;
  /** A temporary file of it is held. */
  readonly temp: boolean;
  /** The lower inode that its number is of, and what that holds; null where it was made in the upper. */
  readonly lower: { readonly ino: bigint; readonly data: Bytes } | null;
  /** The map leads from its upper number to its lower one. */
  readonly mapped: boolean;
  /** Of a directory: the names that its lower directories give; null where none merges. */
  readonly below: ReadonlySet<Bytes> | null;
  /** Of a directory that was moved: the path or name by which its lower directories are found. */
  readonly redirect: Bytes | null;
};

/** `real`: what it reads. A descriptor of the lower file itself does not see what is written to the copy. */
export type SchemeDescriptor = {
  readonly key: bigint;
  readonly access: 'RDONLY' | 'WRONLY' | 'RDWR';
  readonly append: boolean;
  readonly position: number;
  readonly real: 'object' | 'lower';
};

export type SchemeMapping = Pick<SchemeDescriptor, 'key' | 'real'> & { readonly len: number };

/** A union as it stands. Nothing in it is ever changed: each call gives another one. */
export type SchemeState = {
  readonly policy: TempfilePolicy;
  /** Whether the filesystem shares data between a file and its copy (FICLONE). */
  readonly clones: boolean;
  readonly root: bigint;
  readonly objects: ReadonlyMap<bigint, SchemeObject>;
  readonly descriptors: ReadonlyMap<number, SchemeDescriptor>;
  /** Mappings of memory; they last as long as the session. */
  readonly mmaps: readonly SchemeMapping[];
  readonly nextKey: bigint;
  /** The upper filesystem gives the lowest number that is free, from here on. */
  readonly firstUpper: bigint;
};

/** A lower tree as it is described to begin with. Equal `ino`: names of one inode. */
export type LowerNode = {
  readonly ino: bigint;
  readonly kind: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly rdev?: string;
  readonly data?: Bytes;
  readonly xattrs?: ReadonlyMap<Bytes, Bytes>;
  readonly children?: ReadonlyMap<Bytes, LowerNode>;
};

/** What of a mode is permission. */
export const PERMISSIONS = 0o7777;

/**
 * A union over a lower tree, its upper empty but for the root. `firstUpper`: the least number that the upper filesystem
 * gives, above all numbers of the tree where both are one filesystem; the root has it.
 */
export function initialState(
  tree: LowerNode,
  options: { policy: TempfilePolicy; clones: boolean; firstUpper: bigint },
): SchemeState {
  const objects = new Map<bigint, SchemeObject>();
  const keys = new Map<bigint, bigint>();
  let nextKey = 1n;
  const add = (node: LowerNode, parent: bigint | null): bigint => {
    const known = keys.get(node.ino);
    if (known !== undefined) return known;
    const key = nextKey++;
    keys.set(node.ino, key);
    const isRoot = parent === null;
    const data = node.data ?? asBytes('');
    const children = new Map<Bytes, bigint>();
    for (const [name, child] of node.children ?? []) children.set(name, add(child, key));
    objects.set(key, {
      key,
      ino: isRoot ? options.firstUpper : node.ino,
      kind: node.kind,
      mode: node.mode ?? (node.kind === Kind.dir ? 0o755 : node.kind === Kind.symlink ? 0o777 : 0o644),
      uid: node.uid ?? 0,
      gid: node.gid ?? 0,
      rdev: node.rdev ?? '0:0',
      data,
      xattrs: node.xattrs ?? new Map(),
      children,
      parent: node.kind === Kind.dir ? parent : null,
      upper: isRoot ? options.firstUpper : null,
      temp: false,
      lower: isRoot ? null : { ino: node.ino, data },
      mapped: false,
      below: node.kind === Kind.dir ? new Set(children.keys()) : null,
      redirect: null,
    });
    return key;
  };
  const root = add(tree, null);
  return {
    policy: options.policy,
    clones: options.clones,
    root,
    objects,
    descriptors: new Map(),
    mmaps: [],
    nextKey,
    firstUpper: options.firstUpper,
  };
}
