import { expect, test } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import type { ListLayer, ListObject } from '../../shared/contract/scan.ts';
import type { Hello, ViewState } from '../../shared/ipc/engine.ts';
import { layersText, probeFacts, readFacts, refTitle, safeText, stackFacts, stackTitle } from './words.ts';

const layer = (number: number, role: ListLayer['role'] = number === 0 ? 'upper' : 'lower'): ListLayer => ({
  layer: number,
  role,
  path: `/l${number}`,
  shown: `/l${number}`,
  dev: '8:1',
  fs: { type: 'ext4', uuid: null, id: 0 },
  state: 'ok',
});
const facts = (more: Partial<ListObject> = {}): ListObject => ({
  kind: 'overlay',
  mount: '/srv/web',
  mountId: 1,
  dev: '0:45',
  ns: '1',
  pid: 812,
  readonly: false,
  options: {},
  layers: [layer(0), layer(1), layer(2)],
  work: null,
  inodeMode: 'xino',
  xinoBits: 2,
  marks: 'trusted',
  name: null,
  privilege: 'full',
  atime: 'untouched',
  ...more,
});
const state = (more: Partial<ViewState> = {}): ViewState => ({
  view: 1,
  version: 1,
  phase: 'ready',
  layers: [{ layer: 0, entries: 1, done: true, error: null }],
  objects: 11450,
  rawEntries: 11485,
  unknown: 0,
  rows: 3,
  hidden: false,
  sort: { column: 'name', descending: false },
  readAtNs: '1',
  seconds: 0.03,
  error: null,
  ...more,
});

test('a stack is called by its container, its mount point, or its topmost directory', () => {
  expect(stackTitle(facts({ name: 'web-1' }))).toBe('web-1');
  expect(stackTitle(facts())).toBe('/srv/web');
  expect(stackTitle(facts({ kind: 'directories', mount: null }))).toBe('/l0');
});

test('no name can act on the page’s text', () => {
  expect(stackTitle(facts({ mount: '/a\u202eb\n' }))).toBe('/a\\u{202e}b\\n');
  expect(refTitle({ kind: 'mount', mount: asBytes('/x\x1b[31m'), pid: null })).toBe('/x\\e[31m');
  expect(safeText('plain')).toBe('plain');
});

test('layers are counted by role', () => {
  expect(layersText([layer(0), layer(1), layer(2)])).toBe('upper + 2');
  expect(layersText([layer(1)])).toBe('1 lower');
  expect(layersText([layer(0), layer(1), layer(2, 'data')])).toBe('upper + 1 + 1 data-only');
});

test('the facts name what decides how names and numbers come about', () => {
  const options = { xino: 'on', redirect_dir: 'on', index: 'off', metacopy: 'on' };
  expect(stackFacts(facts({ options }))).toEqual([
    'overlay 0:45',
    'xino=on, 2 bits',
    'redirect_dir=on',
    'metacopy=on',
    'index off',
  ]);
  expect(stackFacts(facts({ inodeMode: 'none', marks: 'none', readonly: true, options: { volatile: '' } }))).toEqual([
    'overlay 0:45',
    'inode mode none',
    'no marks count',
    'volatile',
    'read-only',
  ]);
});

test('the foot says what was read, of how many layers, and whether it left a trace', () => {
  expect(readFacts(state(), facts())).toEqual([
    '11,450 objects · 11,485 entries in 3 layers',
    'read in 0.03 s',
    'layers untouched',
  ]);
  const broken = [{ layer: 1, entries: 0, done: true, error: { code: 'EIO', message: 'x' } }];
  expect(readFacts(state({ layers: broken, unknown: 610 }), facts({ atime: 'may move' }))).toEqual([
    '11,450 objects · 11,485 entries in 2 of 3 layers',
    'read in 0.03 s',
    '610 unknown',
    'access times may move',
  ]);
  expect(readFacts(state({ phase: 'reading' }), facts())).toEqual(['11,485 entries in 3 layers so far']);
});

test('the probe is told with what it holds and how it was started', () => {
  const hello = {
    kernel: '6.18.44',
    rulesVerified: false,
    readAs: 'by pkexec',
    privilege: { uid: 65534, capabilities: ['SYS_ADMIN', 'DAC_READ_SEARCH'] },
  } as unknown as Hello;
  expect(probeFacts(hello)).toEqual([
    'Linux 6.18.44, rules not verified on it',
    'probe: uid 65534, 2 capabilities, by pkexec',
  ]);
});
