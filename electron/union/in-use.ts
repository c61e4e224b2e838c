import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { asBytes, type Bytes, bytesOfArray } from '../../shared/bytes/bytes.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';
import { parseMountLine } from '../../shared/mountinfo/line.ts';
import { arrayOfHex, FbFlag, hexOfArray, nestedHandle, parseHandle } from '../../shared/xattrs/index.ts';
import { AT_HANDLE_FID, nameToHandle } from '../probe/syscalls/handle.ts';
import { AT_FDCWD, close, Open, openat } from '../probe/syscalls/open.ts';
import { isErrno } from './failure.ts';
import { handleOf, type Layers } from './layers.ts';
import { tryLock } from './syscalls/data.ts';

/** Whether somebody else works on the upper: another session, which holds the work directory locked, or the kernel. */

const busy = (path: Bytes, message: string, hint: string): FailureError =>
  new FailureError({ code: 'EBUSY', message, path, hint });

/** Throws a FailureError (EBUSY). The lock lasts as long as this process. */
export function mustBeFree(layers: Layers, upper: Bytes): void {
  if (!tryLock(layers.work)) throw busy(upper, 'another session works on this upper', 'end that one first');
  const mount = mountOf(layers);
  if (mount !== null) throw busy(upper, `the kernel has it mounted at ${mount}`, 'unmount that first');
}

/** The place of an overlay mount, in any namespace in sight, whose upper is this one; or null. */
function mountOf(layers: Layers): Bytes | null {
  const own = handleOf(layers.upper.fd);
  if (own === null) return null;
  const seen = new Set<string>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    let text: Buffer;
    try {
      const namespace = readlinkSync(`/proc/${pid}/ns/mnt`);
      if (seen.has(namespace)) continue;
      seen.add(namespace);
      text = readFileSync(`/proc/${pid}/mountinfo`);
    } catch {
      // The process ended meanwhile, or is a kernel thread.
      continue;
    }
    for (const line of bytesOfArray(text).split('\n')) {
      if (!line.includes(' - overlay ')) continue;
      const mount = parseMountLine(asBytes(line));
      if (mount === null) continue;
      const handle = upperHandle(asBytes(`/proc/${pid}/root${mount.mountPoint}`));
      if (handle?.type === own.type && handle.fid === own.fid) return mount.mountPoint;
    }
  }
  return null;
}

/** Handle of the upper of an overlay mount; null where it has none, or cannot be asked. */
function upperHandle(root: Bytes): { type: number; fid: string } | null {
  try {
    const fd = openat(AT_FDCWD, root, Open.path | Open.directory);
    try {
      const outer = nameToHandle(fd, asBytes(''), AT_HANDLE_FID)?.handle;
      const nested = outer && nestedHandle(outer.type, arrayOfHex(outer.fid) ?? new Uint8Array());
      if (!nested) return null;
      const parsed = parseHandle(nested.value);
      if ('problem' in parsed || (parsed.flags & FbFlag.upper) === 0) return null;
      return { type: parsed.type, fid: hexOfArray(parsed.fid) };
    } finally {
      close(fd);
    }
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}
