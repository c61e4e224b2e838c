import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import type { LayerFacts } from '../../../shared/ipc/probe.ts';
import { coveredLayer, isYounger, liesOnYounger } from './covered.ts';
import { folderOf, foundByHandle, placeIn, seenAt, unseen } from './layer-facts.ts';
import type { Look } from './look.ts';
import { isLook, type NotLooked } from './reach.ts';
import { isObject, type RealObject } from './real-object.ts';
import type { Context, Subject } from './stack.ts';
import { absolute, components, mountOf, type View } from './view.ts';

/** The upper, and the mounter's folder where the texts are relative and it can be told. */
export type Upper = { facts: LayerFacts; folder: { view: View; path: Bytes } | null };

/** Of a text that says nothing. */
export const LONE_SLASH =
  'a lone / is also what a descriptor of a mount that is attached nowhere shows: it is not taken for a path';

/** The state of a layer that could not be looked at and for which nothing else speaks. */
export function refusal({ code, why }: NotLooked): { state: LayerFacts['state']; why: string } {
  if (code === 'ENOENT' || code === 'ENOTDIR') return { state: 'missing', why: `${why} any more` };
  if (code === 'overlay') return { state: 'unverified', why: 'it lies on another overlay and was not looked at there' };
  return { state: 'unreadable', why };
}

/** A layer that could not be looked at, at its absolute text. */
async function refused(
  context: Context,
  subject: Subject,
  head: Pick<LayerFacts, 'layer' | 'role' | 'shown'>,
  failed: NotLooked,
): Promise<LayerFacts> {
  const { view, overlay } = subject;
  const path = absolute(components(head.shown));
  if (failed.code === 'overlay') {
    if (mountOf(view.mounts, path)?.mount.dev !== overlay.dev) return unseen(head, refusal(failed), view, path);
    const why =
      'its path is meant in the namespace of the mounter, which cannot be seen; here it would lie in the overlay';
    return unseen(head, { state: 'unreadable', why });
  }
  if (failed.code === 'ENOENT' && liesOnYounger(context, subject, view, path))
    return coveredLayer(context, subject, head, view, path);
  return { ...unseen(head, refusal(failed)), place: failed.code === 'hangs' ? placeIn(view, path) : null };
}

/**
 * The layer that the overlay's root names by handle (the upper, or lower 1 where there is none), searched first at its
 * text, then by the handle. `texts` are the readings of its text.
 */
export async function resolveNamed(
  context: Context,
  subject: Subject,
  head: Pick<LayerFacts, 'layer' | 'role' | 'shown'>,
  texts: readonly Bytes[],
  object: RealObject,
): Promise<Upper> {
  const { reach, finder } = context;
  const { view } = subject;
  let other: Look | null = null;
  let failed: NotLooked | null = null;
  for (const text of texts.filter((path) => path.startsWith('/'))) {
    const look = await reach.look(view, text);
    if (!isLook(look)) failed ??= look;
    else if (!isObject(look, object)) other ??= text === '/' ? null : look;
    // Without a uuid a handle is only a number: the directory must also not have come later than the overlay.
    else if (object.uuid !== null || !isYounger(look, subject)) {
      const verdict = { state: 'ok' as const, why: "the handle of the mount's root names this directory" };
      return { facts: await seenAt(reach, head, verdict, view, look), folder: null };
    }
  }
  const found = context.handles && failed?.code !== 'hangs' ? await finder.find(object, view) : null;
  if (found === 'stale') {
    const why = 'its filesystem says that the directory behind the handle of the mount is gone (ESTALE)';
    return { facts: unseen(head, { state: 'missing', why }), folder: null };
  }
  if (found?.deleted) {
    const why = `it was deleted: its handle leads to ${textForEyes(found.look.path)}, to which no name leads`;
    return { facts: unseen(head, { state: 'missing', why }), folder: null };
  }
  if (found) return named(context, subject, head, texts, found, other);
  const folder = null;
  if (other && isYounger(other, subject)) {
    const why = 'another mount was made on its path after the overlay';
    return { facts: { ...unseen(head, { state: 'covered', why }), path: other.path }, folder };
  }
  if (other) {
    const why = `another directory is at this path now (inode ${other.stat.ino}; the handle of the mount's root differs)`;
    return { facts: unseen(head, { state: 'missing', why }), folder };
  }
  if (failed) return { facts: await refused(context, subject, head, failed), folder };
  if (head.shown === '/') return { facts: unseen(head, { state: 'missing', why: LONE_SLASH }), folder };
  const why = context.handles
    ? 'its text is relative, and no mounted filesystem opens the handle of the mount'
    : "its text is relative, and opening the handle of the mount's root needs privilege";
  return { facts: unseen(head, { state: 'missing', why }), folder };
}

/** The verdict on a layer whose handle led to a directory that its text did not lead to. */
async function named(
  { reach }: Context,
  subject: Subject,
  head: Pick<LayerFacts, 'layer' | 'role' | 'shown'>,
  texts: readonly Bytes[],
  found: Exclude<Awaited<ReturnType<Context['finder']['find']>>, 'stale' | null>,
  other: Look | null,
): Promise<Upper> {
  const { view, path, look } = found;
  const isCovered = other !== null && (isYounger(other, subject) || look.path === other.path);
  if (isCovered) {
    const why = `another mount, made after the overlay, lies on its path; the handle still leads to inode ${look.stat.ino}`;
    const facts = await foundByHandle(reach, head, { state: 'covered', why }, { ...found, path: null });
    return { facts: { ...facts, path: other.path }, folder: null };
  }
  const relative = texts.every((text) => !text.startsWith('/'));
  const folder = path === null ? null : (texts.map((text) => folderOf(path, text)).find((one) => one !== null) ?? null);
  if (relative && path !== null && (folder !== null || endsAlike(path, texts))) {
    const verdict = { state: 'ok' as const, why: `the handle of the mount's root names ${textForEyes(path)}` };
    const facts = await foundByHandle(reach, head, verdict, found);
    return { facts, folder: folder === null ? null : { view, path: folder } };
  }
  const why =
    path === null
      ? `the handle of the mount's root opens, but no path that can be seen leads to the directory`
      : `the handle of the mount's root leads to ${textForEyes(path)}${other ? '; another directory is at its text' : ''}`;
  return { facts: await foundByHandle(reach, head, { state: 'moved', why }, found), folder: null };
}

/** Whether a path ends with what stands after the last `..` of one of the texts. */
export function endsAlike(path: Bytes, texts: readonly Bytes[]): boolean {
  return texts.some((text) => {
    const tail = text.slice(text.lastIndexOf('../') + (text.includes('../') ? 3 : 0));
    return `${path}/`.endsWith(`/${tail.replace(/\/+$/, '')}/`);
  });
}

/** Layer 0 (the terminal contract, "list"). */
export async function resolveUpper(context: Context, subject: Subject): Promise<Upper> {
  const { text, view, root } = subject;
  const shown = text.upper[0] as Bytes;
  const head = { layer: 0, role: 'upper' as const, shown };
  if (root?.upper) {
    const upper = await resolveNamed(context, subject, head, text.upper, root);
    const fits = text.upper.find((reading) => reading === upper.facts.path);
    return fits === undefined ? upper : { ...upper, facts: { ...upper.facts, shown: fits } };
  }
  return { facts: await unconfirmed(context, subject, head, text.upper, view), folder: null };
}

/** A layer for which no handle speaks, at its absolute text. */
export async function unconfirmed(
  context: Context,
  subject: Subject,
  head: Pick<LayerFacts, 'layer' | 'role' | 'shown'>,
  texts: readonly Bytes[],
  view: View,
): Promise<LayerFacts> {
  const { reach } = context;
  let failed: NotLooked | null = null;
  for (const path of texts) {
    if (!path.startsWith('/')) continue;
    const look = await reach.look(view, path);
    if (!isLook(look)) {
      failed ??= look;
      continue;
    }
    if (isYounger(look, subject)) return coveredLayer(context, subject, head, view, look.path);
    const why = 'a directory is at this path, and nothing proves that it is the one that was mounted';
    return seenAt(reach, head, { state: 'unverified', why }, view, look);
  }
  if (failed) return refused(context, subject, head, failed);
  const why = `its text is relative to a folder that is recorded nowhere${context.handles ? '' : '; handles, which could tell, need privilege'}`;
  return unseen(head, { state: 'missing', why });
}
