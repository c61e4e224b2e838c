import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import type { LayerFacts } from '../../../shared/ipc/probe.ts';
import { close } from '../syscalls/open.ts';
import { below, samePlace, seenAt } from './layer-facts.ts';
import { isDirectory } from './look.ts';
import { isLook } from './reach.ts';
import { type Found, hasEntry, type RealObject } from './real-object.ts';
import type { Context } from './stack.ts';
import { endsAlike, type Upper } from './upper.ts';
import { isWithin, type View } from './view.ts';

/** An object of which a handle says that it lies in a lower, and at which path of the merged view. */
export type Evidence = { object: RealObject; path: Bytes; source: 'origin' | 'process'; by: string };
export type Resolved = { facts: LayerFacts; view: View };

/** So many objects that no lower holds are searched by handle: each search asks every filesystem. */
const MAX_SEARCHES = 8;

/** A directory that holds objects of a lower at their paths, and so may be that lower. */
type Home = {
  view: View;
  by: string;
  /**
   * Merged paths of what processes hold in it: a lower of this mount holds it now. Where there are none, an origin alone
   * speaks for it, which may be left from lowers that the upper had before.
   */
  live: Bytes[];
};

/**
 * Objects that no lower holds at its text lie in a lower that was moved. Which one is claimed only where one alone can
 * be it: the only one that is missing, else the only one not confirmed, of those that stand high enough. A name tells
 * nothing: what has vanished may have been deleted, and another have taken its name.
 */
export async function findMoved(
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
    const known = homes.get(home);
    if (!known) homes.set(home, { view: found.view, by, live: live ? [path] : [] });
    else if (live) homes.set(home, { ...known, ...(known.live.length > 0 ? {} : { by }), live: [...known.live, path] });
  }
  // Each home that is given away leaves fewer layers that the others can be.
  for (let progress = true; progress && homes.size > 0; ) {
    progress = false;
    for (const [home, { view, by, live }] of homes) {
      const liveHomes = [...homes.values()].filter((one) => one.live.length > 0).length;
      const which = await ownerOf(context, live, { homes: homes.size, liveHomes }, resolved);
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

/**
 * The lower that a directory must be, being one of `homes` directories that hold objects of lowers, `liveHomes` of them
 * now; null: in doubt. `live`: merged paths of what is held in this one.
 */
async function ownerOf(
  context: Context,
  live: readonly Bytes[],
  { homes, liveHomes }: { homes: number; liveHomes: number },
  resolved: readonly Resolved[],
): Promise<Resolved | null> {
  const doubtful = resolved.filter(isInDoubt);
  const missing = doubtful.filter(({ facts }) => facts.state === 'missing');
  if (live.length === 0) return homes === 1 && missing.length === 1 ? (missing[0] ?? null) : null;
  // Where a directory is at every text, what is held now tells that one of them is another.
  const possible = missing.length >= liveHomes ? missing : doubtful;
  if (possible.length === 1) return liveHomes === 1 ? (possible[0] ?? null) : null;
  const limit = await topmostThatHas(context, live, resolved);
  const above = possible.filter(({ facts }) => facts.layer < limit);
  return above.length === 1 ? (above[0] ?? null) : null;
}

/**
 * The topmost confirmed lower with an entry at one of these merged paths. What the mount gives there comes from a layer
 * above that one, or it would be that one's (namei.c:ovl_lookup asks from the top).
 */
async function topmostThatHas(
  { reach }: Context,
  paths: readonly Bytes[],
  resolved: readonly Resolved[],
): Promise<number> {
  for (const { facts, view } of resolved) {
    if (facts.role !== 'lower' || facts.path === null || (facts.state !== 'ok' && facts.state !== 'moved')) continue;
    const fd = await reach.open(view, facts.path);
    if (typeof fd !== 'number') continue;
    try {
      if (paths.some((path) => hasEntry(fd, path))) return facts.layer;
    } finally {
      close(fd);
    }
  }
  return Number.POSITIVE_INFINITY;
}
