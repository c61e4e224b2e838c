import { expect, test } from 'vitest';
import { columnWidth, shownColumns, template } from './columns.ts';

const FACTS = { layers: 4, digits: 8, shownDigits: 8, wide: false };

test('the wider the window, the more columns, and none goes again', () => {
  let before = 0;
  for (let width = 300; width <= 2000; width += 10) {
    const shown = shownColumns(null, width, FACTS);
    expect(shown.length).toBeGreaterThanOrEqual(before);
    before = shown.length;
  }
  expect(shownColumns(null, 776, FACTS)).toEqual(['layers', 'status', 'size', 'ino', 'real']);
  expect(shownColumns(null, 1276, FACTS)).toHaveLength(11);
});

test('what was chosen stands, in the order of the columns, whatever the width', () => {
  expect(shownColumns(['since', 'name', 'layers'], 200, FACTS)).toEqual(['layers', 'since']);
});

test('the longest inode number fits', () => {
  expect(columnWidth('real', { ...FACTS, digits: 20 })).toBeGreaterThan(20 * 7.2 + 14);
});

test('the name takes what is left', () => {
  expect(template(['mode'], FACTS)).toBe('minmax(120px, 1fr) 40px');
});
