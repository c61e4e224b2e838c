import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CellKind } from '../../shared/ipc/engine.ts';
import type { LayerRole } from '../../shared/ipc/probe.ts';
import { type StripCell, stripOf, stripWords } from './strip.ts';

const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const short = (cells: readonly StripCell[]): string => cells.map((cell) => `${cell.layer}:${cell.kind}`).join(' ');

test('up to eight layers have a cell each, with the absent', () => {
  const strip = stripOf(range(4), [
    [0, 'used'],
    [3, 'origin'],
  ]);
  expect(short(strip.cells)).toBe('0:used 1:absent 2:absent 3:origin');
  expect(strip).toMatchObject({ more: 0, labelled: false });
});

test('above that: the upper, the layers in use, how many more', () => {
  const strip = stripOf(
    range(24),
    range(24).map((layer) => [layer, 'used'] as const),
  );
  expect(short(strip.cells)).toBe('0:used 1:used 2:used 3:used 4:used');
  expect(strip.more).toBe(19);
});

test('the upper stands first even where it has nothing', () => {
  expect(short(stripOf(range(24), [[4, 'used']]).cells)).toBe('0:absent 4:used');
});

test('unknown layers come before used ones that must give way', () => {
  const cells = range(24).map((layer) => [layer, layer === 7 || layer === 12 ? 'unknown' : 'used'] as const);
  const strip = stripOf(range(24), cells);
  expect(short(strip.cells)).toBe('0:used 1:used 2:used 7:unknown 12:unknown');
  expect(strip.more).toBe(19);
});

test('hidden layers stand where there is room, and are never counted as in use', () => {
  expect(stripOf(range(500), [[0, 'opaque'], ...range(400).map((n) => [n + 50, 'hidden'] as const)])).toMatchObject({
    more: 0,
    cells: [{ layer: 0 }, { layer: 50 }, { layer: 51 }, { layer: 52 }, { layer: 53 }],
  });
});

test('a strip never outgrows its room, keeps layer order, and loses no layer in use uncounted', () => {
  const kinds = fc.constantFrom(...CellKind.options);
  fc.assert(
    fc.property(fc.array(kinds, { minLength: 9, maxLength: 501 }), fc.boolean(), (list, withUpper) => {
      const layers = list.map((_, n) => n + (withUpper ? 0 : 1));
      const cells = list.flatMap((kind, n) => (kind === 'absent' ? [] : [[layers[n] as number, kind] as const]));
      const strip = stripOf(layers, cells);
      expect(strip.cells.length).toBeLessThanOrEqual(5);
      expect(strip.cells.map((cell) => cell.layer)).toEqual(
        strip.cells.map((cell) => cell.layer).toSorted((a, b) => a - b),
      );
      const used = cells.filter(([layer, kind]) => layer !== 0 && kind !== 'hidden');
      const shown = strip.cells.filter((cell) => cell.layer !== 0 && cell.kind !== 'hidden');
      expect(shown.length + strip.more).toBe(used.length);
    }),
  );
});

test('in words, runs are told together', () => {
  const roleOf = (layer: number): LayerRole => (layer === 0 ? 'upper' : 'lower');
  expect(
    stripWords(
      [
        [0, 'used'],
        [3, 'origin'],
      ],
      roleOf,
    ),
  ).toBe('upper used; lower 3 hidden, gives the number');
  expect(
    stripWords(
      range(9)
        .slice(1)
        .map((n) => [n, 'used'] as const),
      roleOf,
    ),
  ).toBe('lowers 1 to 8 used');
  expect(stripWords([], roleOf)).toBe('in no layer');
});
