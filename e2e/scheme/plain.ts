import { nameToHandle, openByHandle } from '../../electron/probe/syscalls/handle.ts';
import { addressOf, bind, check, errno, errnos, SyscallError } from '../../electron/probe/syscalls/libc.ts';
import {
  close,
  listDirectory,
  Open,
  openat,
  openat2,
  Resolve,
  readlinkat,
} from '../../electron/probe/syscalls/open.ts';
import { statx } from '../../electron/probe/syscalls/statx.ts';
import { readXattr, SetXattr, setXattr } from '../../electron/union/syscalls/attributes.ts';
import { fsync, mapShared, peekMemory, read, truncateFd, unmap, write } from '../../electron/union/syscalls/data.ts';
import {
  Create,
  chmodFd,
  chownFd,
  fdPath,
  KEEP_ID,
  mkdirat,
  mknodat,
  Rename,
  renameat2,
  reopen,
  rmdirat,
  symlinkat,
  unlinkat,
  utimensFd,
} from '../../electron/union/syscalls/names.ts';
import { asBytes, type Bytes, bytesOfText } from '../../shared/bytes/bytes.ts';
import { handleText } from '../../shared/map/keys.ts';
import { Kind } from '../../shared/merge/marks.ts';
import type { Answer, OpenFlag, Operation } from '../../shared/scheme/operation.ts';

/**
 * The operations of `scheme exec` on a directory as the kernel has it: a plain one, or a mounted overlay. Each is one
 * system call. Objects are named by their handles, which tell a number that was used again from the old one.
 */

const linkatCall = bind<(d1: number, p1: number, d2: number, p2: number, flags: number) => number>('linkat', 'int', [
  'int',
  'address',
  'int',
  'address',
  'int',
]);
const truncateCall = bind<(path: number, size: bigint) => number>('truncate64', 'int', ['address', 'int64']);

/** A NUL-ended text, and its address. */
function text(bytes: Bytes): { address: number; hold: Uint8Array } {
  const hold = new Uint8Array(Buffer.from(`${bytes}\0`, 'latin1'));
  return { address: addressOf(hold.buffer), hold };
}

const TYPES: Record<number, string> = {
  [Kind.file]: 'file',
  [Kind.dir]: 'dir',
  [Kind.symlink]: 'symlink',
  [Kind.fifo]: 'fifo',
  [Kind.char]: 'char',
  [Kind.block]: 'block',
  [Kind.socket]: 'socket',
};
const FLAGS: Record<OpenFlag, number> = {
  RDONLY: 0,
  WRONLY: Create.writeOnly,
  RDWR: Create.readWrite,
  CREAT: Create.create,
  EXCL: Create.exclusive,
  TRUNC: Create.truncate,
  APPEND: Create.append,
  DIRECTORY: Open.directory,
  NOFOLLOW: 0,
};
const MADE = { fifo: 0o010000, char: 0o020000, block: 0o060000, file: 0o100000, socket: 0o140000 } as const;
const base64 = (data: Uint8Array): string => Buffer.from(data).toString('base64');
const ofBase64 = (data: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(data, 'base64'));
const bits = (flags: readonly OpenFlag[]): number => flags.reduce((all, flag) => all | FLAGS[flag], 0);

type Asked = {
  path?: string | undefined;
  to?: string | undefined;
  target?: string | undefined;
  name?: string | undefined;
};

export class PlainDirectory {
  readonly #root: number;
  readonly #fds = new Map<number, number>();
  readonly #maps: { address: number; size: number }[] = [];
  readonly #hasHandles: boolean;

  /** `hasHandles` false: objects are named by number alone (an overlay). */
  constructor(root: string, hasHandles = true) {
    this.#root = openat(-100, asBytes(root), Open.readOnly | Open.directory);
    this.#hasHandles = hasHandles;
  }

  end(): void {
    this.closeAll();
    close(this.#root);
  }

  closeAll(): void {
    for (const fd of this.#fds.values()) close(fd);
    for (const { address, size } of this.#maps) unmap(address, size);
    this.#fds.clear();
    this.#maps.length = 0;
  }

  perform(operation: Operation): Answer {
    try {
      return { ok: this.#do(operation) };
    } catch (error) {
      if (error instanceof SyscallError) return { errno: error.code };
      throw error;
    }
  }

  /** Opens the directory of a path; gives it with the last name. */
  #at<T>(path: string, use: (directory: number, name: Bytes) => T): T {
    const bytes = bytesOfText(path);
    const slash = bytes.lastIndexOf('/');
    const above = asBytes(slash < 0 ? '.' : bytes.slice(0, slash) || '.');
    const name = asBytes(bytes.slice(slash + 1) || '.');
    const fd = openat2(this.#root, above, Open.path | Open.directory, Resolve.inRoot);
    try {
      return use(fd, name);
    } finally {
      close(fd);
    }
  }

  /** Opens what a path leads to as a place, and uses it. */
  #on<T>(path: string, use: (place: number, kind: number) => T): T {
    return this.#at(path, (directory, name) => {
      const place = openat(directory, name, Open.path | Open.noFollow);
      try {
        return use(place, statx(place, asBytes('')).mode >> 12);
      } finally {
        close(place);
      }
    });
  }

  #fd(fd: bigint): number {
    const real = this.#fds.get(Number(fd));
    if (real === undefined) throw new SyscallError('plain', errnos.EBADF as number);
    return real;
  }

  #hold(real: number): number {
    let fd = 3;
    while (this.#fds.has(fd)) fd++;
    this.#fds.set(fd, real);
    return fd;
  }

  /** What names an inode for good. */
  #id(place: number): string {
    const handle = this.#hasHandles ? nameToHandle(place, asBytes(''))?.handle : undefined;
    return handle ? (handleText(handle) as string) : String(statx(place, asBytes('')).ino);
  }

  #stat(place: number): Record<string, unknown> {
    const stat = statx(place, asBytes(''));
    return {
      type: TYPES[stat.mode >> 12],
      ino: this.#id(place),
      mode: (stat.mode & 0o7777).toString(8).padStart(4, '0'),
      uid: stat.uid,
      gid: stat.gid,
      nlink: stat.nlink,
      size: String(stat.size),
      mtimeNs: String(stat.mtimeNs),
      atimeNs: String(stat.atimeNs),
    };
  }

  #do(request: Operation): true | Record<string, unknown> {
    const { path = '', to = '', target = '', name = '' } = request as Asked;
    switch (request.op) {
      case 'open': {
        const flags = bits(request.flags) | Open.noFollow | Open.nonBlock;
        const real = this.#at(path, (directory, last) => openWith(directory, last, flags, request.mode));
        return { fd: this.#hold(real), ino: this.#id(real) };
      }
      case 'close': {
        close(this.#fd(request.fd));
        this.#fds.delete(Number(request.fd));
        return true;
      }
      case 'read':
        return { data: base64(read(this.#fd(request.fd), Number(request.len))) };
      case 'pread':
        return { data: base64(read(this.#fd(request.fd), Number(request.len), request.off)) };
      case 'write':
        return { n: write(this.#fd(request.fd), ofBase64(request.data)) };
      case 'pwrite':
        return { n: write(this.#fd(request.fd), ofBase64(request.data), request.off) };
      case 'mmap': {
        const size = Number(request.len);
        return { map: this.#maps.push({ address: mapShared(this.#fd(request.fd), size), size }) };
      }
      case 'peek': {
        const map = this.#maps[Number(request.map) - 1];
        if (!map) throw new SyscallError('plain', errnos.EBADF as number);
        return { data: base64(peekMemory(map.address + Number(request.off), Number(request.len))) };
      }
      case 'stat':
        return this.#on(path, (place) => this.#stat(place));
      case 'fstat':
        return this.#stat(this.#fd(request.fd));
      case 'readdir':
        return this.#at(path, (directory, last) => {
          const fd = openat(directory, last, Open.readOnly | Open.directory | Open.noFollow);
          try {
            const entries = listDirectory(fd).map((entry) => {
              const place = openat(fd, entry.name, Open.path | Open.noFollow);
              const id = this.#id(place);
              close(place);
              return { name: entry.name, type: TYPES[entry.type], dino: id };
            });
            return { entries };
          } finally {
            close(fd);
          }
        });
      case 'fsync':
        fsync(this.#fd(request.fd));
        return true;
      case 'ftruncate':
        truncateFd(this.#fd(request.fd), request.size);
        return true;
      case 'truncate':
        this.#on(path, (place, kind) => {
          if (kind === Kind.symlink) throw new SyscallError('plain', errnos.ELOOP as number);
          const at = text(fdPath(place));
          check('truncate', truncateCall(at.address, request.size));
        });
        return true;
      case 'mkdir':
        this.#at(path, (directory, last) => mkdirat(directory, last, request.mode));
        return true;
      case 'rmdir':
        this.#at(path, rmdirat);
        return true;
      case 'unlink':
        this.#at(path, unlinkat);
        return true;
      case 'rename': {
        const flags = request.flags.reduce(
          (all, flag) => all | (flag === 'EXCHANGE' ? Rename.exchange : Rename.noReplace),
          0,
        );
        this.#at(path, (from, fromName) =>
          this.#at(to, (into, toName) => renameat2(from, fromName, into, toName, flags)),
        );
        return true;
      }
      case 'link':
        // link(2) looks at the old name before it walks to the new one.
        this.#on(path, () => true);
        this.#at(path, (from, fromName) =>
          this.#at(to, (into, toName) => {
            const [one, other] = [text(fromName), text(toName)];
            check('linkat', linkatCall(from, one.address, into, other.address, 0));
          }),
        );
        return true;
      case 'symlink':
        this.#at(path, (directory, last) => symlinkat(bytesOfText(target), directory, last));
        return true;
      case 'readlink':
        return { target: this.#at(path, readlinkat) };
      case 'mknod': {
        const [major = 0, minor = 0] = (request.rdev ?? '0:0').split(':').map(Number);
        this.#at(path, (directory, last) => mknodat(directory, last, MADE[request.type] | request.mode, major, minor));
        return true;
      }
      case 'chmod':
        this.#on(path, (place, kind) => {
          if (kind === Kind.symlink) throw new SyscallError('plain', errnos.EOPNOTSUPP as number);
          chmodFd(place, request.mode);
        });
        return true;
      case 'chown':
        this.#on(path, (place) => chownFd(place, Number(request.uid ?? KEEP_ID), Number(request.gid ?? KEEP_ID)));
        return true;
      case 'utimens':
        this.#on(path, (place) => utimensFd(place, request.atimeNs ?? null, request.mtimeNs ?? null));
        return true;
      case 'getxattr':
        return this.#on(path, (place) => ({ value: base64(readXattr(place, bytesOfText(name))) }));
      case 'setxattr': {
        const flags = request.flags.reduce(
          (all, one) => all | (one === 'CREATE' ? SetXattr.create : SetXattr.replace),
          0,
        );
        this.#on(path, (place) => setXattr(place, bytesOfText(name), ofBase64(request.value), flags));
        return true;
      }
      case 'handle':
        return this.#on(path, (place) => ({ handle: this.#id(place) }));
      case 'openHandle': {
        const [type = '', fid = ''] = request.handle.split(':');
        const place = openByHandle(this.#root, { type: Number.parseInt(type, 16), fid });
        try {
          if (statx(place, asBytes('')).mode >> 12 === Kind.symlink)
            throw new SyscallError('plain', errnos.ELOOP as number);
          const real = reopen(place, bits(request.flags) | Open.nonBlock);
          return { fd: this.#hold(real), ino: this.#id(real) };
        } finally {
          close(place);
        }
      }
      case 'evict':
        return { dentries: 0 };
      case 'stats':
      case 'crash':
        return true;
    }
  }
}

const openatCall = bind<(dirfd: number, path: number, flags: number, mode: number) => number>('openat', 'int', [
  'int',
  'address',
  'int',
  'uint',
]);
function openWith(directory: number, name: Bytes, flags: number, mode: number): number {
  const at = text(name);
  const fd = openatCall(directory, at.address, flags | Open.closeOnExec, mode);
  if (fd < 0) throw new SyscallError('openat', errno());
  return fd;
}
