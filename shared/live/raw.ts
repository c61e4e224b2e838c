import type { Bytes } from '../bytes/bytes.ts';

/**
 * What the probe tells of a watched stack: records of the kernel, each with the state that was found when it was read.
 * It interprets nothing; meaning.ts does. A record says that something happened to a name or an inode; several may have
 * been one record by the time it was read (the kernel merges those that nobody has read yet).
 */

/** What a record says, as bits: those of fanotify, to which inotify's are brought (include/uapi/linux/fanotify.h). */
export const Raw = {
  modify: 0x2,
  attrib: 0x4,
  closeWrite: 0x8,
  open: 0x20,
  create: 0x100,
  delete: 0x200,
  deleteSelf: 0x400,
  rename: 0x1000_0000,
  /** Of a directory. */
  isDir: 0x4000_0000,
} as const;

/** Layer number of the work directory, beside the layers' own. */
export const WORK_LAYER = -1;

/** A name in a watched layer, by its path below that layer's root. */
export type RawPlace = { layer: number; path: Bytes };

/** What stands at a name, read when the record was; `absent` also where a directory on the way is gone. */
export type Now =
  | { is: 'absent' }
  | { is: 'unknown'; why: string }
  | {
      is: 'there';
      /** st_mode */
      mode: number;
      ino: string;
      nlink: number;
      uid: number;
      gid: number;
      size: string;
      /** Allocated blocks of 512 bytes. */
      blocks: string;
      mtimeNs: string;
      /** "major:minor" */
      rdev: string;
      /** File handle, in the form of `RawEvent.fid`; null where the filesystem gives none. */
      fid: string | null;
      /** Attributes under trusted.overlay. and user.overlay.; a null value was refused. */
      overlay: { name: Bytes; value: Bytes | null }[];
    };

export type RawEvent = {
  /** Raw bits. */
  mask: number;
  /** The name: in a rename the new one. Null: outside the stack, or an inode without a name. */
  at: RawPlace | null;
  /** In a rename: the old name, null where it lay outside the stack. Absent in all else. */
  from?: RawPlace | null;
  /** The inode: type and bytes of its handle as hex, which no other inode ever has. Null where that is not told. */
  fid: string | null;
  /** Index in `RawBatch.processes`; null where the kernel does not tell who. */
  by: number | null;
  /** State of `at`, of names in the upper and in index/ alone. */
  now?: Now;
  /** State of `from`, of names in the upper alone. */
  fromNow?: Now;
  /**
   * Of a file that came into the upper: whether its process opened a lower file of that name meanwhile, as the kernel
   * does for it to copy data. Absent where that cannot be told (no lifetimes, or lowers on other filesystems).
   */
  lowerRead?: boolean;
};

/** Who caused a record: the process, looked up when the record was read. */
export type Process = {
  /** Null: it lies outside the watcher's pid namespace, or the kernel does not tell. */
  pid: number | null;
  /** Why there is no pid, or why there is nothing but the pid. */
  why?: string;
  /** Its short name (/proc/PID/comm). */
  command?: Bytes;
  exe?: Bytes;
  /** Its arguments, joined by spaces. */
  commandLine?: Bytes;
  /** From its control group. */
  container?: { engine: string; id: string };
};

/** Records that were read together. */
export type RawBatch = {
  /** When they were read: nanoseconds since the epoch, and of CLOCK_MONOTONIC. */
  readNs: string;
  readMonotonicNs: string;
  processes: Process[];
  events: RawEvent[];
};

/** An inode that lost its last name and is still there, so somebody holds it. */
export type RawOrphan = { fid: string; path: Bytes; size: string };

/** How a layer is watched. */
export type WatchedLayer = {
  layer: number;
  /** One mark on the whole filesystem; marks, or inotify watches, on each directory; not at all. */
  by: 'filesystem' | 'directories' | 'inotify' | 'none';
  /** Why it is not by a mark on the filesystem, in plain words; empty where it is. */
  why: string;
  /** Directories of the layer that stand in the map of names. */
  directories: number;
};

/** What streams from `watch`, in order. */
export type WatchItem =
  /** From now on nothing is missed. */
  | { kind: 'ready'; layers: WatchedLayer[] }
  | ({ kind: 'events' } & RawBatch)
  | { kind: 'orphans'; readNs: string; readMonotonicNs: string; orphans: RawOrphan[] }
  /** The kernel's queue was full: events of these layers are lost, and `directories` were mapped again. */
  | { kind: 'overflow'; readNs: string; readMonotonicNs: string; layers: number[] }
  /** The mount has left its namespace; the same overlay is still mounted at these places. */
  | { kind: 'unmounted'; stillAt: Bytes[] };

const decoder = new TextDecoder();

/** An item from a chunk of the stream: JSON in UTF-8. */
export const parseWatchItem = (chunk: Uint8Array): WatchItem => JSON.parse(decoder.decode(chunk)) as WatchItem;
