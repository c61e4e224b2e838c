import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Handle } from '../../../shared/ipc/probe.ts';
import { arrayOfHex, FbFlag, hexOfArray, nestedHandle, parseHandle } from '../../../shared/xattrs/index.ts';
import { nameToHandle, openByHandle } from '../syscalls/handle.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { close, Open, openat2, Resolve } from '../syscalls/open.ts';
import { isDirectory, type Look, lookAt, openForReading, uuidOfFd } from './look.ts';
import type { Reach } from './reach.ts';
import { mayHang, mountOf, type SeenMount, type View } from './view.ts';

/** An inode of a layer, as overlayfs names it: by its filesystem and its handle there. */
export type RealObject = {
  /** It lies in the upper; else in a lower. */
  upper: boolean;
  /** 32 hex digits; null where the handle names no filesystem (it has none, or the mount has uuid=off). */
  uuid: string | null;
  handle: Handle;
};

/** Takes a stored handle (an origin attribute) apart; null where the kernel would pass over it. */
export function realObjectOfValue(value: Uint8Array): RealObject | null {
  const parsed = parseHandle(value);
  if ('problem' in parsed) return null;
  return {
    upper: (parsed.flags & FbFlag.upper) !== 0,
    uuid: /^0*$/.test(parsed.uuid) ? null : parsed.uuid,
    handle: { type: parsed.type, fid: hexOfArray(parsed.fid) },
  };
}

/** The real inode behind an object of an overlay, from the handle that the overlay gives; null: not told. */
export function realObjectOfHandle(handle: Handle | null): RealObject | null {
  const fid = handle && arrayOfHex(handle.fid);
  const nested = handle && fid ? nestedHandle(handle.type, fid) : null;
  return nested ? realObjectOfValue(nested.value) : null;
}

export const sameHandle = (a: Handle | null, b: Handle | null): boolean =>
  a !== null && b !== null && a.type === b.type && a.fid === b.fid;

/** Whether what was looked at is this object. A uuid that could not be asked does not speak against it. */
export const isObject = (look: Pick<Look, 'handle' | 'uuid'>, object: RealObject): boolean =>
  sameHandle(look.handle, object.handle) &&
  (object.uuid === null || look.uuid === undefined || look.uuid === object.uuid);

/** Filesystems that hold no layers. */
const NO_LAYERS = new Set(
  'overlay proc sysfs cgroup cgroup2 devpts nsfs mqueue debugfs tracefs bpf securityfs pstore configfs fusectl autofs binfmt_misc hugetlbfs efivarfs selinuxfs rpc_pipefs sockfs pipefs'.split(
    ' ',
  ),
);

/** Where an object lies now. */
export type Found = {
  view: View;
  /** A mount that shows its filesystem. */
  mount: SeenMount;
  /** Null where no name leads to it in any namespace that was looked through. */
  path: Bytes | null;
  /** No name leads to it at all. */
  deleted: boolean;
  look: Look;
};

/** How many mounts of one filesystem are tried until a path is found. */
const MAX_MOUNTS = 16;

/**
 * Looks for objects by handle on every filesystem that is mounted in the views. Needs CAP_DAC_READ_SEARCH. Remembers
 * which filesystem has which uuid, for the time of one call.
 */
export class Finder {
  readonly #reach: Reach;
  readonly #views: readonly View[];
  /** By `major:minor`: the superblock, the same in every namespace. */
  readonly #uuids = new Map<string, string | null>();

  constructor(reach: Reach, views: readonly View[]) {
    this.#reach = reach;
    this.#views = views;
  }

  /**
   * Null where it was not found; `stale` where its filesystem says that it is gone. Where the handle or the filesystem
   * tells no uuid, the object is taken to lie on the one filesystem that opens it, and on none where several do.
   */
  async find(object: RealObject, first?: View): Promise<Found | 'stale' | null> {
    let best: Found | null = null;
    let stale = false;
    const views = first ? [first, ...this.#views.filter((view) => view !== first)] : this.#views;
    for (const view of views) {
      const tried = new Map<string, number>();
      for (const mount of view.mounts) {
        const { dev, fsType, mountPoint, root } = mount.mount;
        const key = `${dev} ${root}`;
        const count = tried.get(dev) ?? 0;
        if (NO_LAYERS.has(fsType) || mayHang(fsType) || count >= MAX_MOUNTS || tried.has(key)) continue;
        if (object.uuid !== null && (this.#uuids.get(dev) ?? object.uuid) !== object.uuid) continue;
        if (mountOf(view.mounts, mountPoint) !== mount) continue;
        tried.set(dev, count + 1).set(key, 1);
        const found = await this.#openOn(view, mount, object);
        if (found === 'stale' && object.uuid !== null && this.#uuids.has(dev)) stale = true;
        if (found === 'stale' || found === null) continue;
        const isSure = object.uuid !== null && this.#uuids.has(dev);
        if (!isSure && best && best.mount.mount.dev !== dev) return null;
        const isEnd = found.path !== null || found.deleted;
        if (isEnd && isSure) return found;
        if (!best || (best.path === null && isEnd)) best = found;
      }
    }
    return best ?? (stale ? 'stale' : null);
  }

  async #openOn(view: View, mount: SeenMount, object: RealObject): Promise<Found | 'stale' | null> {
    const place = await this.#reach.open(view, mount.mount.mountPoint);
    if (typeof place !== 'number') return null;
    let reading = -1;
    let fd = -1;
    try {
      reading = openForReading(place);
      const uuid = uuidOfFd(reading);
      if (uuid !== undefined) this.#uuids.set(mount.mount.dev, uuid);
      if (object.uuid !== null && uuid !== undefined && uuid !== object.uuid) return null;
      fd = openByHandle(reading, object.handle);
      return await this.#nameOf(view, mount, fd, object);
    } catch (error) {
      if (error instanceof SyscallError) return error.code === 'ESTALE' ? 'stale' : null;
      throw error;
    } finally {
      close(place);
      if (reading >= 0) close(reading);
      if (fd >= 0) close(fd);
    }
  }

  /** The kernel's path of an object opened by handle may lie outside what is mounted: it counts if it leads back. */
  async #nameOf(view: View, mount: SeenMount, fd: number, object: RealObject): Promise<Found> {
    const look = lookAt(fd);
    const deleted = look.stat.nlink === 0 || (look.path.endsWith(' (deleted)') && isDirectory(look.stat));
    const parent = isDirectory(look.stat) ? look.path : asBytes(look.path.slice(0, look.path.lastIndexOf('/')) || '/');
    const there = await this.#reach.open(view, parent);
    if (typeof there !== 'number') return { view, mount, path: null, deleted, look };
    try {
      const name = isDirectory(look.stat) ? '' : look.path.slice(look.path.lastIndexOf('/') + 1);
      const back = nameToHandle(there, asBytes(name))?.handle ?? null;
      const leads = sameHandle(back, object.handle);
      return { view, mount, path: leads ? look.path : null, deleted: deleted && !leads, look };
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      return { view, mount, path: null, deleted, look };
    } finally {
      close(there);
    }
  }
}

const INSIDE = Resolve.beneath | Resolve.noSymlinks | Resolve.noXdev;

/**
 * Whether the layer that `fd` (O_PATH) stands for holds this object at `path`, without leaving the layer's mount and
 * without following a symlink.
 */
export function holds(fd: number, path: Bytes, object: RealObject): boolean {
  let there = fd;
  try {
    if (path !== '') there = openat2(fd, path, Open.path | Open.noFollow, INSIDE);
    return sameHandle(nameToHandle(there, asBytes(''))?.handle ?? null, object.handle);
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  } finally {
    if (there !== fd) close(there);
  }
}

/** Whether the layer that `fd` (O_PATH) stands for has an entry at `path`. */
export function hasEntry(fd: number, path: Bytes): boolean {
  try {
    close(openat2(fd, path === '' ? asBytes('.') : path, Open.path | Open.noFollow, INSIDE));
    return true;
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  }
}
