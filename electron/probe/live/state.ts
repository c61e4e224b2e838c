/** What stands at a name now: attributes, handle and overlay attributes, without opening anything. */
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Now } from '../../../shared/live/raw.ts';
import { errno, errnoName, errnos, Memory, PATH_MAX, SyscallError } from '../syscalls/libc.ts';
import { AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW } from '../syscalls/open.ts';
import { Mode, rawStatx, STATX_SIZE, Statx, StatxField, statx } from '../syscalls/statx.ts';
import { XattrReader } from '../syscalls/xattr.ts';
import { hexOfKey, type Key, keyAt, keyOfNumber } from './keys.ts';

const STAT_AT = 2 * PATH_MAX;
const memory = new Memory(STAT_AT + STATX_SIZE);
let xattrs: XattrReader | undefined;

const u32 = (field: number): number => memory.view.getUint32(STAT_AT + field, true);
const u64 = (field: number): bigint => memory.view.getBigUint64(STAT_AT + field, true);

/** Where a layer's names are read: below a descriptor, by paths that begin with `prefix`. */
export type Base = { dirfd: number; prefix: Bytes };

const join = ({ prefix }: Base, path: Bytes): Bytes =>
  asBytes(prefix === '' ? (path === '' ? '.' : path) : path === '' ? prefix : `${prefix}/${path}`);

/** The key of what a path names; null where nothing does, or nothing may be asked. */
export function keyOfPath(base: Base, path: Bytes): Key | null {
  const whole = join(base, path);
  if (whole.length >= PATH_MAX) return null;
  try {
    const key = keyAt(base.dirfd, memory.string(0, whole));
    if (key !== null) return key;
    const { dev, ino } = statx(base.dirfd, whole);
    return keyOfNumber(dev, ino);
  } catch (error) {
    if (error instanceof SyscallError) return null;
    throw error;
  }
}

/** Whether a directory stands at this path. */
export function isDirectory(base: Base, path: Bytes): boolean {
  const whole = join(base, path);
  if (whole.length >= PATH_MAX) return false;
  const address = memory.string(0, whole);
  if (rawStatx(base.dirfd, address, AT_SYMLINK_NOFOLLOW, Statx.basic, memory.address + STAT_AT) < 0) return false;
  return (memory.view.getUint16(STAT_AT + StatxField.mode, true) & Mode.mask) === Mode.directory;
}

/** A name that is given to one inode after the other is looked at so often, until one stays while it is read. */
const TRY_AT_MOST = 4;

/**
 * Reads the state of a name below the base. Nothing is opened and no symlink followed, so nothing moves and nothing is
 * kept busy. Some places (a path beyond PATH_MAX, a name that changes hands without end) cannot be read so: `unknown`,
 * with the reason.
 */
export function readNow(base: Base, path: Bytes): Now {
  const whole = join(base, path);
  if (whole.length >= PATH_MAX) return { is: 'unknown', why: 'its path is too long for one call' };
  const address = memory.string(0, whole);
  let before = keyOrNull(base.dirfd, address);
  for (let tried = 0; tried < TRY_AT_MOST; tried++) {
    const now = readOnce(base.dirfd, address);
    // Attributes are read one call after the other: all of them are of one inode if it is there before and after.
    const after = keyOrNull(base.dirfd, address);
    if (before === after) return now.is === 'there' ? { ...now, fid: before === null ? null : hexOfKey(before) } : now;
    before = after;
  }
  return { is: 'unknown', why: 'the name is given to one after the other' };
}

/** Null also where nothing is there, which statx then says. */
function keyOrNull(dirfd: number, address: number): Key | null {
  try {
    return keyAt(dirfd, address);
  } catch (error) {
    if (error instanceof SyscallError) return null;
    throw error;
  }
}

/** The state of the path that stands in memory, but for its handle. */
function readOnce(dirfd: number, address: number): Now {
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (rawStatx(dirfd, address, flags, Statx.basic, memory.address + STAT_AT) < 0) {
    const failed = errno();
    if (failed === errnos.ENOENT || failed === errnos.ENOTDIR) return { is: 'absent' };
    return { is: 'unknown', why: `statx: ${errnoName(failed)}` };
  }
  const seconds = memory.view.getBigInt64(STAT_AT + StatxField.mtime, true);
  return {
    is: 'there',
    mode: memory.view.getUint16(STAT_AT + StatxField.mode, true),
    ino: `${u64(StatxField.ino)}`,
    nlink: u32(StatxField.nlink),
    uid: u32(StatxField.uid),
    gid: u32(StatxField.gid),
    size: `${u64(StatxField.size)}`,
    blocks: `${u64(StatxField.blocks)}`,
    mtimeNs: `${seconds * 1_000_000_000n + BigInt(u32(StatxField.mtime + 8))}`,
    rdev: `${u32(StatxField.rdevMajor)}:${u32(StatxField.rdevMinor)}`,
    fid: null,
    overlay: overlayAttributes(dirfd),
  };
}

const PREFIXES = ['trusted.overlay.', 'user.overlay.'];

/** Overlay attributes of the path that stands in memory. */
function overlayAttributes(dirfd: number): { name: Bytes; value: Bytes | null }[] {
  xattrs ??= new XattrReader();
  const length = xattrs.names(dirfd, memory, 0);
  const out: { name: Bytes; value: Bytes | null }[] = [];
  for (let at = 0; at < length; ) {
    const end = xattrs.list.bytes.indexOf(0, at);
    const name = xattrs.list.slice(at, end);
    if (PREFIXES.some((prefix) => name.startsWith(prefix))) {
      const got = xattrs.get(dirfd, memory, 0, xattrs.list.address + at);
      if (got >= 0) out.push({ name, value: xattrs.value.slice(0, got) });
      else if (errno() !== errnos.ENODATA) out.push({ name, value: null });
    }
    at = end + 1;
  }
  return out;
}
