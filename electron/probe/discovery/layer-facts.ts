import { asBytes, type Bytes, joinBytes } from '../../../shared/bytes/bytes.ts';
import type { LayerFacts, Place } from '../../../shared/ipc/probe.ts';
import type { Look } from './look.ts';
import type { Reach } from './reach.ts';
import type { Found } from './real-object.ts';
import { absolute, components, isWithin, mayHang, mountOf, type SeenMount, type View } from './view.ts';

/** A place in a view, reached by a path or, below that path's filesystem, by a handle. */
export const placeIn = (view: View, path: Bytes, handle: Place['handle'] = null): Place => ({
  pid: view.own ? null : view.pid,
  nsId: view.own || view.pid !== null || view.nsId === null ? null : `${view.nsId}`,
  path,
  handle,
});

/** What of an overlay a path shows, relative to that one's root; null where the path leads to none, or nobody can say. */
function overlayPart(seen: SeenMount | null, path: Bytes): Bytes | null {
  if (seen?.mount.fsType !== 'overlay') return null;
  const { root, mountPoint } = seen.mount;
  // The kernel adds this where the directory that was mounted is gone (d_path.c:prepend_path).
  if (root.endsWith('//deleted')) return null;
  const rest = below(path, mountPoint);
  if (rest === null || components(path).includes(asBytes('..'))) return null;
  const part = asBytes(root.slice(1));
  return rest === '' ? part : joinBytes(part, rest);
}

/** Whether a layer was found in this view. */
export const samePlace = (view: View, { place }: LayerFacts): boolean =>
  place !== null &&
  (view.own ? place.pid === null && place.nsId === null : place.pid !== null && view.pid === place.pid);

type Head = Pick<LayerFacts, 'layer' | 'role' | 'shown'>;
type Verdict = { state: LayerFacts['state']; why: string; assumed?: boolean };

/** A layer of which nothing but the text (and perhaps a path, not looked at) is known. */
export function unseen(head: Head, verdict: Verdict, view?: View, path: Bytes | null = null): LayerFacts {
  const mount = view && path !== null ? mountOf(view.mounts, absolute(components(path))) : null;
  return {
    ...head,
    path,
    ...verdict,
    assumed: verdict.assumed ?? false,
    place: view && path !== null ? placeIn(view, path) : null,
    dev: mount?.mount.dev ?? null,
    stDev: null,
    ino: null,
    fs: { type: mount?.mount.fsType ?? 'unknown', uuid: null, handle: null },
    access: 'none',
    inOverlay: path === null ? null : overlayPart(mount, absolute(components(path))),
  };
}

/** A layer that was looked at, at a path of the view. */
export async function seenAt(reach: Reach, head: Head, verdict: Verdict, view: View, look: Look): Promise<LayerFacts> {
  const mount = mountOf(view.mounts, look.path);
  const far = mount !== null && mayHang(mount.mount.fsType);
  const clone = !far && (await reach.canClone(view, look.path, look.stat.mntId?.id ?? null));
  return {
    ...head,
    path: look.path,
    ...verdict,
    assumed: verdict.assumed ?? false,
    place: placeIn(view, look.path),
    dev: mount?.mount.dev ?? null,
    stDev: look.stat.dev,
    ino: `${look.stat.ino}`,
    fs: { type: mount?.mount.fsType ?? 'unknown', uuid: look.uuid ?? null, handle: look.handle },
    access: clone ? 'clone' : look.readable ? 'path' : 'none',
    inOverlay: overlayPart(mount, look.path),
  };
}

/** A layer that was found by its handle: at a path, or only by the handle where no path leads to it. */
export async function foundByHandle(reach: Reach, head: Head, verdict: Verdict, found: Found): Promise<LayerFacts> {
  const { view, mount, path, look } = found;
  if (path !== null) return seenAt(reach, head, verdict, view, { ...look, path });
  const { mountPoint, dev, fsType } = mount.mount;
  const clone = await reach.canClone(view, mountPoint, look.stat.mntId?.id ?? null);
  return {
    ...head,
    path: null,
    ...verdict,
    assumed: verdict.assumed ?? false,
    place: look.handle ? placeIn(view, mountPoint, look.handle) : null,
    dev,
    stDev: look.stat.dev,
    ino: `${look.stat.ino}`,
    fs: { type: fsType, uuid: look.uuid ?? null, handle: look.handle },
    access: clone ? 'clone' : look.readable ? 'path' : 'none',
    inOverlay: null,
  };
}

/**
 * The mounter's folder, where a true path ends with the text that was given, component by component; null where the
 * text is absolute, holds `..`, or the path ends otherwise (moved since, or given through a symlink).
 */
export function folderOf(truePath: Bytes, shown: Bytes): Bytes | null {
  const given = components(shown);
  const real = components(truePath);
  if (shown.startsWith('/') || given.length === 0 || given.length > real.length) return null;
  if (given.includes(asBytes('..'))) return null;
  const rest = real.length - given.length;
  return given.every((name, i) => name === real[rest + i]) ? absolute(real.slice(0, rest)) : null;
}

/** What is left of `path` below `directory`, without a leading slash; null where it does not lie there. */
export function below(path: Bytes, directory: Bytes): Bytes | null {
  if (!isWithin(path, directory)) return null;
  if (path === directory) return asBytes('');
  return asBytes(path.slice(directory === '/' ? 1 : directory.length + 1));
}
