import { textForEyes } from '../../../shared/bytes/show.ts';
import type { StackFacts, StackRef } from '../../../shared/ipc/probe.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { parseMountLine } from '../../../shared/mountinfo/line.ts';
import { readOverlayOptions } from '../../../shared/mountinfo/options.ts';
import { resolveDirectories } from './directories.ts';
import { type Namespaces, ownView, readNamespaces, viewOfProcess } from './namespaces.ts';
import { contextFor, overlaysOf } from './overlays.ts';
import { isLook, Reach } from './reach.ts';
import { type Overlay, resolveLine, resolveOverlay } from './stack.ts';
import { absolute, components, mountOf, type SeenMount, type View } from './view.ts';

const fail = (code: string, message: string, path: string | undefined, hint: string): FailureError =>
  new FailureError({ code, message, ...(path === undefined ? {} : { path }), hint });

/**
 * The facts of the stack that the user names. Nothing is held open afterwards. Throws a FailureError: not-found,
 * not-overlay, bad-options, bad-layer, unreadable.
 */
export async function resolveStack(stack: StackRef, signal?: AbortSignal): Promise<StackFacts> {
  const reach = new Reach(signal);
  try {
    switch (stack.kind) {
      case 'directories':
        return await resolveDirectories(reach, ownView(), stack);
      case 'mount':
        return await resolveMount(reach, stack, signal);
      case 'dev':
        return await resolveDev(reach, stack.dev, signal);
      case 'mountinfo':
        return await resolveMountinfo(reach, stack, signal);
    }
  } finally {
    await reach.end();
  }
}

/** The view of a process, or our own. */
function viewOf(pid: number | null): View {
  const view = pid === null ? ownView() : viewOfProcess(pid);
  if (!view) throw fail('not-found', `there is no process ${pid}`, `/proc/${pid}`, 'name a process that runs');
  return view;
}

const live = (reach: Reach, namespaces: Namespaces, overlay: Overlay, signal?: AbortSignal): Promise<StackFacts> =>
  resolveOverlay(contextFor(reach, namespaces, [overlay], signal), overlay);

async function resolveMount(
  reach: Reach,
  { mount, pid }: Extract<StackRef, { kind: 'mount' }>,
  signal?: AbortSignal,
): Promise<StackFacts> {
  const view = viewOf(pid);
  const seen = await mountAt(reach, view, absolute(components(mount)));
  const namespaces = await readNamespaces(reach, signal);
  const overlay = overlaysOf(namespaces).find(({ dev }) => dev === seen.mount.dev);
  // The mount may be seen only by a process with a root of its own.
  return live(reach, namespaces, overlay ?? { dev: seen.mount.dev, instances: [{ view, seen }] }, signal);
}

/** The overlay mount at a path of the view. Throws a FailureError that says what is there instead. */
async function mountAt(reach: Reach, view: View, path: ReturnType<typeof absolute>): Promise<SeenMount> {
  const where = textForEyes(path);
  const at = mountOf(view.mounts, path);
  if (at?.mount.mountPoint === path) {
    if (at.mount.fsType === 'overlay') return at;
    const covered = view.mounts.some(({ mount }) => mount.mountPoint === path && mount.fsType === 'overlay');
    if (covered)
      throw fail(
        'not-overlay',
        `a mount of ${at.mount.fsType} covers the overlay`,
        where,
        'name it by its device, or unmount the cover',
      );
    const isFuse = at.mount.fsType.startsWith('fuse');
    const hint = isFuse
      ? 'a FUSE union does not show its layers: name them with --lower and --upper'
      : 'run "stratoscope list" to see the overlays';
    throw fail('not-overlay', `this is a mount of ${at.mount.fsType}, not of overlay`, where, hint);
  }
  const look = await reach.look(view, path);
  if (isLook(look) && look.path !== path) return mountAt(reach, view, look.path);
  if (at?.mount.fsType === 'overlay') {
    const top = textForEyes(at.mount.mountPoint);
    throw fail('not-overlay', `this is no mount point; it lies in the overlay at ${top}`, where, `name ${top}`);
  }
  if (isLook(look))
    throw fail(
      'not-overlay',
      'nothing is mounted here',
      where,
      'name a mount point, or the layers with --lower and --upper',
    );
  const seeList = 'run "stratoscope list" to see what is mounted';
  if (look.code === 'ENOENT') throw fail('not-found', 'there is no such mount (any more)', where, seeList);
  // Below another overlay only what is mounted there can be meant, and that stands in mountinfo.
  if (look.code === 'overlay')
    throw fail('not-overlay', 'this is no mount point; it lies inside another overlay', where, seeList);
  if (look.code === 'ENOTDIR' || look.code === 'ELOOP') throw fail('not-overlay', look.why, where, seeList);
  if (look.code === 'EACCES' || look.code === 'EPERM')
    throw fail('needs-privilege', look.why, where, 'read with privilege');
  throw fail('unreadable', look.why, where, seeList);
}

async function resolveDev(reach: Reach, dev: string, signal?: AbortSignal): Promise<StackFacts> {
  const namespaces = await readNamespaces(reach, signal);
  const overlay = overlaysOf(namespaces).find((one) => one.dev === dev);
  if (overlay) return live(reach, namespaces, overlay, signal);
  const other = namespaces.views.flatMap(({ mounts }) => mounts).find(({ mount }) => mount.dev === dev);
  if (other)
    throw fail(
      'not-overlay',
      `this device is a ${other.mount.fsType}`,
      dev,
      'run "stratoscope list" to see the overlays',
    );
  throw fail(
    'not-found',
    'no mount has this device (any more)',
    dev,
    'run "stratoscope list": a new mount has a new device',
  );
}

async function resolveMountinfo(
  reach: Reach,
  { line, pid }: Extract<StackRef, { kind: 'mountinfo' }>,
  signal?: AbortSignal,
): Promise<StackFacts> {
  const mount = parseMountLine(line);
  const where = textForEyes(line);
  if (!mount)
    throw fail('not-overlay', 'this is not a line of mountinfo', where, 'copy a whole line of /proc/PID/mountinfo');
  if (mount.fsType !== 'overlay')
    throw fail('not-overlay', `this line is of a mount of ${mount.fsType}`, where, 'copy the line of an overlay');
  const text = readOverlayOptions(mount.superOptions);
  if (text.lowers.length === 0)
    throw fail('bad-options', 'the line names no lower', where, 'copy a whole line of /proc/PID/mountinfo');
  const namespaces = await readNamespaces(reach, signal);
  const overlay = overlaysOf(namespaces).find(
    ({ dev, instances }) =>
      dev === mount.dev && instances.some(({ seen }) => seen.mount.superOptions === mount.superOptions),
  );
  if (overlay) return { ...(await live(reach, namespaces, overlay, signal)), line };
  // The mount is gone, or of another machine: its text still names directories.
  const context = contextFor(reach, namespaces, [], signal);
  return resolveLine(context, pid === null ? (namespaces.views[0] as View) : viewOf(pid), { line, mount });
}
