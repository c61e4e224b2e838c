import { addressOf, bind, bindNumber, check, errno, errnos, Memory } from '../../probe/syscalls/libc.ts';

/** Calls that move data: reading, writing, cloning, mapping. Each throws a SyscallError where nothing else is said. */

type Transfer = (fd: number, buffer: number, size: number) => number;
type TransferAt = (fd: number, buffer: number, size: number, offset: bigint) => number;
const readCall = bind<Transfer>('read', 'long', ['int', 'address', 'size_t']);
const writeCall = bind<Transfer>('write', 'long', ['int', 'address', 'size_t']);
const preadCall = bind<TransferAt>('pread64', 'long', ['int', 'address', 'size_t', 'int64']);
const pwriteCall = bind<TransferAt>('pwrite64', 'long', ['int', 'address', 'size_t', 'int64']);
const lseekCall = bind<(fd: number, offset: bigint, whence: number) => number>('lseek64', 'long', [
  'int',
  'int64',
  'int',
]);
const ftruncateCall = bind<(fd: number, size: bigint) => number>('ftruncate64', 'int', ['int', 'int64']);
const fsyncCall = bind<(fd: number) => number>('fsync', 'int', ['int']);
const ioctlCall = bind<(fd: number, request: number, argument: number) => number>('ioctl', 'int', [
  'int',
  'long',
  'long',
]);
const copyFileRangeCall = bind<
  (from: number, fromOffset: number, to: number, toOffset: number, size: number, flags: number) => number
>('copy_file_range', 'long', ['int', 'address', 'int', 'address', 'size_t', 'uint']);
const flockCall = bind<(fd: number, operation: number) => number>('flock', 'int', ['int', 'int']);
const fcntlCall = bind<(fd: number, command: number, flags: number) => number>('fcntl', 'int', ['int', 'int', 'long']);

export function read(fd: number, size: number, offset: bigint | null = null): Uint8Array<ArrayBuffer> {
  const buffer = new Memory(Math.max(1, size));
  const got = offset === null ? readCall(fd, buffer.address, size) : preadCall(fd, buffer.address, size, offset);
  return buffer.bytes.subarray(0, check('read', got));
}

/** Gives how many bytes were written. */
export function write(fd: number, data: Uint8Array<ArrayBuffer>, offset: bigint | null = null): number {
  const buffer = new Memory(Math.max(1, data.length));
  buffer.bytes.set(data);
  const size = data.length;
  const put = offset === null ? writeCall(fd, buffer.address, size) : pwriteCall(fd, buffer.address, size, offset);
  return check('write', put);
}

export const truncateFd = (fd: number, size: bigint): void => void check('ftruncate', ftruncateCall(fd, size));
export const fsync = (fd: number): void => void check('fsync', fsyncCall(fd));

const FICLONE = 0x40049409;
/** Makes the whole of `to` share the data of `from` (FICLONE). */
export const cloneFile = (to: number, from: number): void => void check('ioctl', ioctlCall(to, FICLONE, from));

const BTRFS_IOC_FS_INFO = 0x8400941f;
/** The uuid of the btrfs that `fd` (opened for reading) lies on, as 32 hex digits; ENOTTY on another filesystem. */
export function btrfsUuid(fd: number): string {
  const info = new Memory(1024);
  check('ioctl', ioctlCall(fd, BTRFS_IOC_FS_INFO, info.address));
  return Buffer.from(info.bytes.subarray(16, 32)).toString('hex');
}

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
/** Where the next data begin at or after `offset`; null where none do. */
export function nextData(fd: number, offset: bigint): bigint | null {
  const at = lseekCall(fd, offset, SEEK_DATA);
  if (at < 0 && errno() === errnos.ENXIO) return null;
  return BigInt(check('lseek', at));
}
/** Where the next hole begins at or after `offset`. */
export const nextHole = (fd: number, offset: bigint): bigint =>
  BigInt(check('lseek', lseekCall(fd, offset, SEEK_HOLE)));

const offsets = new BigInt64Array(2);
const offsetsAt = addressOf(offsets.buffer);
/** copy_file_range(2) at the same offset of both; gives how many bytes were copied. */
export function copyRange(from: number, to: number, offset: bigint, size: number): number {
  offsets.fill(offset);
  return check('copy_file_range', copyFileRangeCall(from, offsetsAt, to, offsetsAt + 8, size, 0));
}

const LOCK_EX_NB = 2 | 4;
/** Whether the descriptor got the exclusive lock of its file (flock(2)); it holds until the descriptor is closed. */
export function tryLock(fd: number): boolean {
  if (flockCall(fd, LOCK_EX_NB) === 0) return true;
  if (errno() === errnos.EWOULDBLOCK || errno() === errnos.EAGAIN) return false;
  check('flock', -1);
  return false;
}

const F_GETFL = 3;
const F_SETFL = 4;
const O_NOATIME = 0o1000000;
/** From now on reading through the descriptor moves access times, as the mount has it. */
export function moveAtime(fd: number): void {
  check('fcntl', fcntlCall(fd, F_SETFL, check('fcntl', fcntlCall(fd, F_GETFL, 0)) & ~O_NOATIME));
}

const mmapCall = bind<
  (address: number, size: number, protection: number, flags: number, fd: number, offset: bigint) => number
>('mmap64', 'long', ['address', 'size_t', 'int', 'int', 'int', 'int64']);
const PROT_READ = 1;
const MAP_SHARED = 1;
/** Maps the beginning of a file to be read, shared; gives the address. */
export const mapShared = (fd: number, size: number): number =>
  check('mmap', mmapCall(0, size, PROT_READ, MAP_SHARED, fd, 0n));

const munmapCall = bind<(address: number, size: number) => number>('munmap', 'int', ['address', 'size_t']);
export const unmap = (address: number, size: number): void => void check('munmap', munmapCall(address, size));

const processVmReadv = bindNumber<
  (pid: number, local: number, localCount: number, remote: number, remoteCount: number, flags: number) => number
>(310, ['int', 'address', 'long', 'address', 'long', 'long']);
const processVmReadvArm = bindNumber<
  (pid: number, local: number, localCount: number, remote: number, remoteCount: number, flags: number) => number
>(270, ['int', 'address', 'long', 'address', 'long', 'long']);

/**
 * Bytes of this process's own memory. A page beyond the end of a mapped file answers EFAULT here, where touching it
 * would end the process (SIGBUS).
 */
export function peekMemory(address: number, size: number): Uint8Array<ArrayBuffer> {
  const buffer = new Memory(Math.max(1, size));
  const vectors = new Memory(32);
  [buffer.address, size, address, size].forEach((value, i) => {
    vectors.view.setBigUint64(8 * i, BigInt(value), true);
  });
  const call = process.arch === 'arm64' ? processVmReadvArm : processVmReadv;
  const got = check('process_vm_readv', call(process.pid, vectors.address, 1, vectors.address + 16, 1, 0));
  return buffer.bytes.subarray(0, got);
}
