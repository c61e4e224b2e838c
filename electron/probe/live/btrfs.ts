/**
 * The top subvolume of a btrfs, without mounting it. A mark on the whole filesystem is taken there alone (elsewhere
 * EXDEV: a subvolume's f_fsid is its own), and it often is mounted nowhere.
 */
import { openReadable } from '../layers/place.ts';
import { openByHandle } from '../syscalls/handle.ts';
import { bind, check, Memory, SyscallError } from '../syscalls/libc.ts';
import { close, Open } from '../syscalls/open.ts';

const ioctl = bind<(fd: number, request: number, argument: number) => number>('ioctl', 'int', [
  'int',
  'long',
  'address',
]);

/** BTRFS_IOC_TREE_SEARCH: reads items of a tree; needs CAP_SYS_ADMIN. */
const TREE_SEARCH = 0xd0009411;
/** struct btrfs_ioctl_search_args: the key, then results with a header each. */
const KEY_SIZE = 104;
const HEADER_SIZE = 32;
const Field = {
  tree: 0,
  minObject: 8,
  maxObject: 16,
  minOffset: 24,
  maxOffset: 32,
  minTransaction: 40,
  maxTransaction: 48,
  minType: 56,
  maxType: 60,
  items: 64,
} as const;

const TOP_TREE = 5n;
const ROOT_DIRECTORY = 256n;
const INODE_ITEM = 1;
/** FILEID_BTRFS_WITHOUT_PARENT (include/linux/exportfs.h): u64 inode, u64 tree, u32 generation. */
const BTRFS_HANDLE = 0x4d;

/** Generation of the top subvolume's root directory, without which no handle of it is taken. */
function topGeneration(fd: number): number {
  const memory = new Memory(4096);
  const { view } = memory;
  view.setBigUint64(Field.tree, TOP_TREE, true);
  view.setBigUint64(Field.minObject, ROOT_DIRECTORY, true);
  view.setBigUint64(Field.maxObject, ROOT_DIRECTORY, true);
  view.setBigUint64(Field.maxOffset, 0xffff_ffff_ffff_ffffn, true);
  view.setBigUint64(Field.maxTransaction, 0xffff_ffff_ffff_ffffn, true);
  view.setUint32(Field.minType, INODE_ITEM, true);
  view.setUint32(Field.maxType, INODE_ITEM, true);
  view.setUint32(Field.items, 1, true);
  check('BTRFS_IOC_TREE_SEARCH', ioctl(fd, TREE_SEARCH, memory.address));
  if (view.getUint32(Field.items, true) !== 1) throw new SyscallError('BTRFS_IOC_TREE_SEARCH', 2);
  // struct btrfs_inode_item begins with the generation.
  return view.getUint32(KEY_SIZE + HEADER_SIZE, true);
}

/**
 * A descriptor (O_PATH) of the top subvolume's root, from one of any directory on that filesystem. The caller closes it
 * at once. Throws a SyscallError: EPERM without privilege, ENOTTY on other filesystems.
 */
export function openTopSubvolume(directory: number): number {
  const fd = openReadable(directory);
  try {
    const handle = Buffer.alloc(20);
    handle.writeBigUInt64LE(ROOT_DIRECTORY, 0);
    handle.writeBigUInt64LE(TOP_TREE, 8);
    handle.writeUInt32LE(topGeneration(fd), 16);
    return openByHandle(fd, { type: BTRFS_HANDLE, fid: handle.toString('hex') }, Open.path | Open.directory);
  } finally {
    close(fd);
  }
}
