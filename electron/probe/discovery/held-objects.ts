import { readdirSync } from 'node:fs';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { AT_HANDLE_FID, nameToHandle } from '../syscalls/handle.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { AT_FDCWD, readlinkat, readWhole } from '../syscalls/open.ts';
import { type RealObject, realObjectOfHandle } from './real-object.ts';
import type { Instance } from './stack.ts';
import { isWithin, mayHang, mountOf, type View } from './view.ts';

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
 * Everything that processes hold on these mounts, by the mounts' (reusable) ids: exe, cwd, root, descriptors, mapped
 * files. Asking for a handle changes nothing. What a process holds elsewhere is not touched: there, even this could wait
 * for a server (a network filesystem checks what a link of /proc leads to). Processes that may not be looked into are
 * passed over.
 */
export function heldObjects(
  processes: ReadonlyMap<number, View>,
  instances: readonly Instance[],
  signal?: AbortSignal,
): Map<number, HeldObject[]> {
  const out = new Map<number, HeldObject[]>();
  const seen = new Set<string>();
  const ids = new Set(instances.map(({ seen: { mount } }) => mount.id));
  const take = (view: View, points: readonly Bytes[], link: Bytes, by: string): void => {
    const path = readlinkat(AT_FDCWD, link);
    if (!path.startsWith('/') || !points.some((point) => isWithin(path, point))) return;
    if (mayHang(mountOf(view.mounts, path)?.mount.fsType ?? '')) return;
    const got = nameToHandle(AT_FDCWD, link, AT_HANDLE_FID | AT_SYMLINK_FOLLOW);
    const object = got && ids.has(got.mountId) ? realObjectOfHandle(got.handle) : null;
    if (!got || !object || object.upper) return;
    const key = `${got.mountId} ${got.handle.fid}`;
    const list = out.get(got.mountId) ?? [];
    if (seen.has(key) || list.length >= MAX_OBJECTS) return;
    seen.add(key);
    list.push({ object, path, by });
    out.set(got.mountId, list);
  };
  const byView = Map.groupBy(instances, ({ view }) => view);
  for (const [pid, view] of processes) {
    if (signal?.aborted) break;
    const shown = byView.get(view);
    if (!shown) continue;
    const points = shown.map((instance) => instance.seen.mount.mountPoint);
    const devs = new Set(shown.map((instance) => instance.seen.mount.dev));
    for (const { link, by } of linksOf(pid, devs)) {
      try {
        take(view, points, asBytes(`/proc/${pid}/${link}`), `${by} of process ${pid}`);
      } catch (error) {
        // Gone meanwhile, or not ours to look into.
        if (!(error instanceof SyscallError)) throw error;
      }
    }
  }
  return out;
}

/** What a process holds, as links below its folder in /proc. */
function* linksOf(pid: number, devs: ReadonlySet<string>): Generator<{ link: string; by: string }> {
  yield { link: 'root', by: 'root directory' };
  yield { link: 'cwd', by: 'current directory' };
  yield { link: 'exe', by: 'exe' };
  for (const fd of names(`/proc/${pid}/fd`)) yield { link: `fd/${fd}`, by: `descriptor ${fd}` };
  for (const range of mappedRanges(pid, devs)) yield { link: `map_files/${range}`, by: `mapping ${range}` };
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
