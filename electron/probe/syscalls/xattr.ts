import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { bind, bindNumber, errno, errnoName, errnos, Memory, PATH_MAX, SyscallError } from './libc.ts';
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from './open.ts';

/**
 * Extended attributes of an entry by its directory's descriptor and name, without opening the entry and without
 * following a symlink: listxattrat(2) and getxattrat(2) of Linux 6.13, else llistxattr and lgetxattr through
 * /proc/self/fd/N/NAME, which end in the same inode.
 */

/** Largest list of names, and largest value, that the kernel gives (XATTR_LIST_MAX, XATTR_SIZE_MAX). */
export const XATTR_MAX = 65536;

const listxattrat = bindNumber<(dirfd: number, path: number, flags: number, list: number, size: number) => number>(
  465,
  ['int', 'address', 'uint', 'address', 'size_t'],
);
const getxattrat = bindNumber<
  (dirfd: number, path: number, flags: number, name: number, args: number, size: number) => number
>(464, ['int', 'address', 'uint', 'address', 'address', 'size_t']);
type List = (path: number, list: number, size: number) => number;
type Get = (path: number, name: number, value: number, size: number) => number;
const llistxattr = bind<List>('llistxattr', 'long', ['address', 'address', 'size_t']);
const listxattr = bind<List>('listxattr', 'long', ['address', 'address', 'size_t']);
const lgetxattr = bind<Get>('lgetxattr', 'long', ['address', 'address', 'address', 'size_t']);
const getxattr = bind<Get>('getxattr', 'long', ['address', 'address', 'address', 'size_t']);

/**
 * What is asked for first: the kernel allocates (and clears) as much as a caller offers room for, so that 64 KiB at every
 * entry would cost half a walk. ERANGE then tells of the few that need more.
 */
const FIRST = 512;

/** Size of struct xattr_args: u64 value, u32 size, u32 flags. */
const XATTR_ARGS = 16;

/** Reads attributes into buffers of its own. One thread uses it, one entry at a time. */
export class XattrReader {
  /** The names last listed, each ended by NUL. */
  readonly list: Memory = new Memory(XATTR_MAX);
  /** The value last read. */
  readonly value: Memory = new Memory(XATTR_MAX);
  /** struct xattr_args for the first try, and 64 bytes on for the second. */
  readonly #args = new Memory(128);
  /** The text "/proc/self/fd/N/NAME". */
  readonly #text = new Memory(PATH_MAX + 64);
  #hasList = true;
  #hasGet = true;

  constructor() {
    this.#args.view.setBigUint64(0, BigInt(this.value.address), true);
    this.#args.view.setUint32(8, FIRST, true);
    this.#args.view.setBigUint64(64, BigInt(this.value.address), true);
    this.#args.view.setUint32(64 + 8, XATTR_MAX, true);
  }

  /**
   * Lists the attributes of an entry into `list`. `name` is NUL-ended, in `memory` from `offset` on. Returns the length
   * of the list in bytes, 0 also where the filesystem has no attributes; −1 on failure, errno() says why.
   */
  names(dirfd: number, memory: Memory, offset: number): number {
    const got = this.#names(dirfd, memory, offset, FIRST);
    if (got >= 0) return got;
    if (errno() === errnos.ERANGE) return this.#names(dirfd, memory, offset, XATTR_MAX);
    return errno() === errnos.EOPNOTSUPP ? 0 : got;
  }

  #names(dirfd: number, memory: Memory, offset: number, room: number): number {
    if (this.#hasList) {
      const got = listxattrat(dirfd, memory.address + offset, AT_SYMLINK_NOFOLLOW, this.list.address, room);
      if (got >= 0 || errno() !== errnos.ENOSYS) return got;
      this.#hasList = false;
    }
    return llistxattr(this.#path(dirfd, memory, offset), this.list.address, room);
  }

  /**
   * Reads one attribute of an entry into `value`; `attribute` is the address of its NUL-ended name. Returns the length,
   * −1 on failure with errno(): ENODATA for trusted.* without privilege.
   */
  get(dirfd: number, memory: Memory, offset: number, attribute: number): number {
    const got = this.#get(dirfd, memory, offset, attribute, FIRST, this.#args.address);
    if (got >= 0 || errno() !== errnos.ERANGE) return got;
    return this.#get(dirfd, memory, offset, attribute, XATTR_MAX, this.#args.address + 64);
  }

  #get(dirfd: number, memory: Memory, offset: number, attribute: number, room: number, args: number): number {
    if (this.#hasGet) {
      const at = memory.address + offset;
      const got = getxattrat(dirfd, at, AT_SYMLINK_NOFOLLOW, attribute, args, XATTR_ARGS);
      if (got >= 0 || errno() !== errnos.ENOSYS) return got;
      this.#hasGet = false;
    }
    return lgetxattr(this.#path(dirfd, memory, offset), attribute, this.value.address, room);
  }

  /** As `names`, for what a descriptor itself stands for (O_PATH will do). */
  namesOfFd(fd: number): number {
    const got = listxattr(this.#path(fd, null, 0), this.list.address, XATTR_MAX);
    return got < 0 && errno() === errnos.EOPNOTSUPP ? 0 : got;
  }

  /** As `get`, for what a descriptor itself stands for (O_PATH will do). */
  getOfFd(fd: number, attribute: number): number {
    return getxattr(this.#path(fd, null, 0), attribute, this.value.address, XATTR_MAX);
  }

  #path(fd: number, memory: Memory | null, offset: number): number {
    const { bytes } = this.#text;
    // A path that is not of a descriptor stands as it is.
    const start = memory === null ? `/proc/self/fd/${fd}` : fd === AT_FDCWD ? '' : `/proc/self/fd/${fd}/`;
    let at = 0;
    for (; at < start.length; at++) bytes[at] = start.charCodeAt(at);
    if (memory) {
      for (let from = offset; memory.bytes[from] !== 0; from++) bytes[at++] = memory.bytes[from] as number;
    }
    bytes[at] = 0;
    return this.#text.address;
  }
}

/** One attribute; a null value was listed but refused, for the reason in `error` (an errno's name). */
export type Xattr = { name: Bytes; value: Uint8Array<ArrayBuffer> | null; error?: string };

let shared: XattrReader | undefined;

/**
 * Every attribute of what `fd` stands for, in the kernel's order; `only` chooses by name. Throws a SyscallError where
 * the names cannot be listed.
 */
export function xattrsOfFd(fd: number, only: (name: Bytes) => boolean = () => true): Xattr[] {
  shared ??= new XattrReader();
  const reader = shared;
  const length = reader.namesOfFd(fd);
  if (length < 0) throw new SyscallError('listxattr', errno());
  const out: Xattr[] = [];
  for (let at = 0; at < length; ) {
    const end = reader.list.bytes.indexOf(0, at);
    const name = reader.list.slice(at, end);
    if (only(name)) {
      const got = reader.getOfFd(fd, reader.list.address + at);
      if (got >= 0) out.push({ name, value: reader.value.bytes.slice(0, got) });
      else if (errno() !== errnos.ENODATA) out.push({ name, value: null, error: errnoName(errno()) });
    }
    at = end + 1;
  }
  return out;
}

/** Which of the calls of Linux 6.13 this kernel (or a filter before it) answers. */
export function hasXattrat(): { listxattrat: boolean; getxattrat: boolean } {
  const text = new Memory(128);
  const root = text.string(0, asBytes('/'));
  const missing = (got: number): boolean => got < 0 && errno() === errnos.ENOSYS;
  const attribute = text.string(8, asBytes('user.none'));
  return {
    listxattrat: !missing(listxattrat(AT_FDCWD, root, AT_SYMLINK_NOFOLLOW, 0, 0)),
    getxattrat: !missing(getxattrat(AT_FDCWD, root, AT_SYMLINK_NOFOLLOW, attribute, text.address + 64, XATTR_ARGS)),
  };
}
