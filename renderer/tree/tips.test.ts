import { expect, test } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import type { Row } from '../../shared/ipc/engine.ts';
import { stripLayers } from '../marks/StripView.tsx';
import { tipOf } from './tips.ts';

const row = (more: Partial<Row> = {}): Row => ({
  id: 1,
  name: asBytes('passwd'),
  depth: 2,
  position: 1,
  siblings: 1,
  type: 'file',
  expanded: null,
  status: 'copied up',
  hiddenBy: null,
  marks: [],
  lookup: 'ok',
  listed: true,
  cells: [
    [0, 'used'],
    [2, 'origin'],
  ],
  size: '1702',
  mode: 0o100644,
  owner: 'root',
  real: { layer: 0, ino: '50331780' },
  since: null,
  upperBeneath: null,
  target: null,
  redirect: null,
  shown: null,
  mapped: null,
  findings: [],
  ...more,
});
const few = stripLayers([0, 1, 2].map((layer) => ({ layer, role: layer === 0 ? 'upper' : 'lower' })));
const many = stripLayers(Array.from({ length: 24 }, (_, layer) => ({ layer, role: layer === 0 ? 'upper' : 'lower' })));
const spot = (column: string, more: Partial<Parameters<typeof tipOf>[1]> = {}) => ({
  column,
  x: 0,
  layer: null,
  isCut: false,
  ...more,
});

test('each cell of the strip says its layer and what stands there', () => {
  expect(tipOf(row(), spot('layers', { x: 6 }), few)).toBe('upper: used');
  expect(tipOf(row(), spot('layers', { x: 20 }), few)).toBe('lower 1: absent');
  expect(tipOf(row(), spot('layers', { x: 34 }), few)).toBe('lower 2: hidden, gives the number');
  expect(tipOf(row(), spot('layers', { x: 90 }), few)).toBeNull();
  expect(tipOf(row(), spot('layers', { layer: 2 }), many)).toBe('lower 2: hidden, gives the number');
});

test('a name is told whole only where it is cut, and never acts', () => {
  expect(tipOf(row(), spot('name'), few)).toBeNull();
  const hostile = row({ name: asBytes('a\nb'), target: asBytes('\x1b[2J') });
  expect(tipOf(hostile, spot('name', { isCut: true }), few)).toBe('a\\nb → \\e[2J');
});

test('numbers are told whole; what is not there is said', () => {
  expect(tipOf(row(), spot('size'), few)).toBe('1,702 bytes');
  expect(tipOf(row({ size: 'unknown' }), spot('size'), few)).toBeNull();
  expect(tipOf(row(), spot('real'), few)).toBe('inode 50331780 in upper');
  expect(tipOf(row({ real: null }), spot('real'), few)).toBe('No entry of it is in use');
  expect(tipOf(row({ since: 'unknown' }), spot('since'), few)).toContain('no birth time');
});

test('a number is told whole, with its parts and its row of the rule', () => {
  const shown = {
    dev: 'overlay',
    ino: '9223372036854775826',
    dino: '9223372036854775826',
    nlink: 1,
    stable: true,
    why: 'copied up, origin usable',
  } as const;
  const mapped = { fsid: 1, ino: '18' };
  expect(tipOf(row({ shown, mapped }), spot('ino'), few)).toMatch(
    /^9223372036854775826: filesystem id 1 above inode number 18\nwhat was copied up/,
  );
  expect(tipOf(row({ shown: { ...shown, dino: '139' }, mapped }), spot('dino'), few)).toBe(
    '139\nA listing gives this number, stat another',
  );
  expect(tipOf(row({ shown: { ...shown, stable: false }, mapped }), spot('ino'), few)).toContain('It may change');
  expect(tipOf(row({ shown: { ...shown, ino: null } }), spot('ino'), few)).toContain('The kernel counts');
  expect(tipOf(row({ shown: { ...shown, dev: 'pseudo:2' } }), spot('dev'), few)).toContain('filesystem id 2');
  expect(tipOf(row({ shown, depth: 0 }), spot('dino'), few)).toBeNull();
});
