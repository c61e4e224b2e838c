/** Finds the directories of a layer, for the map of names. Nothing but names and handles is read. */
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { path, SyscallError } from '../syscalls/libc.ts';
import { close, listDirectory, Open, openat } from '../syscalls/open.ts';
import { Mode, statx } from '../syscalls/statx.ts';
import type { Directory } from './directory-map.ts';
import { type Key, keyAt, keyOfNumber } from './keys.ts';

const DT_UNKNOWN = 0;
const DT_DIR = 4;

/** The key of a name in the directory of `fd`, or of that itself for `.`. Throws a SyscallError. */
export function keyOf(fd: number, name: Bytes): Key {
  const key = keyAt(fd, path(name));
  if (key !== null) return key;
  const { dev, ino } = statx(fd, name);
  return keyOfNumber(dev, ino);
}

export type Visit = {
  /** A directory was met, in the one that `fd` stands for: puts it where it belongs. Called before it is read. */
  directory(parent: Directory, name: Bytes, key: Key, fd: number): Directory;
  /** A name that is no directory; absent where nobody asks. */
  other?(parent: Directory, name: Bytes): void;
  /** This one could not be read: closed to us, gone, or moved away meanwhile. */
  unread?(directory: Directory): void;
};

/**
 * Visits all below `top`, which lies at `from` below the directory of `fd`, parents first. The descriptor stays open; it
 * should be of a mount that moves no access times. What cannot be read (removed meanwhile, or closed to us) is passed
 * over; returns how many directories that were.
 */
export function walkDirectories(fd: number, from: Bytes, top: Directory, visit: Visit): number {
  let unread = 0;
  const todo: { directory: Directory; at: Bytes }[] = [{ directory: top, at: asBytes(from === '' ? '.' : from) }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { directory, at } = next;
    let here = -1;
    try {
      here = openat(fd, at, Open.readOnly | Open.directory | Open.noFollow | Open.noAtime);
      for (const { name, type } of listDirectory(here)) {
        if (isDirectory(here, name, type)) {
          const child = visit.directory(directory, name, keyOf(here, name), here);
          todo.push({ directory: child, at: asBytes(`${at}/${name}`) });
        } else visit.other?.(directory, name);
      }
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      unread++;
      visit.unread?.(directory);
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
