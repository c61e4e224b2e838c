/**
 * Opening a place of the contract: a directory by path, by the path of another process's mount namespace, or by
 * handle; and, where privilege allows, a detached clone of its mount, through which nothing that is read moves.
 */
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Place } from '../../../shared/ipc/probe.ts';
import { NamespaceThread } from '../discovery/namespace-thread.ts';
import { openByHandle } from '../syscalls/handle.ts';
import { errnos, PATH_MAX, SyscallError } from '../syscalls/libc.ts';
import { cloneMount } from '../syscalls/mount.ts';
import { mountNamespaceInfo, neighbourNamespace } from '../syscalls/namespace.ts';
import { AT_FDCWD, close, Open, openat, openat2, Resolve, readlinkat } from '../syscalls/open.ts';

/** A layer's root, opened. `path`: what other mounts hide is hidden here too, and access times may move. */
export type OpenedPlace = { fd: number; access: 'clone' | 'path' };

const PLACE = Open.path | Open.directory;

/**
 * A directory's place opened for reading, as open_by_handle_at wants the descriptor that stands for a filesystem (a
 * place gives EBADF). Throws a SyscallError. The caller closes it.
 */
export const openReadable = (place: number): number =>
  openat(place, asBytes('.'), Open.readOnly | Open.directory | Open.noAtime);

/** Opens a path of any length below `dirfd`, a part at a time, as a place (O_PATH) that is a directory. */
export function openLong(dirfd: number, path: Bytes): number {
  if (path.length < PATH_MAX) return openat(dirfd, path, PLACE);
  let fd = dirfd;
  let rest = path as string;
  for (;;) {
    const cut = rest.length < PATH_MAX ? rest.length : rest.lastIndexOf('/', PATH_MAX - 2);
    let next: number;
    try {
      next = openat(fd, asBytes(rest.slice(0, cut)), PLACE);
    } finally {
      if (fd !== dirfd) close(fd);
    }
    rest = rest.slice(cut).replace(/^\/+/, '');
    if (rest === '') return next;
    fd = next;
  }
}

/**
 * Opens a path as the process `pid` sees it. Its symlinks are resolved below that process's root, never in ours; before
 * Linux 5.6, which has no call for that, a path with symlinks is refused (ELOOP).
 */
export function openAsProcess(pid: number, path: Bytes): number {
  const root = openat(AT_FDCWD, asBytes(`/proc/${pid}/root`), PLACE);
  try {
    return openBelowRoot(root, path);
  } finally {
    close(root);
  }
}

/** The same below a descriptor of that process's root, or of its namespace's. */
export function openBelowRoot(root: number, path: Bytes): number {
  if (path.length < PATH_MAX) {
    try {
      return openat2(root, path, PLACE, Resolve.inRoot);
    } catch (error) {
      if (!(error instanceof SyscallError && error.code === 'ENOSYS')) throw error;
    }
  }
  let fd = openat(root, asBytes('.'), PLACE);
  for (const name of path.split('/').filter((part) => part !== '' && part !== '.')) {
    const next = openComponent(fd, asBytes(name));
    close(fd);
    fd = next;
  }
  return fd;
}

function openComponent(fd: number, name: Bytes): number {
  try {
    return openat(fd, name, PLACE | Open.noFollow);
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** A descriptor of the mount namespace that a place lies in, or null where that is the probe's own. */
export function namespaceOf(place: Place): number | null {
  if (place.pid !== null) {
    const link = asBytes(`/proc/${place.pid}/ns/mnt`);
    if (readlinkat(AT_FDCWD, link) === readlinkat(AT_FDCWD, asBytes('/proc/self/ns/mnt'))) return null;
    return openat(AT_FDCWD, link, Open.readOnly);
  }
  return place.nsId === null ? null : namespaceById(BigInt(place.nsId));
}

/** Opens a mount namespace by its id, also one without a process. Null: it is our own. Throws ENOENT, ENOTTY, EPERM. */
function namespaceById(id: bigint): number | null {
  for (const direction of ['next', 'previous'] as const) {
    let fd = openat(AT_FDCWD, asBytes('/proc/self/ns/mnt'), Open.readOnly);
    try {
      if (mountNamespaceInfo(fd).id === id) return null;
      for (;;) {
        const neighbour = neighbourNamespace(fd, direction);
        close(fd);
        fd = neighbour.fd;
        if (neighbour.namespace.id === id) {
          const found = fd;
          fd = -1;
          return found;
        }
      }
    } catch (error) {
      if (!(error instanceof SyscallError && error.code === 'ENOENT')) throw error;
    } finally {
      if (fd >= 0) close(fd);
    }
  }
  throw new SyscallError('NS_MNT_GET_NEXT', errnos.ENOENT as number);
}

/**
 * Opens places for the time of one call: what it needs on the way (a thread in another mount namespace) it keeps until
 * `end`, which every user calls.
 */
export class PlaceOpener {
  readonly #thread = new NamespaceThread();

  /** Leaves the namespaces entered. What was opened stays open. */
  end(): Promise<void> {
    return this.#thread.end();
  }

  /**
   * Opens a place as a directory (O_PATH), through a clone of its mount where that can be had and `clone` asks for it.
   * Throws a SyscallError that says why it cannot be opened at all. The caller closes the descriptor.
   */
  async open(place: Place, clone = true): Promise<OpenedPlace> {
    const namespace = namespaceOf(place);
    try {
      const fd = await this.#directory(place, namespace);
      if (!clone) return { fd, access: 'path' };
      try {
        const cloned = namespace === null ? cloneMount(fd, asBytes('')) : await this.#thread.clone(namespace, fd);
        close(fd);
        return { fd: cloned, access: 'clone' };
      } catch (error) {
        if (!(error instanceof SyscallError)) throw error;
        return { fd, access: 'path' };
      }
    } finally {
      if (namespace !== null) close(namespace);
    }
  }

  async #directory({ pid, path, handle }: Place, namespace: number | null): Promise<number> {
    let fd: number;
    if (pid !== null) fd = openAsProcess(pid, path);
    else if (namespace === null) fd = openLong(AT_FDCWD, path);
    else {
      const root = await this.#thread.root(namespace);
      try {
        fd = openBelowRoot(root, path);
      } finally {
        close(root);
      }
    }
    if (handle === null) return fd;
    let anchor = -1;
    try {
      anchor = openReadable(fd);
      return openByHandle(anchor, handle, PLACE);
    } finally {
      if (anchor >= 0) close(anchor);
      close(fd);
    }
  }
}
