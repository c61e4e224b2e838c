import { expect, test } from 'vitest';
import { shiftPath } from './path.ts';
import { CELLS } from './shapes.ts';

test('absolute places move, relative steps stay', () => {
  expect(shiftPath('M1 1H11L1 11Z', 15)).toBe('M16 1H26L16 11Z');
  expect(shiftPath('M11 1V11H1Z', 15)).toBe('M26 1V11H16Z');
  expect(shiftPath('M2 2l8 8M10 2l-8 8', 30)).toBe('M32 2l8 8M40 2l-8 8');
  expect(shiftPath('M.5 .25h11v2h-11z', 15)).toBe('M15.5 .25h11v2h-11z');
  expect(shiftPath('M6 6C6.3 6.6 6 7 6 7.8M6 10.3v.2', 15)).toBe('M21 6C21.3 6.6 21 7 21 7.8M21 10.3v.2');
});

test('every cell can be moved', () => {
  for (const { fills, strokes } of Object.values(CELLS))
    for (const { d } of [...fills, ...strokes]) expect(shiftPath(shiftPath(d, 45), -45).length).toBeGreaterThan(0);
});

test('what is not known is refused, not drawn wrong', () => {
  expect(() => shiftPath('M0 0A1 1 0 0 0 2 2', 5)).toThrow(RangeError);
});
