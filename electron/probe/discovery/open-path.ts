import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { errnos, SyscallError } from '../syscalls/libc.ts';
import { close, Open, openat, openat2, Resolve, readlinkat } from '../syscalls/open.ts';
import { Mode, statx } from '../syscalls/statx.ts';
import { absolute, components } from './view.ts';

/**
 * Opens a path below a root without following any symlink (ELOOP for one that is not the last under noFollow). Before
 * Linux 5.6, or where a filter forbids openat2, a component at a time. Throws a SyscallError.
 */
export function openPlain(root: number, path: Bytes, flags: number): number {
  try {
    return openat2(root, path, flags, Resolve.inRoot | Resolve.noMagicLinks | Resolve.noSymlinks);
  } catch (error) {
    if (!(error instanceof SyscallError) || (error.code !== 'ENOSYS' && error.code !== 'EPERM')) throw error;
  }
  // Without symlinks `..` means what it says, and cannot lead above the root.
  const names: Bytes[] = [];
  for (const name of components(path)) {
    if (name === '..') names.pop();
    else names.push(name);
  }
  let fd = openat(root, asBytes('.'), Open.path | Open.directory);
  for (const [i, name] of names.entries()) {
    try {
      const next = openat(fd, name, Open.path | Open.noFollow | (i + 1 < names.length ? Open.directory : flags));
      close(fd);
      fd = next;
    } catch (error) {
      close(fd);
      const isLink =
        error instanceof SyscallError && error.code === 'ENOTDIR' && isSymlink(root, names.slice(0, i + 1));
      if (isLink) throw new SyscallError('openat', errnos.ELOOP as number);
      throw error;
    }
  }
  return fd;
}

function isSymlink(root: number, names: readonly Bytes[]): boolean {
  try {
    return (statx(root, asBytes(names.join('/'))).mode & Mode.mask) === Mode.symlink;
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  }
}

/** A path with its first symlink replaced by what it points to. Throws a SyscallError. */
export function followOne(root: number, path: Bytes): Bytes {
  const names = components(path);
  for (let i = 1; i <= names.length; i++) {
    const fd = openPlain(root, absolute(names.slice(0, i)), Open.path | Open.noFollow);
    try {
      if ((statx(fd, asBytes('')).mode & Mode.mask) !== Mode.symlink) continue;
      const target = readlinkat(fd, asBytes(''));
      const before = target.startsWith('/') ? [] : names.slice(0, i - 1);
      return absolute([...before, ...components(target), ...names.slice(i)]);
    } finally {
      close(fd);
    }
  }
  throw new SyscallError('openat2', errnos.ELOOP as number);
}
