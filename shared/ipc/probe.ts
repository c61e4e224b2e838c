import { z } from 'zod';
import type { Bytes } from '../bytes/bytes.ts';
import type { Contract } from './rpc.ts';

/**
 * What the engine may ask of the probe. The probe reads the machine and interprets nothing beyond what reading needs;
 * no call takes anything to write. Byte strings cross as latin1 text (see shared/bytes); 64-bit numbers as decimal text.
 */

/** A byte string in a message. NUL never occurs in a path or name. */
export const BytesText = z
  .string()
  .regex(/^[\u0001-\u00ff]*$/, 'bytes as latin1 text, without NUL')
  .transform((text) => text as Bytes);
const AbsolutePath = BytesText.refine((path) => path.startsWith('/') && path.length < 65536, 'an absolute path');
export const Hex = z.string().regex(/^([0-9a-f]{2})*$/);
const Dev = z.string().regex(/^\d+:\d+$/);
const Decimal = z.string().regex(/^\d+$/);

/** A file handle as name_to_handle_at gives it: type and raw bytes. */
export const Handle = z.object({ type: z.number().int().min(0).max(255), fid: Hex });
export type Handle = z.infer<typeof Handle>;

/**
 * Where a layer can be opened: a path as the mount namespace of process `pid` sees it (null: the probe's own), or,
 * where a path would mislead (moved, covered), a handle on the filesystem that `path` lies on.
 */
export const Place = z.object({
  pid: z.number().int().positive().nullable(),
  /** Id of the mount namespace, for those that no process holds (reached by NS_MNT_GET_NEXT). */
  nsId: Decimal.nullable().default(null),
  path: AbsolutePath,
  handle: Handle.nullable().default(null),
});
export type Place = z.infer<typeof Place>;

export const LayerState = z.enum(['ok', 'moved', 'missing', 'covered', 'unreadable', 'unverified']);
export type LayerState = z.infer<typeof LayerState>;
export const LayerRole = z.enum(['upper', 'lower', 'data']);
export type LayerRole = z.infer<typeof LayerRole>;

/** One layer as found: layer 0 is the upper and only the upper; lowers count 1, 2, … from the top, then data-only. */
export const LayerFacts = z.object({
  layer: z.number().int().min(0),
  role: LayerRole,
  /** Where the layer is now; null if that is not known. */
  path: BytesText.nullable(),
  /** What mountinfo (or the user) says. */
  shown: BytesText,
  state: LayerState,
  /** Why the state is what it is, in plain words; evidence for moved, missing, covered. */
  why: z.string(),
  /** A relative text that rests on the mounter's folder, derived but not confirmed by a handle. */
  assumed: z.boolean().default(false),
  place: Place.nullable(),
  /** MAJ:MIN in mountinfo of the mount that holds it: the superblock. */
  dev: Dev.nullable(),
  /** st_dev and st_ino of the root; on btrfs st_dev differs from `dev`. */
  stDev: Dev.nullable(),
  ino: Decimal.nullable(),
  fs: z.object({
    type: z.string(),
    /** 32 hex digits as in handles, null where the filesystem has none (all zero counts as none). */
    uuid: z.string().nullable(),
    /** Handle of the root by name_to_handle_at(…, 0); null where the filesystem cannot be decoded by handle. */
    handle: Handle.nullable(),
  }),
  /** Whether names and attributes can be read there, through a clone (nothing moves) or a path (atimes may move). */
  access: z.enum(['clone', 'path', 'none']),
  /**
   * Of a layer on another overlay: its path in that one's merged view, relative to its root. It counts whichever mount
   * of that overlay, or of a part of it, the layer's path leads to. Null where there is no other, or it is not known.
   */
  inOverlay: BytesText.nullable().default(null),
});
export type LayerFacts = z.infer<typeof LayerFacts>;

/** One union mount, or plain directories as they would be mounted. */
export const StackFacts = z.object({
  kind: z.enum(['overlay', 'directories']),
  mount: BytesText.nullable(),
  mountId: z.number().int().nullable(),
  dev: Dev.nullable(),
  /** Inode number of the mount namespace. */
  ns: Decimal.nullable(),
  pid: z.number().int().nullable(),
  /** The namespace's owner is a user namespace other than the initial one; 'unknown' where it cannot be asked. */
  userNamespace: z.union([z.boolean(), z.literal('unknown')]),
  readonly: z.boolean(),
  /** Options as shown, decoded, without the layers: {xino: 'on', index: 'off', userxattr: ''}. */
  options: z.record(z.string(), BytesText),
  layers: z.array(LayerFacts),
  /** The work directory as it is now; null where there is none or it is not known. */
  work: BytesText.nullable(),
  workPlace: Place.nullable(),
  /** Name of the container, from the mount's own path or the namespace's cgroup. */
  name: z.string().nullable(),
  alsoAt: z.array(BytesText),
  /** The mountinfo line as read (bytes); null for directories. */
  line: BytesText.nullable(),
  /** Whole time of this picture: nanoseconds since the epoch. */
  readAt: Decimal,
});
export type StackFacts = z.infer<typeof StackFacts>;

/** What the user names: a mount point, a mountinfo line, or directories. */
export const StackRef = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('mount'),
    mount: AbsolutePath,
    pid: z.number().int().positive().nullable().default(null),
  }),
  z.object({ kind: z.literal('dev'), dev: Dev }),
  z.object({
    kind: z.literal('mountinfo'),
    line: BytesText,
    pid: z.number().int().positive().nullable().default(null),
  }),
  z.object({
    kind: z.literal('directories'),
    lowers: z.array(AbsolutePath).max(500),
    data: z.array(AbsolutePath).max(500).default([]),
    upper: AbsolutePath.nullable().default(null),
    work: AbsolutePath.nullable().default(null),
    options: z.record(z.string().regex(/^[a-z_]+$/), BytesText).default({}),
  }),
]);
export type StackRef = z.infer<typeof StackRef>;

export const Privilege = z.object({
  uid: z.number().int(),
  /** Names of the effective capabilities, without CAP_: ['SYS_ADMIN', 'DAC_READ_SEARCH']. */
  capabilities: z.array(z.string()),
  /** CAP_SYS_ADMIN in the initial user namespace: trusted.* can be read, and layers cloned. */
  trusted: z.boolean(),
  /** CAP_DAC_READ_SEARCH in the initial user namespace: handles can be opened. */
  handles: z.boolean(),
  noNewPrivs: z.boolean(),
});
export type Privilege = z.infer<typeof Privilege>;

/** One overlay-related attribute, or one of any kind in `entry`. Null value: listed, but the value was refused. */
export const RawXattr = z.object({ name: BytesText, value: Hex.nullable(), error: z.string().optional() });
export type RawXattr = z.infer<typeof RawXattr>;

/** One entry of one layer, read afresh and whole. */
export const EntryFacts = z.object({
  mode: z.number().int(),
  ino: Decimal,
  dev: Dev,
  rdev: Dev,
  nlink: z.number().int(),
  uid: z.number().int(),
  gid: z.number().int(),
  size: Decimal,
  blocks: Decimal,
  atimeNs: z.string(),
  mtimeNs: z.string(),
  ctimeNs: z.string(),
  btimeNs: z.string().nullable(),
  target: BytesText.nullable(),
  xattrs: z.array(RawXattr),
  /** Handle of the entry, and FS_IOC_GETVERSION is not needed: the generation stands in it. */
  handle: Handle.nullable(),
});
export type EntryFacts = z.infer<typeof EntryFacts>;

const Errno = z.object({ errno: z.string() });

/** What the kernel says of one name of a directory of a mount: by the listing, by stat, by fstat of an open. */
export const Observed = z.object({
  name: BytesText,
  /** d_ino and d_type (DT_*); null: the listing does not give the name. Absent where there is no listing. */
  listed: z.object({ ino: Decimal, type: z.number().int() }).nullable().optional(),
  /** As lstat tells it; `covered`: another mount lies on it, so nothing of it was asked. */
  stat: z.union([
    z.object({ dev: Dev, ino: Decimal, nlink: z.number().int(), mode: z.number().int() }),
    z.object({ covered: z.literal(true) }),
    Errno,
  ]),
  /** Of an open for reading, of regular files and directories alone; null for all others. */
  fstat: z.union([z.object({ dev: Dev, ino: Decimal }), Errno]).nullable(),
  /** Where asked for: what the mount says of the real inode behind it (AT_HANDLE_FID); null where it says nothing. */
  handle: Handle.nullable().optional(),
});
export type Observed = z.infer<typeof Observed>;

const WalkProgress = z.object({
  /** Per layer: directories and entries read so far; `error` once its root could not be read. */
  layers: z.array(
    z.object({
      layer: z.number().int(),
      directories: z.number().int(),
      entries: z.number().int(),
      done: z.boolean(),
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
});
export type WalkProgress = z.infer<typeof WalkProgress>;

export const probeContract = {
  calls: {
    /** Who reads, on which kernel. */
    hello: {
      params: z.object({}),
      result: z.object({
        version: z.string(),
        pid: z.number().int(),
        kernel: z.string(),
        privilege: Privilege,
        /** /sys/module/overlay/parameters/*, as text: {index: 'N', redirect_max: '256'}. Empty: module not loaded. */
        parameters: z.record(z.string(), z.string()),
        /** Newer system calls that this kernel (or filter) answers: what is false is worked around or unknown. */
        syscalls: z.record(z.string(), z.boolean()),
        users: z.record(z.string(), z.string()),
        groups: z.record(z.string(), z.string()),
      }),
    },
    /** Every overlay mount of every mount namespace that can be seen. */
    overlays: {
      params: z.object({}),
      item: StackFacts,
      result: z.object({
        namespaces: z.number().int(),
        /** Namespaces known of, whose mounts could not be read. */
        closed: z.number().int(),
      }),
    },
    /** The facts of one stack. Fails with code not-found, not-overlay, bad-options (refused together), unreadable. */
    resolve: { params: z.object({ stack: StackRef }), result: StackFacts },
    /**
     * Reads whole layers, breadth first, layers interleaved. Chunks are records as shared/ipc/records.ts defines.
     * The layers' roots stay open until `release` with the same session, so that handles can be verified meanwhile.
     */
    walk: {
      params: z.object({
        session: z.number().int(),
        layers: z
          .array(z.object({ layer: z.number().int(), place: Place, isolate: z.boolean().default(false) }))
          .max(501),
        /** Read symlink targets too (moves their atime where there is no clone). */
        targets: z.boolean(),
        /**
         * What layer 0's overlay.origin names is opened as well, on the layer whose filesystem has the uuid that stands
         * in it, and sent beside it (ItemKind.opened). Handles of other filesystems are left alone.
         */
        origins: z
          .array(z.object({ layer: z.number().int(), uuid: z.string().regex(/^[0-9a-f]{32}$/) }))
          .max(500)
          .default([]),
      }),
      item: WalkProgress,
      chunks: true,
      result: z.object({ entries: z.number().int(), seconds: z.number(), atime: z.enum(['untouched', 'may move']) }),
    },
    /**
     * Reads names of the upper again, as a walk reads them: chunks of records (shared/ipc/records.ts), where a block's
     * directory is its place in `directories`, and its records are those of the names asked for, in their order. A name
     * that is not there has a record with an errno, and nothing is told of what directories list. `origins` and
     * `session` as in a walk: what was opened stays open until it is released.
     */
    reread: {
      params: z.object({
        session: z.number().int(),
        upper: Place,
        /** Lowers on which handles may be asked for, those of `origins` among them. */
        lowers: z.array(z.object({ layer: z.number().int(), place: Place })).max(501),
        directories: z.array(z.object({ path: BytesText, names: z.array(BytesText).max(65536) })).max(65536),
        targets: z.boolean(),
        origins: z.array(z.object({ layer: z.number().int(), uuid: z.string().regex(/^[0-9a-f]{32}$/) })).max(500),
      }),
      chunks: true,
      result: z.null(),
    },
    /**
     * What directories of a layer list now, by path, answers in order; `errno` where one cannot be listed. `type` is
     * DT_*.
     */
    names: {
      params: z.object({ place: Place, paths: z.array(BytesText).max(4096) }),
      result: z.object({
        lists: z.array(
          z.union([
            z.object({ names: z.array(z.object({ name: BytesText, ino: Decimal, type: z.number().int() })) }),
            z.object({ errno: z.string() }),
          ]),
        ),
      }),
    },
    /**
     * Opens each handle on the filesystem of `layer` (or of the work directory: layer -1) and says what it is. Answers
     * stand in order. `errno` is ESTALE for a dead object, EPERM without privilege, else as the kernel says.
     */
    handles: {
      params: z.object({
        session: z.number().int(),
        requests: z.array(z.object({ layer: z.number().int(), handle: Handle })).max(65536),
      }),
      result: z.object({
        answers: z.array(
          z.union([
            z.object({ ino: Decimal, dev: Dev, nlink: z.number().int(), mode: z.number().int() }),
            z.object({ errno: z.string() }),
          ]),
        ),
      }),
    },
    /** Closes what a walk left open. */
    release: { params: z.object({ session: z.number().int() }), result: z.null() },
    /** One entry, whole: all attributes, times, target, handle. `path` is relative to the layer's root. */
    entry: {
      params: z.object({ place: Place, path: BytesText, target: z.boolean() }),
      result: EntryFacts,
    },
    /**
     * Handles of entries by path, relative to the layer's root, with the number of the inode that each path led to.
     * Answers stand in order; `errno` where the path leads to nothing, or to nothing that may be asked. A null handle:
     * the filesystem gives none.
     */
    identify: {
      params: z.object({ place: Place, paths: z.array(BytesText).max(65536) }),
      result: z.object({
        answers: z.array(
          z.union([z.object({ handle: Handle.nullable(), ino: Decimal, dev: Dev }), z.object({ errno: z.string() })]),
        ),
      }),
    },
    /** Filesystems that are mounted now, in sight of the probe: their devices by what outlives them. */
    filesystems: {
      params: z.object({}),
      result: z.object({
        filesystems: z.array(
          z.object({
            /** st_dev of the mount's root. */
            dev: Dev,
            type: z.string(),
            uuid: z.string().nullable(),
            /** Handle of the mount's root: on btrfs the subvolume stands in it. */
            handle: Handle.nullable(),
          }),
        ),
      }),
    },
    /** Names below the work directory: temps, index entries (name, type, ino, nlink), whether volatile is dirty. */
    work: {
      params: z.object({ place: Place }),
      result: z.object({
        entries: z.array(
          z.object({
            path: BytesText,
            mode: z.number().int(),
            ino: Decimal,
            nlink: z.number().int(),
            xattrs: z.array(RawXattr),
          }),
        ),
        error: z.object({ code: z.string(), message: z.string() }).nullable(),
      }),
    },
    /**
     * Asks the kernel, through an overlay mount, what it reports: the one call that touches a mount, to be made on the
     * user's word alone. Looking can make the kernel write overlay.origin and overlay.impure into the upper, and move
     * access times of its directories. Nothing is followed, nothing leads out of the mount, and only regular files and
     * directories are opened. Each directory is listed before a name in it is looked up, in the order given. Fails with
     * not-found where no mount has this device (any more), unreadable where its root cannot be reached.
     */
    observe: {
      params: z.object({
        /** MAJ:MIN of the overlay. */
        dev: Dev,
        directories: z
          .array(
            z.object({
              /** Below the merged root, which is empty. */
              path: BytesText,
              /** Names to look at; the empty one is the directory itself, which no listing gives. */
              names: z.array(
                BytesText.refine((name) => !name.includes('/') && name !== '.' && name !== '..', 'a name'),
              ),
              /** Tell of the other names that the listing gives too. */
              others: z.boolean(),
            }),
          )
          .max(65536),
        /** Ask for handles too. */
        handles: z.boolean().default(false),
      }),
      /** Of the directory at that place; one may be told in several pieces. `error`: it could not be opened or listed. */
      item: z.object({
        directory: z.number().int(),
        error: z.string().nullable(),
        observed: z.array(Observed),
      }),
      result: z.object({ looked: z.number().int() }),
    },
    /**
     * Watches the layers of a stack, until it is cancelled or the mount has left its namespace. Chunks are the
     * WatchItems of shared/live/raw.ts, JSON each. Nothing is written, and nothing kept from being unmounted.
     */
    watch: {
      params: z.object({
        /** The layers and, as layer -1, the work directory. `dev` is MAJ:MIN of the superblock, as mountinfo has it. */
        layers: z
          .array(z.object({ layer: z.number().int().min(-1), place: Place, dev: Dev.nullable(), fsType: z.string() }))
          .max(501),
        /** Tell also when files without a name are opened: every opening on the filesystem then wakes the probe. */
        lifetimes: z.boolean(),
        /** The mount that is followed; null for plain directories. */
        mount: z
          .object({ mountId: z.number().int(), dev: Dev, ns: Decimal.nullable(), pid: z.number().int().nullable() })
          .nullable(),
      }),
      chunks: true,
      result: z.object({ unmounted: z.boolean() }),
    },
    /** Directories of the machine, for completing a path that a person types: names of directories only. */
    directories: {
      params: z.object({ path: AbsolutePath }),
      result: z.object({ names: z.array(BytesText) }),
    },
  },
  events: {},
} satisfies Contract;
export type ProbeContract = typeof probeContract;
