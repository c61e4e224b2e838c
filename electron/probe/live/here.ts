/**
 * Opening a watched place in the thread that watches. It may be in another mount namespace, which this thread can enter
 * by itself, having a root and a working directory of its own; it comes back at once, so that it holds none.
 */
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Place } from '../../../shared/ipc/probe.ts';
import { namespaceOf, openAsProcess, openBelowRoot, openLong, openReadable } from '../layers/place.ts';
import { openByHandle } from '../syscalls/handle.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { cloneMount } from '../syscalls/mount.ts';
import { CLONE_NEWNS, setns, unshareFs } from '../syscalls/namespace.ts';
import { AT_FDCWD, close, Open, openat } from '../syscalls/open.ts';

let hasOwnFs = false;

/** Runs `use` in the mount namespace of this descriptor, which only the calling thread enters. */
function inside<T>(namespace: number, use: () => T): T {
  if (!hasOwnFs) unshareFs();
  hasOwnFs = true;
  const own = openat(AT_FDCWD, asBytes('/proc/self/ns/mnt'), Open.readOnly);
  try {
    setns(namespace, CLONE_NEWNS);
    try {
      return use();
    } finally {
      setns(own, CLONE_NEWNS);
    }
  } finally {
    close(own);
  }
}

const PLACE = Open.path | Open.directory;

function openDirectory({ pid, path }: Place, isOwn: boolean): number {
  if (pid !== null) return openAsProcess(pid, path);
  if (isOwn) return openLong(AT_FDCWD, path);
  const root = openat(AT_FDCWD, asBytes('/'), PLACE);
  try {
    return openBelowRoot(root, path);
  } finally {
    close(root);
  }
}

function byHandle(place: Place, fd: number): number {
  if (place.handle === null) return fd;
  let anchor = -1;
  try {
    anchor = openReadable(fd);
    return openByHandle(anchor, place.handle, PLACE);
  } finally {
    if (anchor >= 0) close(anchor);
    close(fd);
  }
}

/**
 * The directory of a place (O_PATH), through a clone of its mount where `clone` asks for it and it can be had. Throws a
 * SyscallError. The caller closes it at once: it keeps a filesystem busy.
 */
export function openHere(place: Place, clone: boolean): number {
  const namespace = namespaceOf(place);
  try {
    const open = (): number => byHandle(place, openDirectory(place, namespace === null));
    // A process's root is reached from outside, and only from there where its namespace has no /proc.
    const fd = namespace === null || place.pid !== null ? open() : inside(namespace, open);
    if (!clone) return fd;
    try {
      const cloning = (): number => cloneMount(fd, asBytes(''));
      const cloned = namespace === null ? cloning() : inside(namespace, cloning);
      close(fd);
      return cloned;
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      return fd;
    }
  } finally {
    if (namespace !== null) close(namespace);
  }
}

/**
 * The place as a path that this process can use as it is; null where only `openHere` leads to it. Used where nothing may
 * be held open, not even for a moment.
 */
export function pathHere({ pid, nsId, path, handle }: Place): Bytes | null {
  if (handle !== null || (pid === null && nsId !== null)) return null;
  return pid === null ? path : asBytes(`/proc/${pid}/root${path}`);
}
