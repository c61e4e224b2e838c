import { bind, check, errno, errnos, Memory } from './libc.ts';

/** Waiting for descriptors: poll(2), eventfd(2), read(2), write(2). */

export const Poll = { in: 1, priority: 2, error: 8 } as const;

type Poller = (fds: number, count: number, timeout: number) => number;
const pollCall = bind<Poller>('poll', 'int', ['address', 'size_t', 'int']);
const eventfdCall = bind<(initial: number, flags: number) => number>('eventfd', 'int', ['uint', 'int']);
const readCall = bind<(fd: number, buffer: number, size: number) => number>('read', 'long', [
  'int',
  'address',
  'size_t',
]);
const writeCall = bind<(fd: number, buffer: number, size: number) => number>('write', 'long', [
  'int',
  'address',
  'size_t',
]);

/** Waits for several descriptors at once; made anew when the set changes. */
export class PollSet {
  readonly #memory: Memory;
  readonly #count: number;

  constructor(wanted: readonly { fd: number; events: number }[]) {
    this.#count = wanted.length;
    this.#memory = new Memory(8 * Math.max(1, wanted.length));
    wanted.forEach(({ fd, events }, i) => {
      this.#memory.view.setInt32(8 * i, fd, true);
      this.#memory.view.setInt16(8 * i + 4, events, true);
    });
  }

  /** Blocks this thread until one is ready or `timeoutMs` have passed (−1: for good). A signal ends it early. */
  wait(timeoutMs: number): void {
    for (let i = 0; i < this.#count; i++) this.#memory.view.setInt16(8 * i + 6, 0, true);
    if (pollCall(this.#memory.address, this.#count, timeoutMs) < 0 && errno() !== errnos.EINTR) check('poll', -1);
  }

  /** What the descriptor at this place of the set is ready for; 0 for nothing. */
  ready(at: number): number {
    return this.#memory.view.getInt16(8 * at + 6, true);
  }
}

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

/** A descriptor that one thread writes to in order to wake another. Throws a SyscallError. */
export const eventfd = (): number => check('eventfd', eventfdCall(0, EFD_CLOEXEC | EFD_NONBLOCK));

const eight = new Memory(8);

/** Wakes who polls the descriptor of eventfd. */
export function wake(fd: number): void {
  eight.view.setBigUint64(0, 1n, true);
  writeCall(fd, eight.address, 8);
}

/** Takes back what `wake` did. */
export function unwake(fd: number): void {
  readCall(fd, eight.address, 8);
}

/** Reads into memory; 0 also where nothing is there to read. Throws a SyscallError otherwise. */
export function readInto(fd: number, memory: Memory): number {
  const got = readCall(fd, memory.address, memory.bytes.length);
  if (got >= 0) return got;
  const failed = errno();
  if (failed === errnos.EAGAIN || failed === errnos.EINTR) return 0;
  return check('read', got);
}
