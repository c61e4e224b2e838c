/**
 * One fanotify group with one mark on a whole filesystem, for all stacks on it. Records of other directories, most of
 * them on a busy filesystem, are dropped before anything is looked up for them.
 */
import { asBytes } from '../../../shared/bytes/bytes.ts';
import { type Process, Raw } from '../../../shared/live/raw.ts';
import { FanEvent, fanotifyInit, fanotifyMark, Init, Mark } from '../syscalls/fanotify.ts';
import { Memory, SyscallError } from '../syscalls/libc.ts';
import { close } from '../syscalls/open.ts';
import { readInto } from '../syscalls/poll.ts';
import { openTopSubvolume } from './btrfs.ts';
import type { Directory } from './directory-map.ts';
import { FanReader, type FanRecord } from './fan-records.ts';
import type { Group, Taken } from './group.ts';
import type { Part } from './part.ts';
import type { Processes } from './processes.ts';

const FLAGS = Init.reportFid | Init.reportDirFid | Init.reportName | Init.reportTargetFid | Init.reportPidfd;

const BASE =
  Raw.attrib | Raw.modify | Raw.closeWrite | Raw.create | Raw.delete | Raw.deleteSelf | Raw.rename | Raw.isDir;

const HERE = asBytes('.');
const NONE: readonly Directory[] = [];

/** Small, for every record read makes a descriptor of its process: about 200 of them. */
const memory = new Memory(16 * 1024);
const reader = new FanReader(memory);

export class FilesystemGroup implements Group {
  readonly by = 'filesystem' as const;
  readonly fd: number;
  readonly parts = new Set<Part>();
  readonly #fsType: string;
  /** Whoever watches lifetimes: openings are marked while there are any. */
  readonly #lifetimes = new Set<Part>();
  readonly #processes: Processes;

  /** Marks the filesystem of the directory. Throws a SyscallError where that cannot be. */
  constructor(directory: number, fsType: string, processes: Processes) {
    this.#processes = processes;
    this.#fsType = fsType;
    this.fd = fanotifyInit(FLAGS);
    try {
      this.#mark(directory, Mark.add, BASE);
    } catch (error) {
      close(this.fd);
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
    return { more: length > 0, overflow };
  }

  #dispatch(record: FanRecord): void {
    const { mask, pid, pidfd, dir, oldDir, name, oldName } = record;
    // A record of a directory itself names it as the place alone.
    const fid = record.fid ?? (name === '.' ? dir : null);
    if (mask === (Raw.open | Raw.isDir)) return;
    let found: Process | null = null;
    const who = (): Process => (found ??= this.#processes.of(pid, pidfd));
    for (const part of this.parts) {
      const dirs = dir === null ? NONE : part.map.at(dir);
      const oldDirs = oldDir === null ? NONE : part.map.at(oldDir);
      part.take({ mask, dirs, name, oldDirs, oldName, fid, pid, who });
    }
  }
}
