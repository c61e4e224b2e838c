import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Place } from '../../../shared/ipc/probe.ts';
import type { MountLine } from '../../../shared/mountinfo/line.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { cloneMount } from '../syscalls/mount.ts';
import { mountNamespaceId } from '../syscalls/namespace.ts';
import { AT_FDCWD, close, Open, openat } from '../syscalls/open.ts';
import { statx } from '../syscalls/statx.ts';
import { lookFar } from './far.ts';
import { isDirectory, type Look, lookAt, overlayHandle } from './look.ts';
import { mountAges } from './mount-ages.ts';
import { NamespaceThread } from './namespace-thread.ts';
import { followOne, openPlain } from './open-path.ts';
import { danger, mountOf, type View } from './view.ts';

/** Why a directory was not looked at, beside an errno of the kernel's. */
export type NotLooked = {
  code: string;
  /** In plain words, to follow "cannot be looked at: ". */
  why: string;
};
export const isLook = (found: Look | NotLooked): found is Look => 'stat' in found;

const WORDS: Record<string, string> = {
  ENOENT: 'there is nothing at this path',
  ENOTDIR: 'this is no directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'too many symbolic links',
  ESRCH: 'the process is gone',
  hangs: 'its filesystem does not answer',
  overlay: 'it lies inside another overlay, where a look-up would write',
  automount: 'looking there would mount something',
};
export const notLooked = (code: string): NotLooked => ({ code, why: WORDS[code] ?? `the kernel says ${code}` });

const MAX_SYMLINKS = 40;
const DELETED = ' (deleted)';

/**
 * Reaches directories of any mount namespace for the time of one call. What it opens it holds until `end`, which every
 * user calls: an open root of a foreign namespace, or its thread in there, keeps mounts busy.
 */
export class Reach {
  readonly #thread = new NamespaceThread();
  readonly #roots = new Map<View, Promise<number>>();
  readonly #namespaces = new Map<View, number>();
  readonly #owned: number[] = [];
  readonly #ages = new Map<View, Map<number, bigint>>();
  readonly #clones = new Map<string, boolean>();
  readonly #signal: AbortSignal | undefined;
  /** Devices of overlays with a layer that may hang: their roots may too. */
  readonly far = new Set<string>();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Closes everything. */
  async end(): Promise<void> {
    await this.#thread.end();
    for (const fd of this.#owned) close(fd);
    this.#owned.length = 0;
    this.#roots.clear();
    this.#namespaces.clear();
  }

  /** Lets a descriptor live until `end`. */
  own(fd: number): number {
    this.#owned.push(fd);
    return fd;
  }

  /** Says by which descriptor the namespace of a view without a process is entered; owned from then on. */
  enterBy(view: View, fd: number): void {
    this.#namespaces.set(view, this.own(fd));
  }

  /** The mountinfo of a namespace that no process holds. Throws a SyscallError. */
  mountinfo(namespace: number): Promise<Bytes> {
    return this.#thread.mountinfo(namespace);
  }

  /** A descriptor (O_PATH) of the view's root directory, owned. Throws a SyscallError: EACCES without privilege. */
  root(view: View): Promise<number> {
    let root = this.#roots.get(view);
    if (!root) {
      root = this.#openRoot(view);
      this.#roots.set(view, root);
    }
    return root;
  }

  async #openRoot(view: View): Promise<number> {
    const path = rootPath(view);
    if (path) return this.own(openat(AT_FDCWD, path, Open.path | Open.directory));
    return this.own(await this.#thread.root(this.#namespace(view)));
  }

  #namespace(view: View): number {
    let fd = this.#namespaces.get(view);
    if (fd === undefined) {
      fd = this.own(openat(AT_FDCWD, asBytes(`/proc/${view.pid ?? 'self'}/ns/mnt`), Open.readOnly));
      this.#namespaces.set(view, fd);
    }
    return fd;
  }

  /**
   * Opens a directory (O_PATH) as a process of the view's root would, symlinks followed one by one, so that nothing
   * dangerous is looked up on the way (see `danger`). The caller closes it.
   */
  async open(view: View, path: Bytes): Promise<number | NotLooked> {
    try {
      let at = path;
      for (let links = 0; links <= MAX_SYMLINKS; links++) {
        const why = danger(view.mounts, at, this.far);
        if (why) return notLooked(why);
        const root = await this.root(view);
        try {
          const flags = Open.path | Open.directory;
          return openPlain(root, at, flags);
        } catch (error) {
          if (!(error instanceof SyscallError) || error.code !== 'ELOOP') throw error;
        }
        at = followOne(root, at);
      }
      return notLooked('ELOOP');
    } catch (error) {
      if (error instanceof SyscallError) return notLooked(error.code);
      throw error;
    }
  }

  /** What the directory at a path of the view is. */
  async look(view: View, path: Bytes): Promise<Look | NotLooked> {
    const fd = await this.open(view, path);
    if (typeof fd !== 'number') return fd.code === 'hangs' ? this.#lookFar(view, path) : fd;
    try {
      const look = lookAt(fd);
      if (!isDirectory(look.stat)) return notLooked('ENOTDIR');
      return { ...look, path: await this.#reachedBy(view, look) };
    } catch (error) {
      if (error instanceof SyscallError) return notLooked(error.code);
      throw error;
    } finally {
      close(fd);
    }
  }

  /** The kernel calls the path of a mount deleted whose directory is gone in its filesystem, though the path leads there. */
  async #reachedBy(view: View, { path, stat }: Look): Promise<Bytes> {
    if (!path.endsWith(DELETED)) return path;
    const bare = asBytes(path.slice(0, -DELETED.length));
    const fd = await this.open(view, bare);
    if (typeof fd !== 'number') return path;
    try {
      const there = statx(fd, asBytes(''));
      return there.ino === stat.ino && there.dev === stat.dev && there.mntId?.id === stat.mntId?.id ? bare : path;
    } finally {
      close(fd);
    }
  }

  /** The root of an overlay mount at its mount point: what it is, and the handle that names the real directory. */
  async lookAtOverlay(
    view: View,
    { mountPoint, dev }: MountLine,
  ): Promise<{ look: Look; overlayHandle: Place['handle'] } | NotLooked> {
    const root = rootPath(view);
    try {
      if (this.far.has(dev)) {
        if (!root) return notLooked('hangs');
        return (await lookFar({ root, path: mountPoint, overlay: true }, this.#signal)) ?? notLooked('hangs');
      }
      const fd = await this.open(view, mountPoint);
      if (typeof fd !== 'number') return fd;
      try {
        return { look: lookAt(fd), overlayHandle: overlayHandle(fd) };
      } finally {
        close(fd);
      }
    } catch (error) {
      if (error instanceof SyscallError) return notLooked(error.code);
      throw error;
    }
  }

  async #lookFar(view: View, path: Bytes): Promise<Look | NotLooked> {
    const root = rootPath(view);
    if (!root) return notLooked('hangs');
    try {
      const answer = await lookFar({ root, path, overlay: false }, this.#signal);
      if (!answer) return notLooked('hangs');
      return isDirectory(answer.look.stat) ? answer.look : notLooked('ENOTDIR');
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      const isFuse = mountOf(view.mounts, path)?.mount.fsType.startsWith('fuse') ?? false;
      if (error.code !== 'EACCES' || !isFuse) return notLooked(error.code);
      return { code: 'EACCES', why: 'permission denied: a FUSE filesystem lets in nobody but the user who mounted it' };
    }
  }

  /**
   * A detached clone whose root is the directory that `fd` stands for (see cloneMount), in whatever mount namespace it
   * lies; the caller closes it. Null where privilege does not allow it.
   */
  async clone(view: View, fd: number): Promise<number | null> {
    try {
      return view.own ? cloneMount(fd, asBytes('')) : await this.#thread.clone(this.#namespace(view), fd);
    } catch (error) {
      if (error instanceof SyscallError) return null;
      throw error;
    }
  }

  /** As mountAges, for one mount of the view by its reusable id; null where it cannot be told. */
  ageOf(view: View, mountId: number): bigint | null {
    let ages = this.#ages.get(view);
    if (!ages) {
      ages = mountAges(() => (view.own ? 0n : mountNamespaceId(this.#namespace(view))));
      this.#ages.set(view, ages);
    }
    return ages.get(mountId) ?? null;
  }

  /** Whether directories of the mount with this id can be read through a clone: tried once for each mount. */
  async canClone(view: View, path: Bytes, mountId: bigint | null): Promise<boolean> {
    const key = `${view.ns ?? view.pid} ${mountId}`;
    const known = mountId === null ? undefined : this.#clones.get(key);
    if (known !== undefined) return known;
    const fd = await this.open(view, path);
    if (typeof fd !== 'number') return false;
    const clone = await this.clone(view, fd);
    close(fd);
    if (clone !== null) close(clone);
    this.#clones.set(key, clone !== null);
    return clone !== null;
  }
}

/** The path, in the probe's own namespace, of a view's root; null for a namespace without a process. */
export const rootPath = (view: View): Bytes | null =>
  view.own ? asBytes('/') : view.pid === null ? null : asBytes(`/proc/${view.pid}/root`);
