/** Who did it: what /proc tells of a process, read while it is there. */
import { asBytes, type Bytes, bytesOfArray } from '../../../shared/bytes/bytes.ts';
import type { Process } from '../../../shared/live/raw.ts';
import { containerOfCgroup } from '../discovery/containers.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { AT_FDCWD, readlinkat, readWhole } from '../syscalls/open.ts';
import { StartedPrograms } from './started-programs.ts';

export const EXITED = 'it exited before it could be seen';
const OUTSIDE = 'it lies outside the pid namespace of the probe';
export const NOT_TOLD = 'unknown, needs privilege';

/** No process was there any more when the record was read (fanotify.h: FAN_NOPIDFD). */
export const NO_PIDFD = -1;

/** Answers of a process that has ended since stand for it this long: its number is not given anew so soon. */
const KEEP_MS = 1000;
const KEEP_AT_MOST = 4096;

/** A file of /proc; null where the process is gone, or does not let us read it. */
function read(path: string): Bytes | null {
  try {
    return bytesOfArray(readWhole(AT_FDCWD, asBytes(path)));
  } catch (error) {
    if (error instanceof SyscallError) return null;
    throw error;
  }
}

function link(path: string): Bytes | null {
  try {
    return readlinkat(AT_FDCWD, asBytes(path));
  } catch (error) {
    if (error instanceof SyscallError) return null;
    throw error;
  }
}

const lines = (text: Bytes | null): Bytes | null => (text === null ? null : asBytes(text.replace(/\n$/, '')));

/** What is told of a process that runs, or has ended and is not waited for yet. Null: it is gone. */
function look(pid: number): Process | null {
  const base = `/proc/${pid}`;
  const command = lines(read(`${base}/comm`));
  if (command === null) return null;
  const exe = link(`${base}/exe`);
  const words = read(`${base}/cmdline`);
  const container = containerOfCgroup(read(`${base}/cgroup`) ?? '');
  return {
    pid,
    command,
    ...(exe === null ? {} : { exe }),
    ...(words === null || words === ''
      ? {}
      : { commandLine: asBytes(words.replace(/\0+$/, '').replaceAll('\0', ' ')) }),
    ...(container === null ? {} : { container }),
  };
}

/**
 * Looks processes up, once for each batch of records: within one, nobody could tell what a process was before it
 * became another program.
 */
export class Processes {
  readonly #seen = new Map<number, { process: Process; at: number }>();
  readonly #batch = new Map<number, Process>();
  #started: StartedPrograms | null = null;

  begin(): void {
    this.#batch.clear();
  }

  /** The process of a record, which gives `pidfd` too; that is closed by the caller. */
  of(pid: number, pidfd: number): Process {
    let process = this.#batch.get(pid);
    if (process === undefined) {
      process = this.#find(pid, pidfd);
      this.#batch.set(pid, process);
    }
    return process;
  }

  #find(pid: number, pidfd: number): Process {
    if (pid <= 0) return { pid: null, why: OUTSIDE };
    const now = performance.now();
    // Where it was gone by then, this number may already be another's.
    const process = pidfd === NO_PIDFD ? null : look(pid);
    if (process?.exe !== undefined) {
      if (this.#seen.size >= KEEP_AT_MOST) this.#seen.clear();
      this.#seen.set(pid, { process, at: now });
      return process;
    }
    const known = this.#seen.get(pid);
    const before = known && now - known.at < KEEP_MS ? known.process : null;
    const started = this.#started?.find(pid) ?? null;
    // A program that it became since tells more than what it was; a parent's name tells less.
    if (started && (before === null || (started.isOwn && started.command !== before.command))) {
      const { command, exe } = started;
      return {
        pid,
        command,
        ...(exe === null ? {} : { exe }),
        ...(before?.container && { container: before.container }),
      };
    }
    if (before && (process === null || process.command === before.command)) return before;
    return process === null ? { pid, why: EXITED } : { ...process, why: EXITED };
  }

  /** Something is watched: the log of programs that start is kept. */
  keep(): void {
    this.#started ??= new StartedPrograms();
  }

  /** Nothing is watched any more. */
  end(): void {
    this.#started?.end();
    this.#started = null;
    this.#seen.clear();
  }
}
