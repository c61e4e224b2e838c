/** Maps the directories of a layer for a part, and marks each where its queue takes no whole filesystem. */
import { readFileSync } from 'node:fs';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { WatchedLayer } from '../../../shared/live/raw.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { close } from '../syscalls/open.ts';
import type { Directory } from './directory-map.ts';
import type { Group } from './group.ts';
import { openHere } from './here.ts';
import type { WatchParams } from './messages.ts';
import type { Part } from './part.ts';
import { keyOf, walkDirectories } from './walk-directories.ts';

export type Layer = WatchParams['layers'][number];

const HERE = asBytes('.');
/** A directory that was moved while it was looked for is found where its next record says; but it may also be gone. */
const TRY_AT_MOST = 3;

/** Opens a layer's root for as long as `use` lasts. Throws a SyscallError. */
function using<T>({ place }: Layer, use: (fd: number) => T): T {
  const fd = openHere(place, true);
  try {
    return use(fd);
  } finally {
    close(fd);
  }
}

/** Maps a whole layer; what cannot be is told in the answer. */
export function mapLayer(part: Part, group: Group, layer: Layer, why: string): WatchedLayer {
  const told = { layer: layer.layer, by: group.by, why, directories: 0 };
  const marks = { refused: 0, limit: 0, marked: 0 };
  const mark = (directory: Directory, fd: number, name: Bytes): void => {
    told.directories++;
    if (group.mark) marks[group.mark(directory, fd, name)]++;
  };
  try {
    using(layer, (fd) => {
      const top = part.map.addRoot(layer.layer, keyOf(fd, HERE));
      mark(top, fd, HERE);
      const unread = walkDirectories(fd, asBytes(''), top, {
        directory(parent, name, key, at) {
          const directory = part.map.put(parent, name, key);
          mark(directory, at, name);
          return directory;
        },
      });
      told.why = [why, beyond(group, marks.limit, told.directories), closed(Math.max(unread, marks.refused))]
        .filter((part) => part !== '')
        .join('; ');
    });
    return group.mark && marks.marked === 0 ? { ...told, by: 'none' } : told;
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return { ...told, by: 'none', why: error.code === 'EACCES' ? 'it may not be read' : error.message };
  }
}

/**
 * Maps what a directory brings that came from elsewhere, or was made before it could be marked. Calls back with every
 * name that is found below it, for no record tells of them.
 */
export function mapBelow(
  part: Part,
  group: Group,
  layer: Layer,
  directory: Directory,
  found: (parent: Directory, name: Bytes, isDirectory: boolean) => void,
): void {
  const place = part.map.placeOf(directory, asBytes(''));
  if (place === null) {
    part.unread.delete(directory);
    return;
  }
  try {
    using(layer, (fd) => {
      group.mark?.(directory, fd, place.path);
      walkDirectories(fd, place.path, directory, {
        directory(parent, name, key, at) {
          const child = part.map.put(parent, name, key);
          group.mark?.(child, at, name);
          found(parent, name, true);
          return child;
        },
        other: (parent, name) => found(parent, name, false),
        unread: missed,
      });
    });
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    missed(directory);
  }

  function missed(one: Directory): void {
    const tried = part.unread.get(one) ?? 0;
    if (tried < TRY_AT_MOST) part.unread.set(one, tried + 1);
    else part.unread.delete(one);
  }
}

function beyond({ limit }: Group, count: number, all: number): string {
  if (count === 0 || limit === undefined) return '';
  let value = '';
  try {
    value = ` is ${readFileSync(`/proc/sys/${limit.replaceAll('.', '/')}`, 'latin1').trim()}`;
  } catch {
    // It has another name on this kernel.
  }
  return `${count} of its ${all} directories are not watched, for ${limit}${value}: raise it with sysctl`;
}

const closed = (count: number): string =>
  count === 0 ? '' : `${count} ${count === 1 ? 'directory' : 'directories'} may not be read`;
