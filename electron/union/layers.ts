import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import type { Handle } from '../../shared/ipc/probe.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';
import { nameToHandle } from '../probe/syscalls/handle.ts';
import { SyscallError } from '../probe/syscalls/libc.ts';
import { cloneMount, filesystemUuid } from '../probe/syscalls/mount.ts';
import { AT_FDCWD, close, Open, openat } from '../probe/syscalls/open.ts';
import { statx } from '../probe/syscalls/statx.ts';
import type { Entries, Entry } from './entries.ts';
import { isErrno } from './failure.ts';
import { btrfsUuid } from './syscalls/data.ts';
import { mkdirat, reopen } from './syscalls/names.ts';

/** The directories that a union is made of, held open. */
export type Layers = {
  upper: Entry;
  /** From the top; each through a copy of its mount that is read-only and moves no access time. */
  lowers: Entry[];
  /** By layer, the root once more, open for reading: handles are opened by it, which no mere place allows. */
  roots: number[];
  /** WORK itself: the lock, and what is kept beside the upper. */
  work: number;
  /** WORK/work, where things are made ready; the kernel clears it at a mount, the union at its start. */
  ready: number;
  /** st_dev of the upper: the one that the union shows. */
  dev: string;
};

export type Places = { lowers: Bytes[]; upper: Bytes; work: Bytes };

const refused = (path: Bytes, code: string, message: string, hint: string): FailureError =>
  new FailureError({ code, message, path, hint });

function openDirectory(path: Bytes, role: string): number {
  try {
    return openat(AT_FDCWD, path, Open.path | Open.directory);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    throw refused(path, error.code, `the ${role} cannot be opened (${error.code})`, 'name a directory that exists');
  }
}

/** Opens all layers. Throws a FailureError that says which and why. */
export function openLayers(entries: Entries, { lowers, upper, work }: Places): Layers {
  const upperFd = openDirectory(upper, 'upper');
  const workPlace = openDirectory(work, 'work directory');
  const upperEntry = entries.adopt(upperFd, 0);
  const workStat = statx(workPlace, asBytes(''));
  const upperStat = statx(upperFd, asBytes(''));
  if (workStat.dev !== upperStat.dev || workStat.mntId?.id !== upperStat.mntId?.id)
    throw refused(work, 'EXDEV', 'the work directory is not on the mount of the upper', 'make it beside the upper');
  if (workStat.ino === upperStat.ino)
    throw refused(work, 'EINVAL', 'the work directory is the upper', 'make one beside it');
  const workFd = reopen(workPlace, Open.readOnly | Open.directory);
  close(workPlace);
  try {
    mkdirat(workFd, asBytes('work'), 0);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  const ready = openat(workFd, asBytes('work'), Open.readOnly | Open.directory | Open.noFollow);
  const lowerEntries = lowers.map((path, i) => {
    const place = openDirectory(path, 'lower');
    try {
      return entries.adopt(cloneMount(place, asBytes('')), i + 1);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      const code = error.code === 'EPERM' ? 'needs-privilege' : error.code;
      throw refused(path, code, `the lower cannot be read beside its mount (${error.code})`, 'run it as root');
    } finally {
      close(place);
    }
  });
  const roots = [upperEntry, ...lowerEntries].map(({ fd }) =>
    reopen(fd, Open.readOnly | Open.directory | Open.noAtime),
  );
  return { upper: upperEntry, lowers: lowerEntries, roots, work: workFd, ready, dev: upperStat.dev };
}

/** The handle of a descriptor's inode; null where the filesystem gives none. */
export const handleOf = (fd: number): Handle | null => nameToHandle(fd, asBytes(''))?.handle ?? null;

/** The uuid of the filesystem that `fd` (open for reading) lies on, as 32 hex digits, zeros where it tells none. */
export function uuidOf(fd: number): string {
  const ask = (how: (fd: number) => string): string | null => {
    try {
      return how(fd);
    } catch (error) {
      if (isErrno(error)) return null;
      throw error;
    }
  };
  return (ask(filesystemUuid) ?? ask(btrfsUuid) ?? '').padEnd(32, '0');
}
