import { expect, test } from 'vitest';
import { panned, zoomed } from './timeline.ts';

const NOW = 1_000_000;

test('moving back leaves now, moving on comes to it again and stays', () => {
  const back = panned({ span: 10_000, until: null }, -2500, NOW);
  expect(back).toEqual({ span: 10_000, until: NOW - 2500 });
  expect(panned(back, 1000, NOW)).toEqual({ span: 10_000, until: NOW - 1500 });
  expect(panned(back, 9000, NOW)).toEqual({ span: 10_000, until: null });
});

test('zooming keeps the moment under the pointer where it is', () => {
  const before = { span: 10_000, until: NOW - 1000 };
  const around = NOW - 5000;
  const share = (around - (before.until - before.span)) / before.span;
  const after = zoomed(before, 0.5, around, NOW);
  expect(after.span).toBe(5000);
  expect((around - ((after.until as number) - after.span)) / after.span).toBeCloseTo(share);
});

test('zooming at the end stays with now; it has bounds', () => {
  expect(zoomed({ span: 10_000, until: null }, 0.5, null, NOW)).toEqual({ span: 5000, until: null });
  expect(zoomed({ span: 6, until: null }, 0.5, null, NOW).span).toBe(5);
  expect(zoomed({ span: 6e8, until: null }, 2, null, NOW).span).toBe(7 * 86_400_000);
});
