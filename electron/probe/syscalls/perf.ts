import { bind, check, Memory, SyscallError } from './libc.ts';
import { close } from './open.ts';

/**
 * The kernel's own log of programs that start: perf_event_open(2) on each processor, of a dummy event that counts
 * nothing and only tells of forks, exec and executable mappings. The rings overwrite their oldest records, so that
 * nobody has to read them while nothing is asked.
 */

const perfEventOpen = bind<
  (number: number, attr: number, pid: number, cpu: number, group: number, flags: number) => number
>('syscall', 'long', ['long', 'address', 'int', 'int', 'int', 'long']);
const mmapCall = bind<
  (at: number, length: number, protection: number, flags: number, fd: number, offset: number) => number
>('mmap', 'long', ['address', 'size_t', 'int', 'int', 'int', 'long']);
const munmapCall = bind<(at: number, length: number) => number>('munmap', 'int', ['address', 'size_t']);
const memcpyCall = bind<(to: number, from: number, length: number) => number>('memcpy', 'long', [
  'address',
  'address',
  'size_t',
]);

const PERF_EVENT_OPEN = process.arch === 'arm64' ? 241 : 298;
const ATTR_SIZE = 136;
const TYPE_SOFTWARE = 1;
const CONFIG_DUMMY = 9n;
/** Bits of struct perf_event_attr: mmap, comm, task, mmap2, comm_exec, write_backward. */
const FLAGS = (1n << 8n) | (1n << 9n) | (1n << 13n) | (1n << 23n) | (1n << 24n) | (1n << 27n);
const FD_CLOEXEC = 8;
const PAGE = 4096;
/** Where in the first page the newest record's offset stands (struct perf_event_mmap_page). */
const HEAD_AT = 1024;
const PROT_READ = 1;
const MAP_SHARED = 1;

/** Types of records, and offsets in them; all begin with u32 type, u16 misc, u16 size, u32 pid. */
export const PerfRecord = { comm: 3, fork: 7, mmap2: 10 } as const;
export const PerfField = { type: 0, misc: 4, size: 6, pid: 8, second: 12, comm: 16, mmapName: 72 } as const;

/** A ring of one processor, of `pages` pages (a power of two). */
export class PerfRing {
  readonly #fd: number;
  readonly #at: number;
  readonly #pages: number;
  readonly #copy: Memory;
  readonly #head = new Memory(8);

  /** Throws a SyscallError: EACCES or EPERM without privilege, ENODEV for a processor that is off, ENOSYS. */
  constructor(cpu: number, pages: number) {
    const attr = new Memory(ATTR_SIZE);
    attr.view.setUint32(0, TYPE_SOFTWARE, true);
    attr.view.setUint32(4, ATTR_SIZE, true);
    attr.view.setBigUint64(8, CONFIG_DUMMY, true);
    attr.view.setBigUint64(40, FLAGS, true);
    this.#fd = check('perf_event_open', perfEventOpen(PERF_EVENT_OPEN, attr.address, -1, cpu, -1, FD_CLOEXEC));
    this.#pages = pages;
    this.#at = mmapCall(0, (pages + 1) * PAGE, PROT_READ, MAP_SHARED, this.#fd, 0);
    if (this.#at === -1) {
      close(this.#fd);
      throw new SyscallError('mmap', 1);
    }
    this.#copy = new Memory(pages * PAGE);
  }

  /** What the ring holds, the newest record first: calls back until told to stop. */
  each(visit: (view: DataView, at: number, bytes: Uint8Array) => boolean): void {
    memcpyCall(this.#head.address, this.#at + HEAD_AT, 8);
    const size = this.#pages * PAGE;
    const head = Number(BigInt.asUintN(64, this.#head.view.getBigUint64(0, true)) % BigInt(size));
    // In two pieces, so that the copy begins with the newest record.
    memcpyCall(this.#copy.address, this.#at + PAGE + head, size - head);
    if (head > 0) memcpyCall(this.#copy.address + size - head, this.#at + PAGE, head);
    const { view, bytes } = this.#copy;
    for (let at = 0; at + 16 <= size; ) {
      const length = view.getUint16(at + PerfField.size, true);
      // Beyond the last whole record lie rests of older ones, or nothing.
      if (length < 16 || at + length > size) return;
      if (visit(view, at, bytes)) return;
      at += length;
    }
  }

  end(): void {
    munmapCall(this.#at, (this.#pages + 1) * PAGE);
    close(this.#fd);
  }
}
