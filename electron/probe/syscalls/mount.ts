import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { asBytes } from '../../../shared/bytes/bytes.ts';
import { AFTER_PATHS, bind, bindNumber, check, path, scratch } from './libc.ts';
import { AT_EMPTY_PATH, close, Open } from './open.ts';

/** Mounts, as far as they are read: detached clones (open_tree, mount_setattr), statmount, listmount, fstatfs, uuid. */

const openTree = bindNumber<(dirfd: number, path: number, flags: number) => number>(428, ['int', 'address', 'uint']);
const mountSetattr = bindNumber<(dirfd: number, path: number, flags: number, attr: number, size: number) => number>(
  442,
  ['int', 'address', 'uint', 'address', 'size_t'],
);
const statmountCall = bindNumber<(request: number, buffer: number, size: number, flags: number) => number>(457, [
  'address',
  'address',
  'size_t',
  'uint',
]);
const listmountCall = bindNumber<(request: number, ids: number, count: number, flags: number) => number>(458, [
  'address',
  'address',
  'size_t',
  'uint',
]);
const fstatfsCall = bind<(fd: number, out: number) => number>('fstatfs', 'int', ['int', 'address']);
const ioctl = bind<(fd: number, request: number, argument: number) => number>('ioctl', 'int', [
  'int',
  'long',
  'address',
]);

const OPEN_TREE_CLONE = 1;
const MOUNT_ATTR_RDONLY = 1;
const MOUNT_ATTR_NOATIME = 0x10;
/** The kernel takes a new access time mode only where the old one is cleared as a whole. */
const MOUNT_ATTR_ATIME_MASK = 0x70;

/**
 * A private copy of the mount that holds `name`, with `name` as its root: attached nowhere, read-only, moving no
 * access time, without the mounts made below it. The descriptor (O_PATH) is all there is; closing it ends the copy.
 * Needs CAP_SYS_ADMIN over the mount namespace (EPERM); EINVAL for a place in another mount namespace. Throws a
 * SyscallError.
 */
export function cloneMount(dirfd: number, name: Bytes): number {
  const flags = OPEN_TREE_CLONE | Open.closeOnExec | (name === '' ? AT_EMPTY_PATH : 0);
  const fd = check('open_tree', openTree(dirfd, path(name), flags));
  const at = AFTER_PATHS;
  scratch.bytes.fill(0, at, at + 32);
  scratch.view.setBigUint64(at, BigInt(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOATIME), true);
  scratch.view.setBigUint64(at + 8, BigInt(MOUNT_ATTR_ATIME_MASK), true);
  try {
    check('mount_setattr', mountSetattr(fd, path(asBytes('')), AT_EMPTY_PATH, scratch.address + at, 32));
  } catch (error) {
    close(fd);
    throw error;
  }
  return fd;
}

/** Bits of statmount's mask, and byte offsets in struct statmount; strings lie behind STATMOUNT_STRINGS. */
export const StatMount = {
  sbBasic: 1,
  mntBasic: 2,
  mntRoot: 8,
  mntPoint: 16,
  fsType: 32,
  mntNsId: 64,
  mntOpts: 128,
} as const;
export const STATMOUNT_STRINGS = 512;
const MNT_ID_REQ_SIZE = 32;

/** Lays struct mnt_id_req (with the namespace id, Linux 6.11) at the start of the arguments. */
function mountRequest(id: bigint, param: bigint, namespaceId: bigint): number {
  const at = AFTER_PATHS;
  scratch.view.setUint32(at, namespaceId === 0n ? 24 : MNT_ID_REQ_SIZE, true);
  scratch.view.setUint32(at + 4, 0, true);
  scratch.view.setBigUint64(at + 8, id, true);
  scratch.view.setBigUint64(at + 16, param, true);
  scratch.view.setBigUint64(at + 24, namespaceId, true);
  return scratch.address + at;
}

/**
 * struct statmount of the mount with the unique id `id`, as bytes; `namespaceId` 0 is the caller's own. Throws a
 * SyscallError: ENOSYS before Linux 6.8.
 */
export function statmount(id: bigint, mask: number, namespaceId = 0n): Uint8Array<ArrayBuffer> {
  const request = mountRequest(id, BigInt(mask), namespaceId);
  const out = AFTER_PATHS + 64;
  const size = scratch.bytes.length - out;
  check('statmount', statmountCall(request, scratch.address + out, size, 0));
  const length = scratch.view.getUint32(out, true);
  return scratch.bytes.slice(out, out + length);
}

const LSMT_ROOT = 0xffff_ffff_ffff_ffffn;

/** Unique ids of the mounts below mount `id` (default: all of the namespace). Throws a SyscallError: ENOSYS before 6.8. */
export function listmount(namespaceId = 0n, id: bigint = LSMT_ROOT): bigint[] {
  const ids: bigint[] = [];
  const out = AFTER_PATHS + 64;
  const room = 4096;
  let last = 0n;
  for (;;) {
    const got = check('listmount', listmountCall(mountRequest(id, last, namespaceId), scratch.address + out, room, 0));
    for (let i = 0; i < got; i++) ids.push(scratch.view.getBigUint64(out + 8 * i, true));
    if (got < room) return ids;
    last = ids.at(-1) as bigint;
  }
}

/** Filesystem magic and f_fsid of an open descriptor (statfs(2)). Throws a SyscallError. */
export function fstatfs(fd: number): { type: number; fsid: string; nameMax: bigint; bytes: Uint8Array<ArrayBuffer> } {
  const at = AFTER_PATHS;
  check('fstatfs', fstatfsCall(fd, scratch.address + at));
  const hex = (offset: number, length: number): string =>
    Buffer.from(scratch.bytes.subarray(at + offset, at + offset + length)).toString('hex');
  return {
    type: Number(scratch.view.getBigUint64(at, true) & 0xffffffffn),
    fsid: hex(56, 8),
    nameMax: scratch.view.getBigUint64(at + 64, true),
    bytes: scratch.bytes.slice(at, at + 120),
  };
}

const FS_IOC_GETFSUUID = 0x80111500;

/** The uuid of the filesystem that `fd` (opened for reading, no O_PATH) lies on, as 32 hex digits. Throws: ENOTTY where it has none. */
export function filesystemUuid(fd: number): string {
  const at = AFTER_PATHS;
  check('ioctl', ioctl(fd, FS_IOC_GETFSUUID, scratch.address + at));
  const length = scratch.bytes[at] as number;
  return Buffer.from(scratch.bytes.subarray(at + 1, at + 1 + length)).toString('hex');
}
