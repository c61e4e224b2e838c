/**
 * Names of processes that came and went before anybody could ask: from the kernel's log of programs that start. Kept
 * while something is watched; needs CAP_SYS_ADMIN or CAP_PERFMON, and without them nothing is known of such processes.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { asBytes, type Bytes, bytesOfArray } from '../../../shared/bytes/bytes.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { PerfField, PerfRecord, PerfRing } from '../syscalls/perf.ts';

/** Of each processor: some thousand records, so that a burst of programs does not push out the one that is asked for. */
const PAGES = 32;
/** FORK chains longer than this are not followed: a subshell of a subshell is common, ten are not. */
const GENERATIONS = 4;

/** `isOwn`: it started that program itself; else it was one that its parent had started. */
export type Started = { command: Bytes; exe: Bytes | null; isOwn: boolean };

/** Numbers of the processors that are on, of the form "0-3,5". */
function processors(): number[] {
  const text = readFileSync('/sys/devices/system/cpu/online', 'latin1').trim();
  return text.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

export class StartedPrograms {
  readonly #rings: PerfRing[] = [];

  /** Where the kernel refuses, the log stays empty. */
  constructor() {
    try {
      for (const cpu of processors()) this.#rings.push(new PerfRing(cpu, PAGES));
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      this.end();
    }
  }

  end(): void {
    for (const ring of this.#rings) ring.end();
    this.#rings.length = 0;
  }

  /** What the log has of a process that is gone; null for nothing. */
  find(pid: number): Started | null {
    let wanted = pid;
    for (let generation = 0; generation < GENERATIONS; generation++) {
      const { started, parent } = this.#look(wanted);
      if (started !== null) return { ...started, isOwn: generation === 0 };
      if (parent === null || parent === wanted) return null;
      // A process that started no program of its own is what its parent was.
      wanted = parent;
      const alive = nameOf(parent);
      if (alive !== null) return alive;
    }
    return null;
  }

  #look(pid: number): { started: Started | null; parent: number | null } {
    let command: Bytes | null = null;
    let exe: Bytes | null = null;
    let parent: number | null = null;
    for (const ring of this.#rings) {
      let newest: Bytes | null = null;
      ring.each((view, at, bytes) => {
        if (view.getUint32(at + PerfField.pid, true) !== pid) return false;
        const second = view.getUint32(at + PerfField.second, true);
        switch (view.getUint32(at + PerfField.type, true)) {
          case PerfRecord.comm:
            if (second !== pid) return false;
            command = text(bytes, at + PerfField.comm);
            // The first executable mapping after it: the program itself. Those before were of another program.
            exe = newest;
            return true;
          case PerfRecord.mmap2:
            // Read backwards, the last one met before the name is the first of the new program.
            newest = text(bytes, at + PerfField.mmapName);
            return false;
          case PerfRecord.fork:
            parent = second;
            return true;
          default:
            return false;
        }
      });
      if (command !== null) return { started: { command, exe, isOwn: true }, parent };
    }
    return { started: null, parent };
  }
}

function text(bytes: Uint8Array, at: number): Bytes {
  const end = bytes.indexOf(0, at);
  return bytesOfArray(bytes.subarray(at, end < 0 ? at + 16 : end));
}

/** The name of a process that runs; null where it is gone too. */
function nameOf(pid: number): Started | null {
  try {
    const command = asBytes(readFileSync(`/proc/${pid}/comm`, 'latin1').replace(/\n$/, ''));
    return { command, exe: asBytes(readlinkSync(`/proc/${pid}/exe`, 'latin1')), isOwn: false };
  } catch {
    return null;
  }
}
