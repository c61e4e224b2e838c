import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_PX, scaleOf, toBox, toVirtual, within } from './scale.ts';

test('a list that fits is not scaled', () => {
  const scale = scaleOf(138_000, 24, 900);
  expect(scale.box).toBe(138_000 * 24);
  expect(toVirtual(scale, 12_345)).toBe(12_345);
  expect(toBox(scale, 12_345)).toBe(12_345);
});

test('a longer list reaches from its first to its last row', () => {
  fc.assert(
    fc.property(fc.integer({ min: 400_000, max: 50_000_000 }), fc.integer({ min: 100, max: 2000 }), (rows, view) => {
      const scale = scaleOf(rows, 24, view);
      expect(scale.box).toBe(MOST_PX);
      expect(toVirtual(scale, 0)).toBe(0);
      expect(toVirtual(scale, scale.box - view)).toBeCloseTo(scale.virtual - view, 3);
      const middle = Math.floor(scale.virtual / 2);
      const error = Math.abs(toVirtual(scale, toBox(scale, middle)) - middle);
      expect(error).toBeLessThanOrEqual(scale.virtual / scale.box);
    }),
  );
});

test('no place lies outside the list', () => {
  const scale = scaleOf(10, 24, 100);
  expect(within(scale, -5)).toBe(0);
  expect(within(scale, 1000)).toBe(140);
  expect(within(scaleOf(2, 24, 100), 30)).toBe(0);
});
