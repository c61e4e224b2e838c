import { asBytes, type Bytes, joinBytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import type { LayerFacts } from '../../../shared/ipc/probe.ts';
import { close } from '../syscalls/open.ts';
import { below, seenAt, unseen } from './layer-facts.ts';
import { isDirectory } from './look.ts';
import { originsIn } from './origins.ts';
import { isLook } from './reach.ts';
import { type Found, hasEntry, holds, isObject, type RealObject } from './real-object.ts';
import type { Context, Subject } from './stack.ts';
import { endsAlike, LONE_SLASH, refusal, resolveNamed, type Upper, unconfirmed } from './upper.ts';
import { inFolder, isWithin, type View } from './view.ts';

/** An object of which a handle says that it lies in a lower, and at which path of the merged view. */
type Evidence = { object: RealObject; path: Bytes; source: 'origin' | 'process'; by: string };
type Resolved = { facts: LayerFacts; view: View };

/** So many objects that no lower holds are searched by handle: each search asks every filesystem. */
const MAX_SEARCHES = 8;

/**
 * Lowers and data-only layers, from the top (CONTRACT.md, "list"): first each at its text, then what handles confirm,
 * then where the objects lie that no lower holds at its text.
 */
export async function resolveLowers(context: Context, subject: Subject, upper: Upper | null): Promise<LayerFacts[]> {
  const { text } = subject;
  const shown = [...text.lowers, ...text.data];
  const resolved: Resolved[] = [];
  for (const [i, layer] of shown.entries()) {
    const head = { layer: i + 1, role: i < text.lowers.length ? ('lower' as const) : ('data' as const), shown: layer };
    resolved.push(await atText(context, subject, head, upper));
  }
  const evidence = await gather(context, subject, upper);
  await confirmLowerOne(context, subject, upper, resolved, evidence);
  const unplaced = await confirm(context, resolved, evidence);
  await findMoved(context, resolved, unplaced, upper);
  return resolved.map(({ facts }) => facts);
}

async function atText(
  context: Context,
  subject: Subject,
  head: Pick<LayerFacts, 'layer' | 'role' | 'shown'>,
  upper: Upper | null,
): Promise<Resolved> {
  const { view, root } = subject;
  const { shown } = head;
  if (head.layer === 1 && !upper && root && !root.upper) {
    const { facts } = await resolveNamed(context, subject, head, [shown], root);
    return { facts, view };
  }
  if (shown === '/') {
    return { facts: unseen(head, { state: 'unverified', why: LONE_SLASH }), view };
  }
  if (shown.startsWith('/')) {
    const facts = await unconfirmed(context, subject, head, [shown], view);
    if (facts.state !== 'missing' || !shown.endsWith(' (deleted)')) return { facts, view };
    return { facts: { ...facts, why: 'it was given as a descriptor of a directory that had been deleted' }, view };
  }
  if (!upper?.folder) {
    const why = `its text is relative to a folder that is recorded nowhere${upper ? '' : ', and there is no upper to tell it'}`;
    return { facts: unseen(head, { state: 'missing', why }), view };
  }
  const at = inFolder(upper.folder, shown);
  const look = await context.reach.look(at.view, at.path);
  const from = `its text is relative; the upper's true path tells the folder, ${textForEyes(upper.folder.path)}`;
  if (isLook(look)) {
    const verdict = { state: 'unverified' as const, why: `${from}; no handle confirms it`, assumed: true };
    return { facts: await seenAt(context.reach, head, verdict, at.view, look), view: at.view };
  }
  const { state, why } = refusal(look);
  return { facts: unseen(head, { state, why: `${from}: ${why}`, assumed: true }), view: at.view };
}

/** Handles of objects in lowers: origins in the upper, and what processes hold on the mount. */
async function gather(context: Context, subject: Subject, upper: Upper | null): Promise<Evidence[]> {
  const out: Evidence[] = [];
  const { overlay, text, view } = subject;
  const path = upper?.facts.path ?? null;
  const ignoresTrusted = 'userxattr' in text.options || view.userNamespace === true;
  if (
    context.trusted &&
    !ignoresTrusted &&
    path !== null &&
    upper?.facts.access === 'clone' &&
    upper.facts.state !== 'covered'
  ) {
    const at = context.views.find((one) => samePlace(one, upper.facts)) ?? view;
    const fd = await context.reach.open(at, path);
    if (typeof fd === 'number') {
      const clone = await context.reach.clone(at, fd);
      close(fd);
      if (clone !== null) {
        try {
          for (const origin of originsIn(clone))
            out.push({
              ...origin,
              source: 'origin',
              by: `the origin of ${textForEyes(origin.path) || 'the root'} in the upper`,
            });
        } finally {
          close(clone);
        }
      }
    }
  }
  for (const { seen } of overlay.instances) {
    const { id, root, mountPoint } = seen.mount;
    for (const { object, path: held, by } of context.held.get(id) ?? []) {
      const inside = below(held, mountPoint);
      if (inside === null) continue;
      out.push({ object, path: joinBytes(asBytes(root.slice(1)), inside), source: 'process', by: `the ${by}` });
    }
  }
  return out;
}

const samePlace = (view: View, { place }: LayerFacts): boolean =>
  place !== null &&
  (view.own ? place.pid === null && place.nsId === null : place.pid !== null && view.pid === place.pid);

/** With an index, the upper's root has lower 1's root as its origin: that says more than an object inside. */
async function confirmLowerOne(
  context: Context,
  subject: Subject,
  upper: Upper | null,
  resolved: Resolved[],
  evidence: Evidence[],
): Promise<void> {
  const first = resolved[0];
  const at = evidence.findIndex((one) => one.path === '' && one.source === 'origin');
  const [root] = at < 0 ? [] : evidence.splice(at, 1);
  if (!upper || !first || !root || first.facts.state === 'ok') return;
  const { facts } = first;
  const isIt =
    facts.fs.handle !== null && isObject({ handle: facts.fs.handle, uuid: facts.fs.uuid ?? undefined }, root.object);
  if (isIt)
    first.facts = { ...facts, state: 'ok', assumed: false, why: "the origin of the upper's root names this directory" };
  else if (subject.text.options.index === 'on') {
    const head = { layer: facts.layer, role: facts.role, shown: facts.shown };
    const named = (await resolveNamed(context, subject, head, [facts.shown], root.object)).facts;
    first.facts = {
      ...named,
      why: named.why.replace("the handle of the mount's root", "the origin of the upper's root"),
    };
  }
}

/** Gives each object to the topmost lower that holds it, which confirms that lower. Returns those that none holds. */
async function confirm({ reach }: Context, resolved: Resolved[], evidence: Evidence[]): Promise<Evidence[]> {
  let left = evidence;
  for (const one of resolved) {
    const { facts, view } = one;
    if (left.length === 0) break;
    if (facts.role === 'data' || facts.path === null || facts.access === 'none') continue;
    if (facts.state !== 'ok' && facts.state !== 'unverified' && facts.state !== 'moved') continue;
    const fd = await reach.open(view, facts.path);
    if (typeof fd !== 'number') continue;
    try {
      const placed = left.filter(({ object, path }) => {
        const sameFs = object.uuid === null || facts.fs.uuid === null || object.uuid === facts.fs.uuid;
        return sameFs && holds(fd, path, object);
      });
      left = left.filter((item) => !placed.includes(item));
      const [proof] = placed;
      if (!proof || facts.state !== 'unverified') continue;
      const why = `it holds the object behind ${proof.by}${proof.path === '' ? '' : `, at ${textForEyes(proof.path)}`}`;
      one.facts = { ...facts, state: 'ok', assumed: false, why };
    } finally {
      close(fd);
    }
  }
  return left;
}

/** A directory that holds objects of a lower at their paths, and so may be that lower. */
type Home = {
  view: View;
  by: string;
  /** A lower of this mount holds it now. An origin alone may be left from lowers that the upper had before. */
  live: boolean;
};

/**
 * Objects that no lower holds at its text lie in a lower that was moved. Which one is claimed only where one alone can
 * be it: the only one that is missing (or the only missing one of that name), else the only one not confirmed.
 */
async function findMoved(
  context: Context,
  resolved: Resolved[],
  unplaced: Evidence[],
  upper: Upper | null,
): Promise<void> {
  if (!context.handles) return;
  const homes = new Map<Bytes, Home>();
  for (const { object, path, by, source } of unplaced.slice(0, MAX_SEARCHES)) {
    const found = await context.finder.find(object, resolved[0]?.view);
    if (!found || found === 'stale' || found.path === null) continue;
    const inside = resolved.find((one) => isIn(one, found));
    if (inside) {
      // It was renamed in the merged view (a redirect), so it lies there under another name.
      const rest = textForEyes(below(found.path, inside.facts.path ?? found.path) ?? found.path);
      const why = `it holds the object behind ${by}, at ${rest}`;
      if (inside.facts.state === 'unverified') inside.facts = { ...inside.facts, state: 'ok', assumed: false, why };
      continue;
    }
    const isFile = !isDirectory(found.look.stat);
    // Another name of a hard link says nothing about the layer.
    if (isFile && found.look.stat.nlink > 1) continue;
    const tail = path === '' ? '' : `/${path}`;
    if (!found.path.endsWith(tail)) continue;
    const home = asBytes(found.path.slice(0, found.path.length - tail.length) || '/');
    // The handle of a file that was copied up is its origin's.
    const live = source === 'process' && !(isFile && upper !== null && (await isInUpper(context, upper, path)));
    if (live || !homes.has(home)) homes.set(home, { view: found.view, by, live });
  }
  // Each home that is given away leaves fewer layers that the others can be.
  for (let progress = true; progress && homes.size > 0; ) {
    progress = false;
    for (const [home, { view, by, live }] of homes) {
      const which = ownerOf(home, live, homes.size, resolved);
      const look = which && (await context.reach.look(view, home));
      if (!which || !look || !isLook(look)) continue;
      const { layer, role, shown, state } = which.facts;
      const instead = state === 'unverified' ? '; another directory is at its text' : '';
      const why = `the object behind ${by} lies in ${textForEyes(home)}${instead}`;
      const isMoved = shown.startsWith('/') || !endsAlike(home, [shown]);
      const verdict = { state: isMoved ? ('moved' as const) : ('ok' as const), why };
      which.facts = await seenAt(context.reach, { layer, role, shown }, verdict, view, look);
      which.view = view;
      homes.delete(home);
      progress = true;
    }
  }
  for (const [home, { by }] of homes) {
    for (const { facts } of resolved.filter(isInDoubt))
      facts.why += `; the object behind ${by} lies in ${textForEyes(home)}, which may be it`;
  }
}

/** Whether the upper has an entry of this path; taken for granted where it cannot be looked into. */
async function isInUpper({ reach, views }: Context, { facts }: Upper, path: Bytes): Promise<boolean> {
  const view = views.find((one) => samePlace(one, facts));
  const fd = view && facts.path !== null ? await reach.open(view, facts.path) : null;
  if (typeof fd !== 'number') return true;
  try {
    return hasEntry(fd, path);
  } finally {
    close(fd);
  }
}

const isIn = ({ facts, view }: Resolved, found: Found): boolean =>
  facts.role === 'lower' &&
  facts.path !== null &&
  facts.state !== 'covered' &&
  view === found.view &&
  found.path !== null &&
  isWithin(found.path, facts.path);

const isInDoubt = ({ facts }: Resolved): boolean =>
  facts.role === 'lower' && (facts.state === 'missing' || facts.state === 'unverified');

/** The lower that a directory must be, being one of `homes` directories that hold objects of lowers; null: in doubt. */
function ownerOf(home: Bytes, live: boolean, homes: number, resolved: readonly Resolved[]): Resolved | null {
  const doubtful = resolved.filter(isInDoubt);
  const missing = doubtful.filter(({ facts }) => facts.state === 'missing');
  const named = missing.filter(({ facts }) => lastName(facts.shown) === lastName(home));
  if (named.length === 1) return named[0] ?? null;
  // Where a directory is at every text, only what is held now tells that one of them is another.
  const candidates = missing.length > 0 ? missing : live ? doubtful : [];
  return candidates.length === 1 && homes === 1 ? (candidates[0] ?? null) : null;
}

const lastName = (path: Bytes): string => path.slice(path.lastIndexOf('/') + 1);
