import type { Part } from './part.ts';

/** What one read brought. */
export type Taken = {
  /** Something was there: read again. */
  more: boolean;
  /** The kernel's queue was full, and records are lost. */
  overflow: boolean;
};

/** A queue of the kernel that tells of names in directories, for the parts of stacks on one filesystem. */
export type Group = {
  readonly by: 'filesystem' | 'directories' | 'inotify';
  readonly fd: number;
  readonly parts: ReadonlySet<Part>;
  /** Reads once, and hands each record to the parts that it concerns. */
  take(): Taken;
  end(): void;
};
