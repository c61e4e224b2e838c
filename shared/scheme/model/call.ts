import type { Bytes } from '../../bytes/bytes.ts';

/**
 * What can be asked of a union that works by the scheme: system calls, and memory pressure. As an `Operation` of the
 * terminal contract, but with everything in its own type. Data are bytes as text; `path` and `to` too.
 */

export type OpenFlag = 'RDONLY' | 'WRONLY' | 'RDWR' | 'CREAT' | 'EXCL' | 'TRUNC' | 'APPEND' | 'DIRECTORY' | 'NOFOLLOW';

export type Call =
  | { op: 'open'; path: Bytes; flags: readonly OpenFlag[]; mode: number }
  | { op: 'read'; fd: number; len: number }
  | { op: 'pread'; fd: number; len: number; off: number }
  | { op: 'write'; fd: number; data: Bytes }
  | { op: 'pwrite'; fd: number; data: Bytes; off: number }
  | { op: 'mmap'; fd: number; len: number }
  | { op: 'peek'; map: number; off: number; len: number }
  | { op: 'stat' | 'readdir' | 'rmdir' | 'unlink' | 'readlink' | 'handle'; path: Bytes }
  | { op: 'fstat' | 'close' | 'fsync'; fd: number }
  | { op: 'ftruncate'; fd: number; size: number }
  | { op: 'mkdir'; path: Bytes; mode: number }
  | { op: 'rename'; path: Bytes; to: Bytes; flags: readonly ('NOREPLACE' | 'EXCHANGE')[] }
  | { op: 'link'; path: Bytes; to: Bytes }
  | { op: 'symlink'; path: Bytes; target: Bytes }
  | { op: 'truncate'; path: Bytes; size: number }
  | { op: 'chmod'; path: Bytes; mode: number }
  | { op: 'chown'; path: Bytes; uid: number; gid: number }
  | { op: 'utimens'; path: Bytes; atimeNs: bigint | null; mtimeNs: bigint | null }
  | { op: 'setxattr'; path: Bytes; name: Bytes; value: Bytes; flags: readonly ('CREATE' | 'REPLACE')[] }
  | { op: 'getxattr'; path: Bytes; name: Bytes }
  /** `kind` is st_mode >> 12, `rdev` of a device `major:minor`. */
  | { op: 'mknod'; path: Bytes; kind: number; mode: number; rdev: string }
  | { op: 'openHandle'; handle: bigint; flags: readonly OpenFlag[] }
  | { op: 'evict' | 'stats' };

/** What stat says, as far as the scheme decides it: times are the disk's, and a directory's link count is too. */
export type Attributes = {
  readonly kind: number;
  readonly ino: bigint;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Null for a directory. */
  readonly nlink: number | null;
  readonly size: number | null;
};

export type Listed = { readonly name: Bytes; readonly kind: number; readonly dino: bigint };

/** What a call answers. */
export type Result =
  | { readonly fd: number; readonly ino: bigint }
  | { readonly data: Bytes }
  | { readonly n: number }
  | { readonly map: number }
  | { readonly entries: readonly Listed[] }
  | { readonly target: Bytes }
  | { readonly value: Bytes }
  /** What stands for the file handle: the object itself. */
  | { readonly handle: bigint }
  | { readonly tempfiles: number; readonly tempBytes: number; readonly mappings: number }
  | Attributes
  | true;

export type Reply = { readonly ok: Result } | { readonly errno: string };

/** Thrown inside a call: what it answers. */
export class Refusal extends Error {
  readonly errno: string;
  constructor(errno: string) {
    super(errno);
    this.errno = errno;
  }
}

export function refuse(errno: string): never {
  throw new Refusal(errno);
}
