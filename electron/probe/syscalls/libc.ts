import koffi from 'koffi';
import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { bytesOfArray } from '../../../shared/bytes/bytes.ts';

/**
 * The ground of the bindings: libc as loaded in this process, errno, and memory with a fixed address.
 *
 * Pointers cross as plain numbers (addresses below 2^53), taken once for each buffer: that is the fastest way through
 * koffi, about 0.15 µs over the bare call. Where libc may lack a wrapper (system calls since 424, equal on all
 * architectures) `syscall` is called by number.
 */
const libc = koffi.load(null);

type Argument = 'int' | 'uint' | 'long' | 'int64' | 'uint64' | 'size_t' | 'address' | 'string';
const typeOf = (argument: Argument): string => (argument === 'address' ? 'uintptr_t' : argument);

// biome-ignore lint/suspicious/noExplicitAny: whatever koffi was told of the function
type Foreign = (...args: any[]) => number;

/** errno of the last call of `bind` or `bindNumber` that failed in this thread. */
let failure = 0;

/**
 * Makes sure why a call failed. Between a call and our look at errno the runtime may make calls of its own (it collects
 * garbage, it installs code), and those leave their errno there: ENOENT was seen to come out as EAGAIN, once in some
 * 100,000 failures. What failed has done nothing, so it is done again until the same comes out twice.
 */
export function sure(call: () => number, lookAt: () => number = koffi.errno): number {
  for (let before = lookAt(); ; before = failure) {
    const again = call();
    if (again >= 0) return again;
    failure = lookAt();
    if (failure === before) return again;
  }
}

/** With as many parameters as the function has: spreading them would cost more than the call. */
function surely(call: Foreign, count: number): Foreign {
  switch (count) {
    case 1:
      return (a) => {
        const got = call(a);
        return got < 0 ? sure(() => call(a)) : got;
      };
    case 2:
      return (a, b) => {
        const got = call(a, b);
        return got < 0 ? sure(() => call(a, b)) : got;
      };
    case 3:
      return (a, b, c) => {
        const got = call(a, b, c);
        return got < 0 ? sure(() => call(a, b, c)) : got;
      };
    case 4:
      return (a, b, c, d) => {
        const got = call(a, b, c, d);
        return got < 0 ? sure(() => call(a, b, c, d)) : got;
      };
    case 5:
      return (a, b, c, d, e) => {
        const got = call(a, b, c, d, e);
        return got < 0 ? sure(() => call(a, b, c, d, e)) : got;
      };
    default:
      return (...all) => {
        const got = call(...all);
        return got < 0 ? sure(() => call(...all)) : got;
      };
  }
}

/**
 * Calls that must not be made again: a closed number may be another's by then, fsync tells an error but once, and
 * name_to_handle_at writes how much room it wants over how much there is.
 */
const ONCE = new Set(['close', 'fsync', 'name_to_handle_at']);

/** A function of libc. Every pointer is an `address`; `string` is for ASCII constants of the program only. */
export function bind<T extends (...args: never[]) => number>(
  name: string,
  result: 'int' | 'long',
  args: Argument[],
): T {
  const call = libc.func(name, result, args.map(typeOf)) as unknown as Foreign;
  if (!ONCE.has(name)) return surely(call, args.length) as unknown as T;
  return ((...all: unknown[]) => {
    const got = call(...all);
    if (got < 0) failure = koffi.errno();
    return got;
  }) as unknown as T;
}

/** A system call by number, as a function of its arguments. */
export function bindNumber<T extends (...args: never[]) => number>(number: number, args: Argument[]): T {
  const call = libc.func('syscall', 'long', ['long', ...args.map(typeOf)]) as unknown as Foreign;
  switch (args.length) {
    case 4:
      return surely((a, b, c, d) => call(number, a, b, c, d), 4) as unknown as T;
    case 5:
      return surely((a, b, c, d, e) => call(number, a, b, c, d, e), 5) as unknown as T;
    case 6:
      return surely((a, b, c, d, e, f) => call(number, a, b, c, d, e, f), 6) as unknown as T;
    default:
      return surely((...rest) => call(number, ...rest), args.length) as unknown as T;
  }
}

/** errno of this thread's last call that failed. */
export const errno = (): number => failure;

/** Numbers by name: errnos.ENOENT is 2. */
export const errnos: Readonly<Record<string, number>> = koffi.os.errno;

const names = new Map<number, string>();
for (const [name, number] of Object.entries(koffi.os.errno)) if (!names.has(number)) names.set(number, name);
names.set(errnos.EOPNOTSUPP as number, 'EOPNOTSUPP');
names.set(errnos.EAGAIN as number, 'EAGAIN');
names.set(errnos.EDEADLK as number, 'EDEADLK');

/** The name of an errno: 2 is "ENOENT". */
export const errnoName = (number: number): string => names.get(number) ?? `errno ${number}`;

/** A system call that failed: `code` is the errno's name, `errno` its number. */
export class SyscallError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly call: string;
  constructor(call: string, number: number) {
    super(`${call}: ${errnoName(number)}`);
    this.name = 'SyscallError';
    this.call = call;
    this.errno = number;
    this.code = errnoName(number);
  }
}

/** Passes a result that is not negative; throws a SyscallError with the errno of the call otherwise. */
export function check(call: string, result: number): number {
  if (result < 0) throw new SyscallError(call, errno());
  return result;
}

/** Memory that does not move while it is referenced, seen as bytes, as fields, and by its address. */
export class Memory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly address: number;
  constructor(size: number) {
    const buffer = new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.address = addressOf(buffer);
  }
  /** Writes `bytes` and a NUL at `offset`; returns the address of the string. Throws a RangeError without room. */
  string(offset: number, bytes: Bytes): number {
    const { length } = bytes;
    if (offset + length + 1 > this.bytes.length) throw new RangeError(`a string of ${length} bytes does not fit`);
    for (let i = 0; i < length; i++) this.bytes[offset + i] = bytes.charCodeAt(i);
    this.bytes[offset + length] = 0;
    return this.address + offset;
  }
  /** The bytes from `start` (inclusive) to `end` (exclusive). */
  slice(start: number, end: number): Bytes {
    return bytesOfArray(this.bytes.subarray(start, end));
  }
}

/** The address of a buffer's first byte. The buffer must outlive every use of the address. */
export const addressOf = (buffer: ArrayBufferLike): number => Number(koffi.address(buffer));

/** Longest path that the kernel takes in one call, NUL included (PATH_MAX). */
export const PATH_MAX = 4096;

/** Scratch of this thread for the arguments of calls off the hot path; nothing in it survives the next call. */
export const scratch = new Memory(256 * 1024);

/** A path as an argument of the next call. Throws ENAMETOOLONG as the kernel would. */
export function path(bytes: Bytes, slot: 0 | 1 = 0): number {
  if (bytes.length >= PATH_MAX) throw new SyscallError('path', errnos.ENAMETOOLONG as number);
  return scratch.string(slot * PATH_MAX, bytes);
}

/** First offset in `scratch` behind the two path arguments. */
export const AFTER_PATHS = 2 * PATH_MAX;
