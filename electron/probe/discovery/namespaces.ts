import { readdirSync } from 'node:fs';
import { asBytes, type Bytes, bytesOfArray } from '../../../shared/bytes/bytes.ts';
import { parseMountinfo } from '../../../shared/mountinfo/line.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { mountNamespaceId, neighbourNamespace, ownerOfNamespace } from '../syscalls/namespace.ts';
import { AT_FDCWD, close, Open, openat, readlinkat, readWhole, withOpen } from '../syscalls/open.ts';
import { statx } from '../syscalls/statx.ts';
import type { Reach } from './reach.ts';
import type { View } from './view.ts';

/** Inode number of the initial user namespace on every kernel (include/linux/proc_ns.h:PROC_USER_INIT_INO). */
const INITIAL_USER_NAMESPACE = 0xeffffffdn;

export type Namespaces = {
  /** The probe's own first. */
  views: View[];
  /** How many are known to be there whose mounts could not be read. */
  closed: number;
  /** Every process that may be asked, with its namespace. */
  processes: Map<number, View>;
};

const attempt = <T>(use: () => T): T | null => {
  try {
    return use();
  } catch (error) {
    if (error instanceof SyscallError) return null;
    throw error;
  }
};

/** A link of /proc, such as /proc/1/ns/mnt; null where it may not be read or is gone. */
const link = (path: string): Bytes | null => attempt(() => readlinkat(AT_FDCWD, asBytes(path)));
const inodeOf = (text: Bytes | null): string | null => /^mnt:\[(\d+)\]$/.exec(text ?? '')?.[1] ?? null;

const readMounts = (path: string): View['mounts'] | null =>
  attempt(() => parseMountinfo(bytesOfArray(readWhole(AT_FDCWD, asBytes(path)))));

/** Whether a mount namespace belongs to a user namespace other than the initial one (NS_GET_USERNS). */
function isOfUserNamespace(namespace: number): boolean | 'unknown' {
  const owner = attempt(() => ownerOfNamespace(namespace));
  if (owner === null) return 'unknown';
  try {
    return statx(owner, asBytes('')).ino !== INITIAL_USER_NAMESPACE;
  } finally {
    close(owner);
  }
}
const ownerByPath = (path: string): boolean | 'unknown' =>
  attempt(() => withOpen(AT_FDCWD, asBytes(path), Open.readOnly, isOfUserNamespace)) ?? 'unknown';

/** The probe's own namespace, read in a moment. */
export function ownView(): View {
  return {
    ns: inodeOf(link('/proc/self/ns/mnt')),
    nsId: null,
    pid: process.pid,
    own: true,
    userNamespace: ownerByPath('/proc/self/ns/mnt'),
    mounts: readMounts('/proc/self/mountinfo') ?? [],
  };
}

/** The namespace of one process; null where the process is gone. */
export function viewOfProcess(pid: number): View | null {
  const own = ownView();
  const ns = inodeOf(link(`/proc/${pid}/ns/mnt`));
  if (ns !== null && ns === own.ns) return { ...own, pid };
  const mounts = readMounts(`/proc/${pid}/mountinfo`);
  if (!mounts) return null;
  if (ns === null && mounts[0] && mounts[0].mount.id === own.mounts[0]?.mount.id) return { ...own, pid };
  return { ns, nsId: null, pid, own: false, userNamespace: ownerByPath(`/proc/${pid}/ns/mnt`), mounts };
}

/**
 * Every mount namespace that can be seen: of each process, and those that only a descriptor or a bind mount
 * keeps alive, by a walk in the kernel's own list (NS_MNT_GET_NEXT, Linux 6.12) or, where that is refused, by looking
 * through descriptors and bind mounts.
 *
 * A process that may not be asked for its namespace still shows its mounts; there, namespaces are told apart by the id
 * of their first mount, which no two namespaces share.
 */
export async function readNamespaces(reach: Reach, signal?: AbortSignal): Promise<Namespaces> {
  const own = ownView();
  const views: View[] = [own];
  const byInode = new Map<string, View>();
  const byFirstMount = new Set<number | undefined>([own.mounts[0]?.mount.id]);
  if (own.ns !== null) byInode.set(own.ns, own);
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
  const namespaceOf = new Map<number, string>();
  let ownNamed = false;
  const chrooted = new Map<string, number>();
  const add = (view: View): void => {
    views.push(view);
    byFirstMount.add(view.mounts[0]?.mount.id);
    if (view.ns !== null) byInode.set(view.ns, view);
  };
  const viewOf = (pid: number, ns: string | null): View | null => {
    const mounts = readMounts(`/proc/${pid}/mountinfo`);
    if (!mounts) return null;
    return { ns, nsId: null, pid, own: false, userNamespace: ownerByPath(`/proc/${pid}/ns/mnt`), mounts };
  };

  for (const pid of pids) {
    if (signal?.aborted) break;
    const ns = inodeOf(link(`/proc/${pid}/ns/mnt`));
    if (ns === null) {
      const view = viewOf(pid, null);
      if (view?.mounts[0] && !byFirstMount.has(view.mounts[0].mount.id)) add(view);
      continue;
    }
    namespaceOf.set(pid, ns);
    if (ns === own.ns && !ownNamed && link(`/proc/${pid}/root`) === '/') {
      own.pid = pid;
      ownNamed = true;
    }
    if (byInode.has(ns)) continue;
    // A process with a root of its own sees only the mounts below it: another one is better.
    if (link(`/proc/${pid}/root`) !== '/') {
      if (!chrooted.has(ns)) chrooted.set(ns, pid);
      continue;
    }
    const view = viewOf(pid, ns);
    if (view) add(view);
  }
  for (const [ns, pid] of chrooted) {
    const view = byInode.has(ns) ? null : viewOf(pid, ns);
    if (view) add(view);
  }

  let closed = 0;
  for (const fd of namespacesWithoutProcess(byInode, views, pids)) {
    const ns = `${statx(fd, asBytes('')).ino}`;
    try {
      const mounts = parseMountinfo(await reach.mountinfo(fd));
      const nsId = attempt(() => mountNamespaceId(fd));
      const view: View = { ns, nsId, pid: null, own: false, userNamespace: isOfUserNamespace(fd), mounts };
      reach.enterBy(view, fd);
      add(view);
    } catch (error) {
      close(fd);
      if (!(error instanceof SyscallError)) throw error;
      closed++;
    }
  }
  const processes = new Map<number, View>();
  for (const [pid, ns] of namespaceOf) {
    const view = byInode.get(ns);
    if (view) processes.set(pid, view);
  }
  return { views, closed, processes };
}

/** A descriptor of each mount namespace that is not in `known`. */
function namespacesWithoutProcess(known: ReadonlyMap<string, View>, views: readonly View[], pids: number[]): number[] {
  const found = new Map<string, number>();
  const keep = (fd: number): boolean => {
    const ns = `${statx(fd, asBytes('')).ino}`;
    const isNew = !known.has(ns) && !found.has(ns);
    if (isNew) found.set(ns, fd);
    return isNew;
  };
  if (!walkNeighbours(keep)) {
    for (const path of heldNamespaces(views, pids)) {
      const fd = attempt(() => openat(AT_FDCWD, path, Open.readOnly | Open.nonBlock));
      if (fd !== null && !keep(fd)) close(fd);
    }
  }
  return [...found.values()];
}

/** Walks the kernel's list both ways from our own. False where the kernel does not allow it. */
function walkNeighbours(keep: (fd: number) => boolean): boolean {
  for (const direction of ['next', 'previous'] as const) {
    let at = attempt(() => openat(AT_FDCWD, asBytes('/proc/self/ns/mnt'), Open.readOnly));
    if (at === null) return false;
    let kept = false;
    for (;;) {
      const from: number = at;
      try {
        at = neighbourNamespace(from, direction).fd;
      } catch (error) {
        if (!(error instanceof SyscallError)) throw error;
        if (!kept) close(from);
        if (error.code !== 'ENOENT') return false;
        break;
      }
      if (!kept) close(from);
      kept = keep(at);
    }
  }
  return true;
}

/** Paths that hold a mount namespace: descriptors of processes, and bind mounts in our own namespace. */
function heldNamespaces(views: readonly View[], pids: readonly number[]): Bytes[] {
  const out: Bytes[] = [];
  for (const { mount } of views[0]?.mounts ?? [])
    if (mount.fsType === 'nsfs' && mount.root.startsWith('mnt:')) out.push(mount.mountPoint);
  for (const pid of pids) {
    let names: string[];
    try {
      names = readdirSync(`/proc/${pid}/fd`);
    } catch {
      continue;
    }
    for (const name of names) {
      const path = `/proc/${pid}/fd/${name}`;
      if (link(path)?.startsWith('mnt:[')) out.push(asBytes(path));
    }
  }
  return out;
}
