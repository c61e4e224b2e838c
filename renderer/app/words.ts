import { bytesOfText } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { ListLayer, ListObject } from '../../shared/contract/scan.ts';
import type { Hello, LiveSource, ViewState } from '../../shared/ipc/engine.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { countText, secondsText } from '../tree/format.ts';

/** Sentences and short facts of the frame around the tree. Pure. */

/** Text of the contract (paths with `\xNN` for bad bytes) made safe for eyes. */
export const safeText = (text: string): string => textForEyes(bytesOfText(text));

/** How a stack is called: its container's name, its mount point, or its topmost directory. */
export function stackTitle(facts: ListObject): string {
  if (facts.name !== null) return safeText(facts.name);
  if (facts.mount !== null) return safeText(facts.mount);
  const top = facts.layers[0];
  return top ? safeText(top.path === 'unknown' ? top.shown : top.path) : 'directories';
}

/** How a reference is called before it is open. */
export function refTitle(ref: StackRef): string {
  switch (ref.kind) {
    case 'mount':
      return textForEyes(ref.mount);
    case 'dev':
      return `overlay ${ref.dev}`;
    case 'mountinfo':
      return textForEyes(ref.line).split(' ')[4] ?? 'a line of mountinfo';
    case 'directories':
      return textForEyes(ref.upper ?? ref.lowers[0] ?? ref.data[0] ?? bytesOfText('directories'));
  }
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;

/** `upper + 3`, `4 lowers`, `upper + 2 + 1 data-only`. */
export function layersText(layers: readonly Pick<ListLayer, 'role'>[]): string {
  const count = (role: ListLayer['role']): number => layers.filter((layer) => layer.role === role).length;
  const lowers = count('lower');
  const parts = count('upper') > 0 ? ['upper', String(lowers)] : [plural(lowers, 'lower')];
  if (count('data') > 0) parts.push(`${count('data')} data-only`);
  return parts.join(' + ');
}

/** The second line of a live mount in the sources. */
export function sourceText({ facts }: LiveSource): string {
  const where = facts.pid === null ? (facts.ns === null ? null : `namespace ${facts.ns}`) : `pid ${facts.pid}`;
  return [facts.name !== null && facts.mount !== null ? safeText(facts.mount) : where, layersText(facts.layers)]
    .filter(Boolean)
    .join(' · ');
}

/** The long form of the same, for its tooltip. */
export function sourceTip({ facts }: LiveSource): string {
  return [
    facts.mount === null ? 'plain directories' : safeText(facts.mount),
    facts.name === null ? null : `container ${safeText(facts.name)}`,
    facts.pid === null ? null : `seen by process ${facts.pid}`,
    facts.ns === null ? null : `mount namespace ${facts.ns}`,
    facts.dev === null ? null : `device ${facts.dev}`,
    ...(facts.alsoAt ?? []).map((path) => `also at ${safeText(path)}`),
  ]
    .filter(Boolean)
    .join('\n');
}

const INODE_MODES: Record<ListObject['inodeMode'], string> = {
  'same-fs': 'one filesystem',
  xino: 'xino',
  none: 'inode mode none',
  unknown: 'inode mode unknown',
};

/** Facts for the bar at the top: what decides how names and numbers come about. */
export function stackFacts(facts: ListObject): string[] {
  const { options } = facts;
  const out: string[] = [];
  if (facts.kind === 'overlay') out.push(facts.dev === null ? 'overlay' : `overlay ${facts.dev}`);
  else out.push('plain directories');
  if (facts.inodeMode === 'xino')
    out.push(`xino=${options.xino ?? 'on'}${facts.xinoBits === null ? '' : `, ${plural(facts.xinoBits, 'bit')}`}`);
  else out.push(INODE_MODES[facts.inodeMode]);
  for (const name of ['redirect_dir', 'metacopy', 'index', 'nfs_export'] as const) {
    const value = options[name];
    if (value !== undefined) out.push(value === 'off' ? `${name} off` : `${name}=${safeText(value)}`);
  }
  if (options.userxattr !== undefined || facts.marks === 'user') out.push('userxattr');
  if (facts.marks === 'none') out.push('no marks count');
  if (options.volatile !== undefined) out.push('volatile');
  if (facts.readonly) out.push('read-only');
  if (facts.name !== null && facts.mount !== null) out.push(safeText(facts.mount));
  return out;
}

/** Left side of the foot: what was read. */
export function readFacts(state: ViewState | null, facts: ListObject): string[] {
  if (state === null) return ['nothing read yet'];
  const bad = new Set(state.layers.filter((layer) => layer.error !== null).map((layer) => layer.layer));
  const layers = facts.layers.length;
  const where = bad.size > 0 ? `${layers - bad.size} of ${layers} layers` : plural(layers, 'layer');
  const entries = `${plural(state.rawEntries, 'entry', 'entries')} in ${where}`;
  const isReading = state.phase === 'reading' || state.phase === 'merging';
  if (isReading) return [`${entries} so far`];
  return [
    `${plural(state.objects, 'object')} · ${entries}`,
    ...(state.seconds === null ? [] : [`read in ${secondsText(state.seconds)}`]),
    ...(state.unknown > 0 ? [`${countText(state.unknown)} unknown`] : []),
    facts.atime === 'untouched' ? 'layers untouched' : 'access times may move',
  ];
}

/** Right side of the foot: which kernel, and how the probe runs. */
export function probeFacts(hello: Hello | null): string[] {
  if (hello === null) return [];
  const { privilege } = hello;
  const caps = privilege.capabilities.length;
  const can = caps === 0 ? 'no capability' : plural(caps, 'capability', 'capabilities');
  return [
    `Linux ${hello.kernel}, rules ${hello.rulesVerified ? 'verified' : 'not verified on it'}`,
    `probe: uid ${privilege.uid}, ${can}, ${hello.readAs}`,
  ];
}
