import { errnos, SyscallError } from '../probe/syscalls/libc.ts';

/** Ends an operation with an errno, as a system call of its own would. */
export function fail(code: string): never {
  throw new SyscallError('union', errnos[code] as number);
}

/** Whether an error is a system call's, with this errno (any, where none is named). */
export const isErrno = (error: unknown, ...codes: string[]): error is SyscallError =>
  error instanceof SyscallError && (codes.length === 0 || codes.includes(error.code));
