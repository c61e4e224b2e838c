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

/** A function of libc. Every pointer is an `address`; `string` is for ASCII constants of the program only. */
export function bind<T extends (...args: never[]) => number>(
  name: string,
  result: 'int' | 'long',
  args: Argument[],
): T {
  return libc.func(name, result, args.map(typeOf)) as unknown as T;
}

/** A system call by number, as a function of its arguments. */
export function bindNumber<T extends (...args: never[]) => number>(number: number, args: Argument[]): T {
  const call = libc.func('syscall', 'long', ['long', ...args.map(typeOf)]) as (...args: unknown[]) => number;
  switch (args.length) {
    case 4:
      return ((a: number, b: number, c: number, d: number) => call(number, a, b, c, d)) as unknown as T;
    case 5:
      return ((a: number, b: number, c: number, d: number, e: number) => call(number, a, b, c, d, e)) as unknown as T;
    case 6:
      return ((a: number, b: number, c: number, d: number, e: number, f: number) =>
        call(number, a, b, c, d, e, f)) as unknown as T;
    default:
      return ((...rest: number[]) => call(number, ...rest)) as unknown as T;
  }
}

/** errno of this thread's last call that failed: read it at once, before another call. */
export const errno = (): number => koffi.errno();

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
