import type { StackFacts } from '../../../shared/ipc/probe.ts';
import { privilege } from '../privilege/state.ts';
import { heldObjects } from './held-objects.ts';
import { type Namespaces, readNamespaces } from './namespaces.ts';
import { Reach } from './reach.ts';
import { Finder } from './real-object.ts';
import { type Context, type Overlay, resolveOverlay } from './stack.ts';

/** Every overlay of the views, each once (by MAJ:MIN), in the order in which they are met. */
export function overlaysOf({ views }: Pick<Namespaces, 'views'>): Overlay[] {
  const byDev = new Map<string, Overlay>();
  for (const view of views) {
    for (const seen of view.mounts) {
      if (seen.mount.fsType !== 'overlay') continue;
      const overlay = byDev.get(seen.mount.dev) ?? { dev: seen.mount.dev, instances: [] };
      overlay.instances.push({ view, seen });
      byDev.set(overlay.dev, overlay);
    }
  }
  return [...byDev.values()];
}

/** What the resolution of these overlays works with. */
export function contextFor(
  reach: Reach,
  { views, pids }: Namespaces,
  overlays: readonly Overlay[],
  signal?: AbortSignal,
): Context {
  const { trusted, handles } = privilege();
  const mounts = new Set(overlays.flatMap(({ instances }) => instances.map(({ seen }) => seen.mount.id)));
  const devs = new Set(overlays.map(({ dev }) => dev));
  const held = mounts.size > 0 ? heldObjects(pids, mounts, devs, signal) : new Map();
  return { reach, views, finder: new Finder(reach, views), held, trusted, handles, signal };
}

/**
 * Resolves every overlay of every mount namespace that can be seen, and hands each over as soon as it is. Nothing is
 * held open afterwards. Returns how many namespaces were read, and how many could not be.
 */
export async function listOverlays(
  onStack: (stack: StackFacts) => void,
  signal?: AbortSignal,
): Promise<{ namespaces: number; closed: number }> {
  const reach = new Reach(signal);
  try {
    const namespaces = await readNamespaces(reach, signal);
    const overlays = overlaysOf(namespaces);
    const context = contextFor(reach, namespaces, overlays, signal);
    for (const overlay of overlays) {
      signal?.throwIfAborted();
      onStack(await resolveOverlay(context, overlay));
    }
    return { namespaces: namespaces.views.length, closed: namespaces.closed };
  } finally {
    await reach.end();
  }
}
