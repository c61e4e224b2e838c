/** Finds the directories of a layer, for the map of names. Nothing but names and handles is read. */
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { Memory, path, SyscallError } from '../syscalls/libc.ts';
import { close, listDirectory, Open, openat } from '../syscalls/open.ts';
import { Mode, statx } from '../syscalls/statx.ts';
import type { Directory } from './directory-map.ts';
import { type Key, keyAt } from './keys.ts';

const DT_UNKNOWN = 0;
const DT_DIR = 4;

const dot = new Memory(8);
dot.string(0, asBytes('.'));

/** The key of the directory that a descriptor stands for. Throws a SyscallError. */
export const keyOfFd = (fd: number): Key | null => keyAt(fd, dot.address);

export type Visit = {
  /** A directory was met: puts it where it belongs. */
  directory(parent: Directory, name: Bytes, key: Key, fd: number): Directory;
  /** A name that is no directory; absent where nobody asks. */
  other?(parent: Directory, name: Bytes): void;
};

/**
 * Visits all directories below `top`, parents first. `fd` stands for it and stays open; it should be of a mount that
 * moves no access times. What cannot be read (removed meanwhile, or closed to us) is passed over; returns how many.
 */
export function walkDirectories(fd: number, top: Directory, visit: Visit): number {
  let unread = 0;
  const todo: { directory: Directory; path: Bytes }[] = [{ directory: top, path: asBytes('.') }];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    let here = -1;
    try {
      here = openat(fd, at.path, Open.readOnly | Open.directory | Open.noFollow | Open.noAtime);
      for (const { name, type } of listDirectory(here)) {
        if (!isDirectory(here, name, type)) {
          visit.other?.(at.directory, name);
          continue;
        }
        const key = keyAt(here, path(name));
        if (key === null) continue;
        const directory = visit.directory(at.directory, name, key, here);
        todo.push({ directory, path: asBytes(`${at.path}/${name}`) });
      }
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      unread++;
    } finally {
      if (here >= 0) close(here);
    }
  }
  return unread;
}

function isDirectory(fd: number, name: Bytes, type: number): boolean {
  if (type !== DT_UNKNOWN) return type === DT_DIR;
  return (statx(fd, name).mode & Mode.mask) === Mode.directory;
}
