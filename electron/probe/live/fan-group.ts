import { asBytes } from '../../../shared/bytes/bytes.ts';
import { type Process, Raw } from '../../../shared/live/raw.ts';
import { FanEvent, fanotifyInit, Init } from '../syscalls/fanotify.ts';
import { Memory } from '../syscalls/libc.ts';
import { close } from '../syscalls/open.ts';
import { readInto } from '../syscalls/poll.ts';
import type { Directory } from './directory-map.ts';
import { FanReader, type FanRecord } from './fan-records.ts';
import type { Taken } from './group.ts';
import type { Part } from './part.ts';
import type { Processes } from './processes.ts';

const FLAGS = Init.reportFid | Init.reportDirFid | Init.reportName | Init.reportTargetFid | Init.reportPidfd;

/** What is always marked; openings come beside it while lifetimes are watched. */
export const CHANGES =
  Raw.attrib | Raw.modify | Raw.closeWrite | Raw.create | Raw.delete | Raw.deleteSelf | Raw.rename | Raw.isDir;

/** What a mark is set on: the directory that a descriptor stands for. */
export const HERE = asBytes('.');
const NONE: readonly Directory[] = [];

/** Small, for every record read makes a descriptor of its process: about 200 of them. */
const memory = new Memory(16 * 1024);
const reader = new FanReader(memory);

/** A group of fanotify: what it tells, and who did it, goes to the parts that it concerns. */
export class FanGroup {
  readonly fd: number;
  readonly parts = new Set<Part>();
  readonly #processes: Processes;

  /** Throws a SyscallError: EPERM without privilege, EINVAL before Linux 5.17. */
  constructor(processes: Processes) {
    this.#processes = processes;
    this.fd = fanotifyInit(FLAGS);
  }

  end(): void {
    close(this.fd);
  }

  take(): Taken {
    const length = readInto(this.fd, memory);
    let overflow = false;
    this.#processes.begin();
    reader.each(length, (record) => {
      if (record.mask & FanEvent.queueOverflow) overflow = true;
      else if (record.pid !== process.pid) this.#dispatch(record);
      if (record.pidfd >= 0) close(record.pidfd);
    });
    return { overflow };
  }

  #dispatch(record: FanRecord): void {
    const { mask, pid, pidfd, dir, oldDir, name, oldName } = record;
    if (mask === (Raw.open | Raw.isDir)) return;
    // A record of a directory itself names it as the place alone.
    const fid = record.fid ?? (name === '.' ? dir : null);
    let found: Process | null = null;
    const who = (): Process => {
      found ??= this.#processes.of(pid, pidfd);
      return found;
    };
    for (const part of this.parts) {
      const dirs = dir === null ? NONE : part.map.at(dir);
      const oldDirs = oldDir === null ? NONE : part.map.at(oldDir);
      part.take({ mask, dirs, name, oldDirs, oldName, fid, pid, who });
    }
  }
}
