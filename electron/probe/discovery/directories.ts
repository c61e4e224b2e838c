import { readdirSync, readFileSync } from 'node:fs';
import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import type { LayerFacts, StackFacts, StackRef } from '../../../shared/ipc/probe.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { kernelOptions } from './kernel-options.ts';
import { placeIn, seenAt, unseen } from './layer-facts.ts';
import { isLook, type NotLooked, type Reach } from './reach.ts';
import type { View } from './view.ts';
import { absolute, components, isWithin } from './view.ts';

const PARAMETERS = '/sys/module/overlay/parameters';

/** The module's parameters as text; empty where it is not loaded. */
export function moduleParameters(): Record<string, string> {
  try {
    return Object.fromEntries(
      readdirSync(PARAMETERS).map((name) => [name, readFileSync(`${PARAMETERS}/${name}`, 'latin1').trim()]),
    );
  } catch {
    return {};
  }
}

type Directories = Extract<StackRef, { kind: 'directories' }>;
type Head = Pick<LayerFacts, 'layer' | 'role' | 'shown'>;

const WORD = { upper: 'upper', lower: 'lower', data: 'data-only layer' } as const;

function cannotBeLayer(path: Bytes, role: string, { code, why }: NotLooked): FailureError {
  const failed = (kind: string, hint: string): FailureError =>
    new FailureError({ code: kind, message: `the ${role} cannot be used: ${why}`, path: textForEyes(path), hint });
  if (code === 'ENOENT') return failed('not-found', 'check the path');
  if (code === 'ENOTDIR') return failed('bad-layer', 'a layer is a directory');
  if (code === 'overlay') return failed('bad-layer', 'the kernel takes no upper that lies on an overlay: name another');
  if (code === 'EACCES' || code === 'EPERM') return failed('unreadable', 'read with privilege');
  return failed('unreadable', 'mount or repair it first');
}

/**
 * Plain directories as a stack, as they would be mounted with these options: refused where the kernel would refuse
 * them, but for a missing work directory. Throws a FailureError: bad-options, bad-layer, not-found, unreadable.
 */
export async function resolveDirectories(reach: Reach, view: View, stack: Directories): Promise<StackFacts> {
  const shape = { lowers: stack.lowers.length, data: stack.data.length, upper: stack.upper !== null };
  const settled = kernelOptions(stack.options, moduleParameters(), shape);
  if ('refused' in settled) {
    throw new FailureError({ code: 'bad-options', message: settled.refused, hint: settled.hint });
  }
  const heads: Head[] = [
    ...(stack.upper === null ? [] : [{ layer: 0, role: 'upper' as const, shown: stack.upper }]),
    ...stack.lowers.map((shown, i) => ({ layer: i + 1, role: 'lower' as const, shown })),
    ...stack.data.map((shown, i) => ({ layer: i + 1 + stack.lowers.length, role: 'data' as const, shown })),
  ];
  const layers: LayerFacts[] = [];
  for (const head of heads) layers.push(await layerOf(reach, view, head));
  const work = stack.upper === null ? null : await workOf(reach, view, stack.work, layers[0] as LayerFacts);
  refuseOverlap(layers, work);
  return {
    kind: 'directories',
    mount: null,
    mountId: null,
    dev: null,
    ns: null,
    pid: null,
    userNamespace: false,
    readonly: settled.readonly,
    options: settled.options,
    layers,
    work,
    workPlace: work === null ? null : placeIn(view, work),
    name: null,
    alsoAt: [],
    line: null,
    readAt: `${BigInt(Date.now()) * 1_000_000n}`,
  };
}

async function layerOf(reach: Reach, view: View, head: Head): Promise<LayerFacts> {
  const look = await reach.look(view, head.shown);
  if (isLook(look)) {
    // The one place where nothing can mislead: the user says which directory is meant.
    return seenAt(reach, head, { state: 'ok', why: 'it was named as this layer' }, view, look);
  }
  if (look.code === 'overlay' && head.role !== 'upper') {
    const path = absolute(components(head.shown));
    return unseen(
      head,
      { state: 'unverified', why: 'it lies on another overlay and was not looked at there' },
      view,
      path,
    );
  }
  throw cannotBeLayer(head.shown, WORD[head.role], look);
}

async function workOf(reach: Reach, view: View, work: Bytes | null, upper: LayerFacts): Promise<Bytes | null> {
  if (work === null) return null;
  const look = await reach.look(view, work);
  if (!isLook(look)) throw cannotBeLayer(work, 'work directory', look);
  if (look.stat.dev !== upper.stDev) {
    throw new FailureError({
      code: 'bad-options',
      message: 'the work directory lies on another filesystem than the upper',
      path: textForEyes(work),
      hint: 'name a work directory beside the upper',
    });
  }
  return look.path;
}

/** No layer may be another one, or lie in another one (kernel: super.c:ovl_check_layer, ELOOP). */
function refuseOverlap(layers: readonly LayerFacts[], work: Bytes | null): void {
  const all = layers.map(({ path, role, stDev, ino }) => ({
    path,
    what: `the ${WORD[role]}` as string,
    id: ino && `${stDev} ${ino}`,
  }));
  if (work !== null) all.push({ path: work, what: 'the work directory', id: null });
  const seen = new Map<string, { path: Bytes; what: string }>();
  for (const { path, what, id } of all) {
    if (path === null) continue;
    const same = (id && seen.get(id)) || seen.get(path);
    if (same) throw overlap(path, `${what} is already there as ${same.what}`);
    seen.set(path, { path, what });
    if (id) seen.set(id, { path, what });
  }
  // In byte order of components a directory stands right before all that lies in it.
  const sorted = [...seen.entries()].filter(([key]) => key.startsWith('/')).map(([, one]) => one);
  const key = (path: Bytes): string => `${path === '/' ? '' : path}/`;
  sorted.sort((a, b) => (key(a.path) < key(b.path) ? -1 : 1));
  for (const [i, one] of sorted.entries()) {
    const next = sorted[i + 1];
    if (next && isWithin(next.path, one.path))
      throw overlap(next.path, `${next.what} lies in ${one.what}, ${textForEyes(one.path)}`);
  }
}

const overlap = (path: Bytes, message: string): FailureError =>
  new FailureError({
    code: 'bad-options',
    message: `${message}; the kernel refuses overlapping layers (ELOOP)`,
    path: textForEyes(path),
    hint: 'name directories that do not hold each other',
  });
