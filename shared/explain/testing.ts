/** Objects and stacks for the tests of the words. */
import type { ListObject, ScanEntry, ScanObject } from '../contract/scan.ts';
import { type ExplainInput, explain, textOf } from './index.ts';

/** A stack as drawn: an upper, three lowers and a data-only layer. */
export const stackOf = (change: Partial<ListObject> = {}): ListObject => ({
  kind: 'overlay',
  mount: '/srv/web',
  mountId: 40,
  dev: '0:45',
  ns: '4026531841',
  pid: 812,
  readonly: false,
  options: {},
  layers: [0, 1, 2, 3, 4].map((layer) => ({
    layer,
    role: layer === 0 ? ('upper' as const) : layer === 4 ? ('data' as const) : ('lower' as const),
    path: `/l/${layer}`,
    shown: `/l/${layer}`,
    dev: '8:1',
    fs: { type: 'ext4', uuid: null, id: null },
    state: 'ok' as const,
  })),
  work: '/l/work',
  inodeMode: 'same-fs',
  xinoBits: null,
  marks: 'trusted',
  name: null,
  privilege: 'full',
  atime: 'untouched',
  ...change,
});

export const entryOf = (layer: number, change: Partial<ScanEntry> = {}): ScanEntry => ({
  layer,
  path: 'etc/passwd',
  type: 'file',
  dev: '8:1',
  ino: String(100 + layer),
  nlink: 1,
  size: '10',
  role: 'object',
  hiddenBy: null,
  marks: [],
  ...change,
});

export const objectOf = (entries: ScanEntry[], change: Partial<ScanObject> = {}): ScanObject => ({
  path: 'etc/passwd',
  type: entries[0]?.type ?? 'unknown',
  lookup: 'ok',
  listed: true,
  provenance: 'lower',
  hiddenBy: null,
  marks: entries[0]?.marks ?? [],
  size: '10',
  mode: '0100644',
  uid: 0,
  gid: 0,
  mtimeNs: '0',
  btimeNs: null,
  blocks: '8',
  entries,
  data: null,
  origin: null,
  shown: null,
  findings: [],
  ...change,
});

export const inputOf = (object: ScanObject, change: Partial<ExplainInput> = {}): ExplainInput => ({
  object,
  steps: [],
  stack: stackOf(),
  parameters: {},
  xattrs: [],
  ...change,
});
export const say = (input: ExplainInput): string => {
  const { explanation, wouldChange } = explain(input);
  return [...explanation, ...wouldChange].map(textOf).join('\n');
};
