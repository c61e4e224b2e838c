import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { Raw } from '../../../shared/live/raw.ts';
import { FanEvent, fanotifyMark, Mark } from '../syscalls/fanotify.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { CHANGES, FanGroup, HERE } from './fan-group.ts';
import type { Group } from './group.ts';
import type { Part } from './part.ts';
import type { Processes } from './processes.ts';

/**
 * A mark on each directory of one stack, where its filesystem takes none as a whole. Who did it is told all the same;
 * the end of a file without a name is not.
 */
export class DirectoriesGroup extends FanGroup implements Group {
  readonly by = 'directories' as const;
  readonly #mask: number;

  /** Marks the directory that the descriptor stands for, to see whether that can be. Throws a SyscallError. */
  constructor(part: Part, directory: number, lifetimes: boolean, processes: Processes) {
    super(processes);
    this.parts.add(part);
    this.#mask = (CHANGES & ~Raw.deleteSelf) | FanEvent.onChild | (lifetimes ? Raw.open : 0);
    try {
      fanotifyMark(this.fd, Mark.add | Mark.onlyDir, this.#mask, directory, HERE);
    } catch (error) {
      this.end();
      throw error;
    }
  }

  mark(_: unknown, fd: number, name: Bytes): 'marked' | 'refused' | 'limit' {
    try {
      fanotifyMark(this.fd, Mark.add | Mark.onlyDir | Mark.dontFollow, this.#mask, fd, name);
      return 'marked';
    } catch (error) {
      if (error instanceof SyscallError) return error.code === 'ENOSPC' ? 'limit' : 'refused';
      throw error;
    }
  }

  get limit(): string {
    return 'user.max_fanotify_marks';
  }
}
