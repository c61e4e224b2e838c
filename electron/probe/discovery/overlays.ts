import type { StackFacts } from '../../../shared/ipc/probe.ts';
import { readOverlayOptions } from '../../../shared/mountinfo/options.ts';
import { privilege } from '../privilege/state.ts';
import { heldObjects } from './held-objects.ts';
import { type Namespaces, readNamespaces } from './namespaces.ts';
import { Reach } from './reach.ts';
import { Finder } from './real-object.ts';
import { type Context, type Overlay, resolveOverlay } from './stack.ts';
import { danger } from './view.ts';

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

/**
 * Notes which overlays have a layer on a filesystem that may hang, by their texts in any view that shows them or in our
 * own. An overlay on such an overlay is one too.
 */
function noteFar(far: Set<string>, { views }: Pick<Namespaces, 'views'>, overlays: readonly Overlay[]): void {
  for (let before = -1; before < far.size; ) {
    before = far.size;
    for (const { dev, instances } of overlays) {
      const [first] = instances;
      if (!first || far.has(dev)) continue;
      const { upper, lowers, data } = readOverlayOptions(first.seen.mount.superOptions);
      const texts = [...upper, ...lowers, ...data].filter((path) => path.startsWith('/'));
      const shownIn = new Set([...instances.map(({ view }) => view), ...views.slice(0, 1)]);
      const isFar = [...shownIn].some(({ mounts }) => texts.some((path) => danger(mounts, path, far) === 'hangs'));
      if (isFar) far.add(dev);
    }
  }
}

/** Devices of the overlays with a layer that may hang, by the texts of what was read. */
export function farOverlays(namespaces: Namespaces): ReadonlySet<string> {
  const far = new Set<string>();
  noteFar(far, namespaces, overlaysOf(namespaces));
  return far;
}

/** What the resolution of these overlays works with. */
export function contextFor(
  reach: Reach,
  namespaces: Namespaces,
  overlays: readonly Overlay[],
  signal?: AbortSignal,
): Context {
  const { views, processes } = namespaces;
  const { trusted, handles } = privilege();
  noteFar(reach.far, namespaces, overlaysOf(namespaces));
  const instances = overlays.filter(({ dev }) => !reach.far.has(dev)).flatMap((overlay) => overlay.instances);
  const held = instances.length > 0 ? heldObjects(processes, instances, signal) : new Map();
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
      // A cancellation arrives between two turns of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      onStack(await resolveOverlay(context, overlay));
    }
    return { namespaces: namespaces.views.length, closed: namespaces.closed };
  } finally {
    await reach.end();
  }
}
