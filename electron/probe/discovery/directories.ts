import { readdirSync, readFileSync } from 'node:fs';
import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import type { LayerFacts, StackFacts, StackRef } from '../../../shared/ipc/probe.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { kernelOptions } from './kernel-options.ts';
import { placeIn, seenAt, unseen } from './layer-facts.ts';
import { isLook, type NotLooked, type Reach } from './reach.ts';
import type { View } from './view.ts';
import { absolute, components, mountOf } from './view.ts';

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
  if (code === 'EACCES' || code === 'EPERM') return failed('needs-privilege', 'read with privilege');
  return failed('unreadable', 'mount or repair it first');
}

/**
 * Plain directories as a stack, as they would be mounted with these options: refused where the kernel would refuse
 * them, but for a missing work directory. Throws a FailureError: bad-options, bad-layer, not-found,
 * unreadable, needs-privilege.
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
  if (upper.path !== null && mountOf(view.mounts, look.path) !== mountOf(view.mounts, upper.path)) {
    throw new FailureError({
      code: 'bad-options',
      message: 'the work directory lies on another mount than the upper',
      path: textForEyes(work),
      hint: 'name a work directory beside the upper',
    });
  }
  return look.path;
}

/**
 * No layer may be another one, nor lie in another one (kernel: super.c:ovl_check_layer, ELOOP). Only upper and work may
 * lie in a lower, which then shows them.
 */
function refuseOverlap(layers: readonly LayerFacts[], work: Bytes | null): void {
  type One = { path: Bytes; what: string; writable: boolean };
  const all: One[] = [];
  const byInode = new Map<string, One>();
  for (const { path, role, stDev, ino } of layers) {
    if (path === null) continue;
    const one = { path, what: `the ${WORD[role]}`, writable: role === 'upper' };
    const inode = ino === null ? `${path}` : `${stDev} ${ino}`;
    const same = byInode.get(inode);
    if (same) throw overlap(path, `${one.what} is already there as ${same.what}`);
    byInode.set(inode, one);
    all.push(one);
  }
  if (work !== null) all.push({ path: work, what: 'the work directory', writable: true });
  const byPath = new Map<string, One>();
  for (const one of all) {
    const same = byPath.get(one.path);
    if (same) throw overlap(one.path, `${one.what} is already there as ${same.what}`);
    byPath.set(one.path, one);
  }
  for (const one of all) {
    for (let names = components(one.path); names.length > 0; ) {
      names = names.slice(0, -1);
      const outer = byPath.get(absolute(names));
      if (outer && !(one.writable && !outer.writable))
        throw overlap(one.path, `${one.what} lies in ${outer.what}, ${textForEyes(outer.path)}`);
    }
  }
}

const overlap = (path: Bytes, message: string): FailureError =>
  new FailureError({
    code: 'bad-options',
    message: `${message}; the kernel refuses overlapping layers (ELOOP)`,
    path: textForEyes(path),
    hint: 'name directories that do not hold each other',
  });
