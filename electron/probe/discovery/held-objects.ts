import { readdirSync } from 'node:fs';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { AT_HANDLE_FID, nameToHandle } from '../syscalls/handle.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { AT_FDCWD, readlinkat, readWhole } from '../syscalls/open.ts';
import { type RealObject, realObjectOfHandle } from './real-object.ts';

/** An object of an overlay that a process holds: proof of which inode of which lower stands behind it. */
export type HeldObject = {
  object: RealObject;
  /** Its path in the process's mount namespace. */
  path: Bytes;
  /** "exe of process 12" */
  by: string;
};

/** At most so many objects of one mount are kept: a few distinct ones tell as much as all. */
const MAX_OBJECTS = 256;
const AT_SYMLINK_FOLLOW = 0x400;

/**
 * Everything that processes hold on the mounts with these (reusable) ids: exe, cwd, root, descriptors, mapped files.
 * Asking for such a handle changes nothing and waits for no server. `devs` are the mounts' `major:minor`, as
 * /proc/PID/maps shows them. Processes that may not be looked into are passed over.
 */
export function heldObjects(
  pids: readonly number[],
  mounts: ReadonlySet<number>,
  devs: ReadonlySet<string>,
  signal?: AbortSignal,
): Map<number, HeldObject[]> {
  const out = new Map<number, HeldObject[]>();
  const seen = new Set<string>();
  const take = (path: string, by: string): boolean => {
    try {
      const got = nameToHandle(AT_FDCWD, asBytes(path), AT_HANDLE_FID | AT_SYMLINK_FOLLOW);
      if (!got || !mounts.has(got.mountId)) return true;
      const key = `${got.mountId} ${got.handle.fid}`;
      const list = out.get(got.mountId) ?? [];
      const object = realObjectOfHandle(got.handle);
      if (!object || object.upper || seen.has(key) || list.length >= MAX_OBJECTS) return true;
      seen.add(key);
      list.push({ object, path: readlinkat(AT_FDCWD, asBytes(path)), by });
      out.set(got.mountId, list);
      return true;
    } catch (error) {
      if (error instanceof SyscallError) return error.code !== 'EACCES' && error.code !== 'EPERM';
      throw error;
    }
  };
  for (const pid of pids) {
    if (signal?.aborted) break;
    const of = `of process ${pid}`;
    if (!take(`/proc/${pid}/root`, `root directory ${of}`)) continue;
    take(`/proc/${pid}/cwd`, `current directory ${of}`);
    take(`/proc/${pid}/exe`, `exe ${of}`);
    for (const fd of names(`/proc/${pid}/fd`)) take(`/proc/${pid}/fd/${fd}`, `descriptor ${fd} ${of}`);
    for (const range of mappedRanges(pid, devs)) take(`/proc/${pid}/map_files/${range}`, `mapping ${range} ${of}`);
  }
  return out;
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    // The process is gone, or is not ours to look into.
    return [];
  }
}

/** Names in map_files of the mappings whose file lies on one of the devices; one for each inode. */
function mappedRanges(pid: number, devs: ReadonlySet<string>): string[] {
  let text: string;
  try {
    text = Buffer.from(readWhole(AT_FDCWD, asBytes(`/proc/${pid}/maps`))).toString('latin1');
  } catch (error) {
    if (error instanceof SyscallError) return [];
    throw error;
  }
  const ranges = new Map<string, string>();
  for (const match of text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ ([0-9a-f]+):([0-9a-f]+) (\d+)/gm)) {
    const [, from, to, major, minor, inode] = match as unknown as [string, string, string, string, string, string];
    if (inode === '0' || !devs.has(`${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`)) continue;
    const plain = (hex: string): string => hex.replace(/^0+(?=.)/, '');
    ranges.set(`${major}:${minor} ${inode}`, `${plain(from)}-${plain(to)}`);
  }
  return [...ranges.values()];
}
