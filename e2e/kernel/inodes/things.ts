import { dirname } from 'node:path/posix';
import { asBytes, type Bytes, joinBytes } from '../../../shared/bytes/bytes.ts';
import {
  getXattr,
  listDirectory,
  listXattrs,
  makeDevice,
  makeDirectory,
  makeFifo,
  makeLink,
  makeSocket,
  makeSymlink,
  makeWhiteout,
  removeDirectory,
  removeFile,
  removeXattr,
  renamePath,
  setXattr,
  statPath,
  writeFile,
} from '../libc.ts';

export type LayerName = 'upper' | 'lower1' | 'lower2';

/** Something in a layer. Of a mark: the path, its name without prefix, its value. Of a link: an elder name, the new. */
export type Thing =
  | readonly ['file' | 'dir' | 'symlink' | 'fifo' | 'socket' | 'device' | 'whiteout', string]
  | readonly ['link', string, string]
  | readonly ['mark', string, string, string];

/** Something done to a layer while nobody has it mounted. `copy` takes all attributes along, as cp -a does. */
export type Change =
  | readonly ['link' | 'copy', string, string]
  | readonly ['replace' | 'remove', string]
  | readonly ['mark', string, string, string]
  | readonly ['unmark', string, string]
  | readonly ['move-mark', string, string, string];

const at = (directory: Bytes, path: string): Bytes => (path === '' ? directory : joinBytes(directory, asBytes(path)));

/** Makes things below a directory that is there. `prefix` is that of the attributes which the mount reads. */
export function makeThings(directory: Bytes, things: readonly Thing[], prefix: string): void {
  for (const thing of things) {
    const path = at(directory, thing[1]);
    switch (thing[0]) {
      case 'file':
        writeFile(path, asBytes(`${path}\n`));
        break;
      case 'dir':
        makeDirectory(path);
        break;
      case 'symlink':
        makeSymlink(asBytes('nowhere'), path);
        break;
      case 'fifo':
        makeFifo(path);
        break;
      case 'socket':
        makeSocket(path);
        break;
      case 'device':
        makeDevice(path, 1, 3);
        break;
      case 'whiteout':
        makeWhiteout(path);
        break;
      case 'link':
        makeLink(path, at(directory, thing[2]));
        break;
      case 'mark':
        // An xattr whiteout is an empty file.
        if (thing[2] === 'whiteout') {
          removeFile(path);
          writeFile(path, asBytes(''));
        }
        setXattr(path, `${prefix}${thing[2]}`, asBytes(thing[3]));
    }
  }
}

const isDirectory = (path: Bytes): boolean => {
  const stat = statPath(path);
  return typeof stat !== 'string' && (stat.mode & 0o170000) === 0o040000;
};

/** Removes whatever stands there. */
export function removeAll(path: Bytes): void {
  if (!isDirectory(path)) {
    removeFile(path);
    return;
  }
  const listing = listDirectory(path);
  if (typeof listing === 'string') throw new Error(`${path}: ${listing}`);
  for (const { name } of listing) removeAll(joinBytes(path, name));
  removeDirectory(path);
}

const isThere = (path: Bytes): boolean => typeof statPath(path) !== 'string';

/**
 * Does a change below a directory of a layer. Gives false where there is nothing to change: the operations before may
 * have been refused by this mount, or may have left no such mark.
 */
export function change(directory: Bytes, todo: Change, prefix: string): boolean {
  const path = at(directory, todo[1]);
  if (!isThere(path)) return false;
  switch (todo[0]) {
    case 'link':
      makeLink(path, at(directory, todo[2]));
      return true;
    case 'copy':
      copyFile(path, at(directory, todo[2]));
      return true;
    case 'remove':
      removeAll(path);
      return true;
    case 'replace': {
      // The new one is there before the elder goes, so that it has another number.
      const fresh = asBytes(`${path}.new`);
      if (isDirectory(path)) makeDirectory(fresh);
      else writeFile(fresh, asBytes('replaced\n'));
      removeAll(path);
      renamePath(fresh, path);
      return true;
    }
    case 'mark':
      setXattr(path, `${prefix}${todo[2]}`, asBytes(todo[3]));
      return true;
    case 'unmark':
      if (!listXattrs(path).includes(`${prefix}${todo[2]}`)) return false;
      removeXattr(path, `${prefix}${todo[2]}`);
      return true;
    case 'move-mark': {
      const name = `${prefix}${todo[3]}`;
      const found = getXattr(path, name);
      const to = at(directory, todo[2]);
      if ('errno' in found || !isThere(to)) return false;
      removeXattr(path, name);
      setXattr(to, name, found.value);
      return true;
    }
  }
}

/** A file with its attributes, under another name. */
function copyFile(from: Bytes, to: Bytes): void {
  writeFile(to, asBytes('copied\n'));
  for (const name of listXattrs(from)) {
    const found = getXattr(from, name);
    if ('value' in found) setXattr(to, name, found.value);
  }
}

/** Makes the directory and those above it, where they are missing. */
export function makeParents(path: Bytes): void {
  if (isThere(path)) return;
  makeParents(asBytes(dirname(path)));
  makeDirectory(path);
}
