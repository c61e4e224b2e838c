import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_PX, scaleOf, slackOf, toBox, toVirtual, within } from './scale.ts';

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

test('a list that is held beyond its ends has room there, and no more', () => {
  const long = scaleOf(10, 24, 100);
  expect(slackOf(long, null)).toEqual({ above: 0, below: 0 });
  expect(slackOf(long, 140)).toEqual({ above: 0, below: 0 });
  expect(slackOf(long, 164)).toEqual({ above: 0, below: 24 });
  expect(slackOf(long, -24)).toEqual({ above: 24, below: 0 });
  const short = scaleOf(2, 24, 100);
  expect(slackOf(short, 24)).toEqual({ above: 0, below: 76 });
  expect(slackOf(scaleOf(1_000_000, 24, 100), -24)).toEqual({ above: 0, below: 0 });
});
