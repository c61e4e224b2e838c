/** Follows one mount: whether it still stands in its namespace. Nothing is held that keeps a mount busy. */
import { asBytes, bytesOfArray } from '../../../shared/bytes/bytes.ts';
import { FanEvent, fanotifyInit, fanotifyMark, Init, Mark } from '../syscalls/fanotify.ts';
import { Memory, SyscallError } from '../syscalls/libc.ts';
import { AT_FDCWD, close, Open, openat, readlinkat, readWhole } from '../syscalls/open.ts';
import { Poll, readInto } from '../syscalls/poll.ts';
import type { WatchParams } from './messages.ts';

type Followed = NonNullable<WatchParams['mount']>;

/** Where the kernel does not tell of changes in another namespace, it is looked at this often. */
const LOOK_EVERY_MS = 500;

const memory = new Memory(4096);

/** The process by which the namespace is reached: null for our own. */
function processOf({ pid, ns }: Followed): number | null {
  if (pid === null) return null;
  try {
    return readlinkat(AT_FDCWD, asBytes('/proc/self/ns/mnt')) === `mnt:[${ns}]` ? null : pid;
  } catch (error) {
    if (error instanceof SyscallError) return pid;
    throw error;
  }
}

export class MountFollower {
  /** What is polled; null: it is looked at by the clock. */
  readonly fd: number | null;
  readonly events: number;
  readonly #mount: Followed;
  readonly #folder: string;
  readonly #isQueue: boolean;
  #nextLook = performance.now() + LOOK_EVERY_MS;

  constructor(mount: Followed) {
    this.#mount = mount;
    const pid = processOf(mount);
    this.#folder = pid === null ? '/proc/self' : `/proc/${pid}`;
    const queue = markNamespace(this.#folder);
    this.#isQueue = queue !== null;
    // A mountinfo of another process that is kept open would keep its mounts busy once it is dead.
    this.fd = queue ?? (pid === null ? openMountinfo() : null);
    this.events = queue !== null ? Poll.in : Poll.priority;
  }

  /** Milliseconds until it wants to be asked; null where its descriptor tells. */
  get wait(): number | null {
    return this.fd === null ? Math.max(0, this.#nextLook - performance.now()) : null;
  }

  /** Whether the mount has gone, or may have: its namespace cannot be read any more. */
  hasGone(isReady: boolean): boolean {
    if (this.fd === null) {
      if (performance.now() < this.#nextLook) return false;
      this.#nextLook = performance.now() + LOOK_EVERY_MS;
    } else if (!isReady) return false;
    if (this.#isQueue && this.fd !== null) while (readInto(this.fd, memory) > 0);
    return !this.isThere();
  }

  isThere(): boolean {
    try {
      const text = bytesOfArray(readWhole(AT_FDCWD, asBytes(`${this.#folder}/mountinfo`)));
      return new RegExp(`^${this.#mount.mountId} \\d+ ${this.#mount.dev} `, 'm').test(text);
    } catch (error) {
      if (error instanceof SyscallError) return false;
      throw error;
    }
  }

  end(): void {
    if (this.fd !== null) close(this.fd);
  }
}

/** A queue that tells of mounts and unmounts in the namespace; null before Linux 6.14, or without privilege over it. */
function markNamespace(folder: string): number | null {
  let fd = -1;
  try {
    fd = fanotifyInit(Init.reportMount);
    const mask = FanEvent.mountAttach | FanEvent.mountDetach;
    fanotifyMark(fd, Mark.add | Mark.mountNamespace, mask, AT_FDCWD, asBytes(`${folder}/ns/mnt`));
    return fd;
  } catch (error) {
    if (fd >= 0) close(fd);
    if (error instanceof SyscallError) return null;
    throw error;
  }
}

/** Our own mountinfo, which poll(2) wakes for after it was read once. */
function openMountinfo(): number {
  return openat(AT_FDCWD, asBytes('/proc/self/mountinfo'), Open.readOnly);
}
