import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { MountLine } from '../../../shared/mountinfo/line.ts';

/** One mount as a mount namespace shows it, with the line's bytes. */
export type SeenMount = { line: Bytes; mount: MountLine };

/** A mount namespace, as it was read. */
export type View = {
  /** Its inode number; null where that cannot be asked (no privilege over its processes). */
  ns: string | null;
  /** Its 64-bit id, for those that no process holds; else null. */
  nsId: bigint | null;
  /** A process in it whose root is the namespace's own; null where there is none. */
  pid: number | null;
  /** It is the probe's own. */
  own: boolean;
  /** Its owner is a user namespace other than the initial one. */
  userNamespace: boolean | 'unknown';
  mounts: SeenMount[];
};

/** Components of a path; empty ones and `.` mean nothing. */
export const components = (path: Bytes): Bytes[] =>
  path.split('/').filter((name) => name !== '' && name !== '.') as Bytes[];

/** An absolute path of components. */
export const absolute = (names: readonly Bytes[]): Bytes => asBytes(`/${names.join('/')}`);

/** Whether `path` is `directory` or lies below it; both absolute, without `..`. */
export const isWithin = (path: Bytes, directory: Bytes): boolean =>
  directory === '/' || path === directory || path.startsWith(`${directory}/`);

/**
 * The mount that a path without symlinks lies on: of those whose mount point is the longest prefix, the one that is
 * mounted last (a mount hides what is mounted at the same place before it).
 */
export function mountOf(mounts: readonly SeenMount[], path: Bytes): SeenMount | null {
  let best: SeenMount | null = null;
  for (const seen of mounts) {
    const { mountPoint } = seen.mount;
    if (!isWithin(path, mountPoint)) continue;
    if (!best || mountPoint.length > best.mount.mountPoint.length) best = seen;
    else if (mountPoint === best.mount.mountPoint && isAbove(mounts, seen, best)) best = seen;
  }
  return best;
}

/** Of two mounts at one place: whether `upper` lies on `lower`, directly or through others. */
function isAbove(mounts: readonly SeenMount[], upper: SeenMount, lower: SeenMount): boolean {
  let at: SeenMount | undefined = upper;
  for (let i = 0; at && i < mounts.length; i++) {
    const { parent, mountPoint }: MountLine = at.mount;
    if (parent === lower.mount.id) return true;
    at = mounts.find((seen) => seen.mount.id === parent && seen.mount.mountPoint === mountPoint);
  }
  return false;
}

const REMOTE = new Set(
  'nfs nfs4 cifs smb3 smbfs 9p virtiofs ceph afs coda ncpfs lustre glusterfs gfs2 ocfs2 orangefs beegfs pvfs2 fuse fuseblk'.split(
    ' ',
  ),
);

/** Whether a call on this filesystem can wait for a server that never answers. */
export const mayHang = (fsType: string): boolean => REMOTE.has(fsType) || fsType.startsWith('fuse.');

/**
 * Why a path must not simply be looked up: `hangs` where a mount on the way may wait for a server, `overlay` where its
 * last part lies inside an overlay mount (a lookup there makes the kernel write into that overlay's upper), `automount`
 * where looking would mount something. Mount points themselves are in memory, so passing an overlay on the way to a
 * mount below it looks nothing up. Null: safe. `far` are devices that may hang beside those of such a type: overlays
 * with a layer on one.
 */
export function danger(
  mounts: readonly SeenMount[],
  path: Bytes,
  far: ReadonlySet<string> = new Set(),
): 'hangs' | 'overlay' | 'automount' | null {
  const names: Bytes[] = [];
  let last: SeenMount | null = mountOf(mounts, asBytes('/'));
  const hangs = (): boolean => last !== null && (mayHang(last.mount.fsType) || far.has(last.mount.dev));
  if (hangs()) return 'hangs';
  for (const name of components(path)) {
    if (name === '..') names.pop();
    else names.push(name);
    last = mountOf(mounts, absolute(names));
    if (hangs()) return 'hangs';
  }
  if (last?.mount.fsType === 'autofs') return 'automount';
  return last?.mount.fsType === 'overlay' && last.mount.mountPoint !== absolute(names) ? 'overlay' : null;
}

/** A relative text in the mounter's folder. `..` is left for the kernel to walk. */
export const inFolder = (folder: { view: View; path: Bytes }, text: Bytes): { view: View; path: Bytes } => ({
  view: folder.view,
  path: asBytes(`${folder.path === '/' ? '' : folder.path}/${components(text).join('/')}`),
});
