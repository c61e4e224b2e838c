import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { LayerFacts } from '../../../shared/ipc/probe.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { close, Open, openat2, Resolve } from '../syscalls/open.ts';
import { below, foundByHandle, unseen } from './layer-facts.ts';
import { type Look, lookAt } from './look.ts';
import { isLook } from './reach.ts';
import type { Context, Subject } from './stack.ts';
import { absolute, components, mayHang, mountOf, type SeenMount, type View } from './view.ts';

const COVERED = {
  state: 'covered' as const,
  why: 'the mount on its path was made after the overlay and hides what the overlay took',
};

/** Whether the mount that a path leads to came after the overlay, and so hides what the overlay took. */
export const isYounger = (look: Look, subject: Subject): boolean =>
  subject.mountAge !== null && look.stat.mntId?.unique === true && look.stat.mntId.id > subject.mountAge;

/** The same for a path at which nothing can be looked at: whether it would have to lie on a younger mount. */
export function liesOnYounger({ reach }: Context, subject: Subject, view: View, path: Bytes): boolean {
  const mount = mountOf(view.mounts, absolute(components(path)));
  const age = mount && reach.ageOf(view, mount.mount.id);
  return age !== null && subject.mountAge !== null && age > subject.mountAge;
}

/**
 * A lower on whose path a younger mount lies. What lies under it is what the overlay took, if it was not replaced since;
 * it is reached through a clone of the mount below, which other mounts do not hide, and named by its handle.
 */
export async function coveredLayer(
  context: Context,
  subject: Subject,
  head: Pick<LayerFacts, 'layer' | 'role' | 'shown'>,
  view: View,
  path: Bytes,
): Promise<LayerFacts> {
  const mount = await olderMount(context, subject, view, path);
  const look = mount && (await lookUnder(context, view, mount, path));
  const verdict = COVERED;
  if (!mount || !look?.handle || !context.handles) return { ...unseen(head, verdict), path };
  const facts = await foundByHandle(context.reach, head, verdict, { view, mount, path: null, deleted: false, look });
  return { ...facts, path };
}

/** The topmost mount below the younger ones that lie on a path. */
async function olderMount({ reach }: Context, subject: Subject, view: View, path: Bytes): Promise<SeenMount | null> {
  let at = mountOf(view.mounts, path);
  while (at) {
    const { parent } = at.mount;
    at = view.mounts.find(({ mount }) => mount.id === parent) ?? null;
    if (!at || mayHang(at.mount.fsType) || mountOf(view.mounts, at.mount.mountPoint) !== at) return null;
    const root = await reach.look(view, at.mount.mountPoint);
    if (!isLook(root)) return null;
    if (!isYounger(root, subject)) return at.mount.fsType === 'overlay' ? null : at;
  }
  return null;
}

async function lookUnder({ reach }: Context, view: View, { mount }: SeenMount, path: Bytes): Promise<Look | null> {
  const inside = below(path, mount.mountPoint);
  const root = await reach.open(view, mount.mountPoint);
  if (inside === null || typeof root !== 'number') return null;
  const clone = await reach.clone(view, root);
  close(root);
  if (clone === null) return null;
  try {
    const name = inside === '' ? asBytes('.') : inside;
    const fd = openat2(clone, name, Open.path | Open.directory, Resolve.beneath | Resolve.noSymlinks);
    try {
      return lookAt(fd);
    } finally {
      close(fd);
    }
  } catch (error) {
    if (error instanceof SyscallError) return null;
    throw error;
  } finally {
    close(clone);
  }
}
