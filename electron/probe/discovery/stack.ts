import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { LayerFacts, StackFacts } from '../../../shared/ipc/probe.ts';
import { type OverlayText, readOverlayOptions } from '../../../shared/mountinfo/options.ts';
import { containerName } from './containers.ts';
import type { HeldObject } from './held-objects.ts';
import { placeIn } from './layer-facts.ts';
import { resolveLowers } from './lowers.ts';
import { isLook, type Reach } from './reach.ts';
import { type Finder, isObject, type RealObject, realObjectOfHandle } from './real-object.ts';
import { resolveUpper } from './upper.ts';
import { absolute, components, danger, inFolder, mountOf, type SeenMount, type View } from './view.ts';

/** One mount of an overlay, in one namespace. */
export type Instance = { view: View; seen: SeenMount };

/** An overlay: one superblock, however often it is mounted. */
export type Overlay = { dev: string; instances: Instance[] };

/** What the resolution of one call works with. */
export type Context = {
  reach: Reach;
  /** Every view that was read, the probe's own first. */
  views: readonly View[];
  finder: Finder;
  /** By the reusable id of the mount. */
  held: ReadonlyMap<number, readonly HeldObject[]>;
  /** trusted.* can be read. */
  trusted: boolean;
  /** Handles can be opened. */
  handles: boolean;
  signal?: AbortSignal | undefined;
};

/** The overlay that is being resolved, with what its own root says. */
export type Subject = {
  overlay: Overlay;
  text: OverlayText;
  /** The namespace in which the layers' paths are meant. */
  view: View;
  /** The upper's root or, without an upper, that of lower 1; null where the overlay does not tell. */
  root: RealObject | null;
  /** Mounts of `view` whose unique id is greater came after the overlay's; null where that cannot be told. */
  mountAge: bigint | null;
};

const isWhole = ({ seen }: Instance): boolean => seen.mount.root === '/';

/** Instances likeliest to be the mounter's first: whole before parts, our own namespace, not a container's root. */
export function inOrder(instances: readonly Instance[]): Instance[] {
  const weight = ({ view, seen }: Instance): number =>
    (seen.mount.root === '/' ? 0 : 4) + (seen.mount.mountPoint === '/' ? 2 : 0) + (view.own ? 0 : 1);
  return [...instances].sort((a, b) => weight(a) - weight(b));
}

/** What the overlay's root says: the first instance that can be reached answers. */
async function askRoot({ reach }: Context, instances: readonly Instance[]): Promise<RealObject | null> {
  for (const { view, seen } of instances) {
    if (seen.mount.root !== '/') continue;
    const answer = await reach.lookAtOverlay(view, seen.mount);
    // Where another mount hides it, the device is another.
    if ('look' in answer && answer.look.stat.dev === seen.mount.dev) return realObjectOfHandle(answer.overlayHandle);
  }
  return null;
}

/** How well a view fits the texts: whether the root's own text leads to the root, and how many layers are there. */
async function howWell(
  context: Context,
  view: View,
  dev: string,
  text: OverlayText,
  root: RealObject | null,
): Promise<number> {
  const first = text.upper.length > 0 ? text.upper : text.lowers.slice(0, 1);
  let count = 0;
  for (const path of [...first, ...text.lowers.slice(0, 4)]) {
    if (!path.startsWith('/')) continue;
    const why = danger(view.mounts, path, context.reach.far);
    // A path inside the overlay itself cannot be where its layer is.
    const isInside = why === 'overlay' && mountOf(view.mounts, absolute(components(path)))?.mount.dev === dev;
    if (why && why !== 'automount' && !isInside) count++;
    if (why) continue;
    const look = await context.reach.look(view, path);
    if (!isLook(look)) continue;
    if (root && first.includes(path) && isObject(look, root)) return 1000;
    count++;
  }
  return count;
}

async function chooseView(
  context: Context,
  dev: string,
  instances: readonly Instance[],
  text: OverlayText,
  root: RealObject | null,
) {
  const views = new Set(instances.map((instance) => instance.view));
  const own = context.views[0];
  if (own) views.add(own);
  let best: View | null = null;
  let most = -1;
  for (const view of [...views].slice(0, 12)) {
    if (views.size === 1) return view;
    const score = await howWell(context, view, dev, text, root);
    if (score >= 1000) return view;
    if (score > most) {
      most = score;
      best = view;
    }
  }
  return best as View;
}

/** Facts of one overlay that is mounted, with every layer resolved. Fails only where the machine does. */
export async function resolveOverlay(context: Context, overlay: Overlay): Promise<StackFacts> {
  const instances = inOrder(overlay.instances);
  const text = readOverlayOptions((instances[0] as Instance).seen.mount.superOptions);
  const root = await askRoot(context, instances);
  const view = await chooseView(context, overlay.dev, instances, text, root);
  const shown = instances.find((one) => one.view === view && isWhole(one)) ?? (instances[0] as Instance);
  const ages = instances.filter((one) => one.view === view).map(({ seen }) => context.reach.ageOf(view, seen.mount.id));
  // A bind mount of it is younger than itself.
  const mountAge = ages.reduce((a, b) => (a === null || (b !== null && b < a) ? b : a), null);
  return facts(context, { overlay, text, view, root, mountAge }, shown);
}

/** The facts that stand in a mountinfo line, and its layers as far as they are there, for an overlay that is not. */
export function resolveLine(context: Context, view: View, seen: SeenMount): Promise<StackFacts> {
  const text = readOverlayOptions(seen.mount.superOptions);
  const shown = { view, seen };
  return facts(
    context,
    { overlay: { dev: seen.mount.dev, instances: [shown] }, text, view, root: null, mountAge: null },
    shown,
  );
}

/**
 * Whether a user namespace made the overlay. A namespace that a user made holds copies of its maker's mounts too: the
 * text of one that it made itself, with an upper and without userxattr, has redirect_dir=nofollow and uuid=null, and
 * none of what the kernel refuses there (super.c:ovl_fill_super, params.c:ovl_fs_params_verify). Without an upper the
 * texts are alike. Its maker may have unmounted it since, so that no namespace of the system's own has it proves
 * nothing; only a handle does that names a real inode, as none made in a user namespace gives (super.c:ovl_can_decode_fh).
 */
function madeInUserNamespace({ text, overlay, root }: Subject, view: View): boolean | 'unknown' {
  if (view.userNamespace !== true || 'userxattr' in text.options) return view.userNamespace;
  if (overlay.instances.some((one) => one.view.userNamespace === false)) return false;
  if (text.upper.length === 0) return root === null ? 'unknown' : false;
  const { redirect_dir: redirect, uuid, index, metacopy } = text.options;
  if (uuid === 'on' || index === 'on' || metacopy === 'on' || redirect === 'on') return false;
  return redirect === 'nofollow' || uuid === 'null' ? true : 'unknown';
}

async function facts(context: Context, subject: Subject, shown: Instance): Promise<StackFacts> {
  const { text, overlay } = subject;
  const { mount, line } = shown.seen;
  const upper = text.upper.length > 0 ? await resolveUpper(context, subject) : null;
  const lowers = await resolveLowers(context, subject, upper);
  const work = await resolveWork(context, subject, upper?.folder ?? null);
  const layers: LayerFacts[] = upper ? [upper.facts, ...lowers] : lowers;
  const alsoAt = overlay.instances.filter((one) => one.view === shown.view && one.seen !== shown.seen);
  return {
    kind: 'overlay',
    mount: mount.mountPoint,
    mountId: mount.id,
    dev: mount.dev,
    ns: shown.view.ns,
    pid: shown.view.pid,
    userNamespace: madeInUserNamespace(subject, shown.view),
    readonly: text.readonly || mount.mountOptions.includes('ro'),
    options: text.options,
    layers,
    work: work?.path ?? null,
    workPlace: work ? placeIn(work.view, work.path) : null,
    name: containerName(overlay.instances, context.views[0]),
    alsoAt: [...new Set(alsoAt.map((one) => one.seen.mount.mountPoint))],
    line,
    readAt: `${BigInt(Date.now()) * 1_000_000n}`,
  };
}

/** The work directory where it is now: at its text, or in the mounter's folder. */
async function resolveWork(
  { reach }: Context,
  { text, view }: Subject,
  folder: { view: View; path: Bytes } | null,
): Promise<{ view: View; path: Bytes } | null> {
  for (const reading of text.work) {
    const at = reading.startsWith('/') ? { view, path: reading } : folder && inFolder(folder, reading);
    if (!at) continue;
    const look = await reach.look(at.view, at.path);
    if (isLook(look)) return { view: at.view, path: look.path };
  }
  return null;
}
