import { jsonField } from '../../shared/bytes/show.ts';
import { CONTRACT_VERSION, type ListLayer, type ListObject, type ScanMeta } from '../../shared/contract/scan.ts';
import { type InodeMode, inodeMode } from '../../shared/inodes/mode.ts';
import type { Privilege, StackFacts, StackRef } from '../../shared/ipc/probe.ts';
import { rulesVerifiedOn, type StackOptions, stackOptions } from '../../shared/merge/options.ts';
import type { Prefix } from './entry-columns.ts';

/** What the probe said of itself and its machine. */
export type Machine = { kernel: string; parameters: Record<string, string>; privilege: Privilege };

/** A stack as the engine works on it: the facts, and what follows from them before anything is read. */
export type Stack = {
  facts: StackFacts;
  options: StackOptions;
  inodes: InodeMode;
  /** Which marks count, and whether they can be read. */
  marks: ListObject['marks'];
  prefix: Prefix;
  marksReadable: boolean;
  /** They can be read, but nobody knows whether they count. */
  marksInDoubt: boolean;
  machine: Machine;
};

export function makeStack(facts: StackFacts, machine: Machine): Stack {
  const options = stackOptions(facts, machine.parameters);
  const inodes = inodeMode(facts, options);
  const marks = options.userxattr
    ? 'user'
    : facts.userNamespace === 'unknown'
      ? 'unknown'
      : facts.userNamespace === true
        ? 'none'
        : 'trusted';
  return {
    facts,
    options,
    inodes,
    marks,
    prefix: marks === 'user' ? 'user' : marks === 'none' ? 'none' : 'trusted',
    marksReadable: marks === 'user' || marks === 'none' || machine.privilege.trusted,
    marksInDoubt: marks === 'unknown' && machine.privilege.trusted,
    machine,
  };
}

/** The stack as `list` shows it. */
export function listObject(stack: Stack): ListObject {
  const { facts, inodes, machine } = stack;
  const layers = facts.layers.map(
    (layer): ListLayer => ({
      layer: layer.layer,
      role: layer.role,
      ...(layer.path === null ? { path: 'unknown' } : (jsonField('path', layer.path) as { path: string })),
      ...(jsonField('shown', layer.shown) as { shown: string }),
      dev: layer.dev ?? 'unknown',
      fs: { type: layer.fs.type, uuid: layer.fs.uuid, id: inodes.fsids[layer.layer] ?? null },
      state: layer.state,
      ...(layer.why === '' ? {} : { why: layer.why }),
      ...(layer.assumed ? { assumed: true as const } : {}),
    }),
  );
  const isFull = machine.privilege.trusted && machine.privilege.handles;
  const clones = facts.layers.every((layer) => layer.place === null || layer.access === 'clone');
  return {
    kind: facts.kind,
    ...(facts.mount === null ? { mount: null } : (jsonField('mount', facts.mount) as { mount: string })),
    mountId: facts.mountId,
    dev: facts.dev,
    ns: facts.ns,
    pid: facts.pid,
    readonly: facts.readonly,
    options: Object.fromEntries(
      Object.entries(facts.options).map(([key, value]) => [key, jsonField('value', value).value ?? '']),
    ),
    layers,
    ...(facts.work === null
      ? { work: layers.some((layer) => layer.role === 'upper') && facts.kind === 'overlay' ? 'unknown' : null }
      : (jsonField('work', facts.work) as { work: string })),
    inodeMode: inodes.mode,
    xinoBits: inodes.xinoBits,
    marks: stack.marks,
    name: facts.name,
    ...(facts.alsoAt.length > 0 ? { alsoAt: facts.alsoAt.map((path) => jsonField('path', path).path ?? '') } : {}),
    privilege: isFull ? 'full' : 'partial',
    atime: clones ? 'untouched' : 'may move',
  };
}

/** The list object with what the meta line of a scan adds. */
export function scanMeta(stack: Stack): ScanMeta['meta'] {
  return {
    ...listObject(stack),
    contract: CONTRACT_VERSION,
    kernel: stack.machine.kernel,
    rulesVerified: rulesVerifiedOn(stack.machine.kernel),
    parameters: stack.machine.parameters,
    readAtNs: stack.facts.readAt,
  };
}

/** How a found stack is asked for again. */
export function refOf(stack: Stack): StackRef {
  const { facts } = stack;
  if (facts.mount !== null) return { kind: 'mount', mount: facts.mount, pid: facts.pid };
  return { kind: 'dev', dev: facts.dev ?? '0:0' };
}
