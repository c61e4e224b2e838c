import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { Directory } from './directory-map.ts';
import type { Part } from './part.ts';

/** What one read brought. */
export type Taken = {
  /** The kernel's queue was full, and records are lost. */
  overflow: boolean;
  /** What was read is half of something: to be read again at once. */
  again?: boolean;
};

/** A queue of the kernel that tells of names in directories, for the parts of stacks on one filesystem. */
export type Group = {
  readonly by: 'filesystem' | 'directories' | 'inotify';
  readonly fd: number;
  readonly parts: ReadonlySet<Part>;
  /** Reads once, and hands each record to the parts that it concerns. */
  take(): Taken;
  end(): void;
  /**
   * Where each directory is marked by itself: marks the one of this name in the directory of `fd`. It may be refused,
   * or beyond the limit, whose name of sysctl stands in `limit`.
   */
  mark?(directory: Directory, fd: number, name: Bytes): 'marked' | 'refused' | 'limit';
  readonly limit?: string;
};
