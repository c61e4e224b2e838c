import type { Handle } from '../../../shared/ipc/probe.ts';
import { ownView } from './namespaces.ts';
import { isLook, Reach } from './reach.ts';
import { mayHang, mountOf } from './view.ts';

/** A filesystem (on btrfs a subvolume) that is mounted now. */
export type SeenFilesystem = {
  /** st_dev of the mount's root. */
  dev: string;
  type: string;
  uuid: string | null;
  /** Handle of the mount's root: on btrfs the subvolume stands in it. */
  handle: Handle | null;
};

/**
 * The filesystems of the probe's own mount namespace, each device once. Only roots of mounts are looked at; those that
 * may hang and overlays are left out.
 */
export async function seenFilesystems(signal: AbortSignal): Promise<SeenFilesystem[]> {
  const view = ownView();
  const reach = new Reach(signal);
  const found = new Map<string, SeenFilesystem>();
  try {
    for (const seen of view.mounts) {
      if (signal.aborted) break;
      const { fsType, mountPoint } = seen.mount;
      // What another mount covers cannot be looked at by its path.
      if (mayHang(fsType) || fsType === 'overlay' || mountOf(view.mounts, mountPoint) !== seen) continue;
      const look = await reach.look(view, mountPoint);
      if (!isLook(look) || found.has(look.stat.dev)) continue;
      found.set(look.stat.dev, { dev: look.stat.dev, type: fsType, uuid: look.uuid ?? null, handle: look.handle });
    }
  } finally {
    await reach.end();
  }
  return [...found.values()];
}
