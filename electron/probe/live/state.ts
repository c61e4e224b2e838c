/** What stands at a name now: attributes, handle and overlay attributes, without opening anything. */
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Now } from '../../../shared/live/raw.ts';
import { errno, errnoName, errnos, Memory, PATH_MAX, SyscallError } from '../syscalls/libc.ts';
import { AT_NO_AUTOMOUNT, AT_SYMLINK_NOFOLLOW } from '../syscalls/open.ts';
import { rawStatx, STATX_SIZE, Statx, StatxField } from '../syscalls/statx.ts';
import { XattrReader } from '../syscalls/xattr.ts';
import { hexOfKey, type Key, keyAt } from './keys.ts';

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
    return keyAt(base.dirfd, memory.string(0, whole));
  } catch (error) {
    if (error instanceof SyscallError) return null;
    throw error;
  }
}

/**
 * Reads the state of a name below the base. Nothing is opened and no symlink followed, so nothing moves and nothing is
 * kept busy. Some places (a cover, a path beyond PATH_MAX) cannot be read so: `unknown`, with the reason.
 */
export function readNow(base: Base, path: Bytes): Now {
  const whole = join(base, path);
  if (whole.length >= PATH_MAX) return { is: 'unknown', why: 'its path is too long for one call' };
  const address = memory.string(0, whole);
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  if (rawStatx(base.dirfd, address, flags, Statx.basic, memory.address + STAT_AT) < 0) {
    const failed = errno();
    if (failed === errnos.ENOENT || failed === errnos.ENOTDIR) return { is: 'absent' };
    return { is: 'unknown', why: `statx: ${errnoName(failed)}` };
  }
  const seconds = memory.view.getBigInt64(STAT_AT + StatxField.mtime, true);
  const state = {
    is: 'there' as const,
    mode: memory.view.getUint16(STAT_AT + StatxField.mode, true),
    ino: `${u64(StatxField.ino)}`,
    nlink: u32(StatxField.nlink),
    uid: u32(StatxField.uid),
    gid: u32(StatxField.gid),
    size: `${u64(StatxField.size)}`,
    blocks: `${u64(StatxField.blocks)}`,
    mtimeNs: `${seconds * 1_000_000_000n + BigInt(u32(StatxField.mtime + 8))}`,
    rdev: `${u32(StatxField.rdevMajor)}:${u32(StatxField.rdevMinor)}`,
  };
  let key: Key | null = null;
  try {
    key = keyAt(base.dirfd, address);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.code === 'ENOENT') return { is: 'absent' };
  }
  return { ...state, fid: key === null ? null : hexOfKey(key), overlay: overlayAttributes(base.dirfd) };
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
