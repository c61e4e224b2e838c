import { describe, expect, test } from 'vitest';
import { unionLinks } from './links.ts';

describe('links of the union', () => {
  test.each([
    ['U+0', 3, 2, 3],
    ['U-1', 3, 2, 2],
    ['U+2', 2, 4, 4],
    ['L+0', 3, 2, 2],
    ['L-1', 3, 4, 3],
    ['L+1', 1, 2, 3],
    ['U+1\n', 3, 2, 4],
  ])('%s, with %i of the upper and %i of the lower, are %i', (value, upper, lower, links) => {
    expect(unionLinks(value, upper, lower)).toBe(links);
  });

  test('are the upper’s without a mark, and where the lower has one name', () => {
    expect(unionLinks(null, 3, 2)).toBe(3);
    expect(unionLinks('U+5', 2, 1)).toBe(2);
  });

  test.each(['', 'U', 'U5', 'X+1', '+1', 'U+', 'u+1', 'U+x', ' U+1', 'U+1x', 'U+-1', 'U+9999999999'])(
    'are the upper’s where the mark is %j',
    (value) => {
      expect(unionLinks(value, 4, 2)).toBe(4);
    },
  );

  test('are the upper’s where the sum is none', () => {
    expect(unionLinks('U-3', 3, 2)).toBe(3);
    expect(unionLinks('L-9', 3, 2)).toBe(3);
  });
});
