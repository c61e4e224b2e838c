import type { ListLayer, ListObject, Origin, ScanEntry, ScanObject } from '../../shared/contract/scan.ts';
import type { CellKind, Row } from '../../shared/ipc/engine.ts';
import { countText } from '../tree/format.ts';

/** How the inspector puts facts into words. Pure; what is not known is `unknown` and nothing else. */

export const UNKNOWN = 'unknown';

/** `1 byte`, `1,702 bytes`, `unknown`. */
export const bytesWord = (size: string): string =>
  size === UNKNOWN ? UNKNOWN : `${countText(size)} ${size === '1' ? 'byte' : 'bytes'}`;

/** `0644 root:root` of a row's st_mode and owner, each said to be unknown where it is. */
export function modeAndOwner(mode: number | null, owner: string): string {
  const bits = mode === null ? 'mode unknown' : (mode & 0o7777).toString(8).padStart(4, '0');
  if (owner !== UNKNOWN) return `${bits} ${owner}`;
  return mode === null ? 'mode and owner unknown' : `${bits}, owner unknown`;
}

/** `upper`, `lower 3`, `data-only lower 5`. */
export function layerWord(layer: Pick<ListLayer, 'layer' | 'role'>): string {
  if (layer.role === 'upper') return 'upper';
  return layer.role === 'data' ? `data-only lower ${layer.layer}` : `lower ${layer.layer}`;
}

export const roleOf = (facts: ListObject, layer: number): ListLayer['role'] =>
  facts.layers.find((one) => one.layer === layer)?.role ?? (layer === 0 ? 'upper' : 'lower');

const HIDDEN_BY: Record<string, string> = {
  file: 'a file above',
  whiteout: 'a whiteout above',
  opaque: 'an opaque directory above',
  directory: 'a directory above',
  redirect: 'a redirect above',
  stop: 'a layer above that ends the lookup',
};
export const hiddenByWord = (by: string): string => HIDDEN_BY[by] ?? by;

/** What an entry is for the object, in one or two words: the column beside the strip that stands on its side. */
export function roleWord(entry: ScanEntry, object: ScanObject): string {
  const holdsData = object.data !== null && object.data !== UNKNOWN && object.data.layer === entry.layer;
  switch (entry.role) {
    case 'object':
      if (object.type !== 'file') return 'used';
      if (holdsData) return 'used';
      return object.data === UNKNOWN ? 'used, data unknown' : 'attributes';
    case 'merged':
      return 'merged';
    case 'data':
      return 'data';
    case 'origin':
      return 'origin';
    case 'whiteout':
      return 'whiteout';
    case 'hidden':
      return 'hidden';
  }
}

/** One layer of an object: what the strip draws there and the entries behind it. */
export type LayerLine = {
  layer: number;
  kind: CellKind;
  role: ListLayer['role'];
  facts: ListLayer;
  entries: ScanEntry[];
};

/** Every layer of the stack, top first, with what it holds of this object. */
export function layerLines(facts: ListObject, row: Pick<Row, 'cells'>, object: ScanObject): LayerLine[] {
  const kinds = new Map(row.cells);
  return facts.layers.map((layer) => {
    const entries = object.entries.filter((entry) => entry.layer === layer.layer);
    const found = kinds.get(layer.layer);
    const kind = found ?? (entries.length > 0 ? 'hidden' : 'absent');
    return { layer: layer.layer, kind, role: layer.role, facts: layer, entries };
  });
}

/** Why a layer that is not `ok` tells nothing, or what is uncertain about it; null where there is nothing to say. */
export function layerProblem(layer: ListLayer): string | null {
  if (layer.state === 'ok') return null;
  const why = layer.why ? `: ${layer.why}` : '';
  const words: Record<Exclude<ListLayer['state'], 'ok'>, string> = {
    moved: 'moved since the mount',
    missing: 'missing',
    covered: 'covered by a younger mount',
    unreadable: 'can’t be read',
    unverified: 'not confirmed by a handle',
  };
  return `${words[layer.state]}${why}`;
}

const ORIGIN: Record<Origin['state'], string> = {
  verified: 'verified: the inode that it names is alive',
  stale: 'stale: the inode that it names is gone',
  foreign: 'foreign: it names an inode outside this stack',
  undecodable: 'undecodable: the kernel opens no handle of its filesystem',
  ignored: 'ignored: the kernel passes over the mark here',
  unverified: 'unverified: opening by handle needs privilege',
  'by-path': 'by path: a directory’s origin is what stands under its name below',
  empty: 'empty: copied up, but from where was not recorded',
};
export const originWord = (state: Origin['state']): string => ORIGIN[state];

/** The object's marks, each with whether it counts. */
export function markWords(marks: readonly string[]): { name: string; state: 'counts' | 'unknown' | 'ignored' }[] {
  return marks.map((mark) => {
    const [state, name] = mark.includes(':') ? (mark.split(':', 2) as [string, string]) : ['counts', mark];
    return { name, state: state as 'counts' | 'unknown' | 'ignored' };
  });
}
