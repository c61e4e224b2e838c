import { Raw } from '../../../shared/live/raw.ts';
import { fanotifyMark, Mark } from '../syscalls/fanotify.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { close } from '../syscalls/open.ts';
import { openTopSubvolume } from './btrfs.ts';
import { CHANGES, FanGroup, HERE } from './fan-group.ts';
import type { Group } from './group.ts';
import type { Part } from './part.ts';
import type { Processes } from './processes.ts';

/**
 * One mark on a whole filesystem, for all stacks on it. Records of other directories, most of them on a busy filesystem,
 * are dropped before anything is looked up for them.
 */
export class FilesystemGroup extends FanGroup implements Group {
  readonly by = 'filesystem' as const;
  readonly #fsType: string;
  /** Whoever watches lifetimes: openings are marked while there are any. */
  readonly #lifetimes = new Set<Part>();

  /** Marks the filesystem of the directory. Throws a SyscallError where that cannot be. */
  constructor(directory: number, fsType: string, processes: Processes) {
    super(processes);
    this.#fsType = fsType;
    try {
      this.#mark(directory, Mark.add, CHANGES);
    } catch (error) {
      this.end();
      throw error;
    }
  }

  #mark(directory: number, what: number, mask: number): void {
    const at = this.#fsType === 'btrfs' ? openTopSubvolume(directory) : directory;
    try {
      fanotifyMark(this.fd, what | Mark.filesystem, mask, at, HERE);
    } finally {
      if (at !== directory) close(at);
    }
  }

  add(part: Part, directory: number, lifetimes: boolean): void {
    this.parts.add(part);
    if (!lifetimes) return;
    if (this.#lifetimes.size === 0) this.#mark(directory, Mark.add, Raw.open);
    this.#lifetimes.add(part);
  }

  /**
   * Forgets a part. `open` gives a descriptor of a directory on the filesystem, for the mark on openings to be taken
   * back by the last that watched lifetimes; it throws where there is none any more, and the mark has gone with it.
   */
  remove(part: Part, open: () => number): void {
    this.parts.delete(part);
    if (!this.#lifetimes.delete(part) || this.#lifetimes.size > 0 || this.parts.size === 0) return;
    try {
      const directory = open();
      try {
        this.#mark(directory, Mark.remove, Raw.open);
      } finally {
        close(directory);
      }
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
    }
  }
}
