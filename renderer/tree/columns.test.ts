import { expect, test } from 'vitest';
import { type ColumnFacts, columnWidth, headTitle, nameWidth, shownColumns, template } from './columns.ts';

const NOTHING = { real: 0, shown: 0, whole: 0, status: 0, size: 0, since: 0 };
/** As the drawn pictures have them. */
const XINO: ColumnFacts = {
  layers: 4,
  volatile: false,
  longest: { real: 8, shown: 8, whole: 19, status: 16, size: 10, since: 12 },
};
const NONE: ColumnFacts = {
  layers: 3,
  volatile: true,
  longest: { real: 8, shown: 8, whole: 8, status: 9, size: 10, since: 8 },
};
/** Widths of the tree beside its scrollbar, in windows of 1280, 1440 and 1920. */
const NARROW = 762;
const MIDDLE = 858;
const WIDE = 1262;

test('the columns of each width are those drawn', () => {
  const columns = (width: number, facts: ColumnFacts): string => shownColumns(null, width, facts).columns.join(' ');
  expect(columns(NARROW, XINO)).toBe('layers status size ino dino real');
  expect(columns(MIDDLE, XINO)).toBe('layers status size ino dino real since');
  expect(columns(WIDE, XINO)).toBe('layers status type size mode owner ino dino real since');
  expect(columns(NARROW, NONE)).toBe('layers status size dev ino dino real');
  expect(columns(MIDDLE, NONE)).toBe('layers status size dev ino dino real since');
  expect(columns(WIDE, NONE)).toBe('layers status type size mode owner dev ino dino real since');
});

test('mapped numbers stand whole where the name keeps its room', () => {
  expect([NARROW, MIDDLE, WIDE].map((width) => shownColumns(null, width, XINO).whole)).toEqual([false, false, true]);
  expect(shownColumns(['ino', 'real'], NARROW, XINO).whole).toBe(true);
});

test('the wider the window, the more columns, and none goes again', () => {
  let before = 0;
  for (let width = 300; width <= 2000; width += 10) {
    const { columns } = shownColumns(null, width, XINO);
    expect(columns.length).toBeGreaterThanOrEqual(before);
    before = columns.length;
  }
});

test('what was chosen stands, in the order of the columns, whatever the width', () => {
  expect(shownColumns(['since', 'name', 'dev', 'layers'], 200, XINO).columns).toEqual(['layers', 'dev', 'since']);
});

test('no digit of a number is left out', () => {
  const longest = { ...NOTHING, real: 20, shown: 22, whole: 20 };
  expect(columnWidth('real', { ...XINO, longest }, false)).toBeGreaterThan(20 * 7.2 + 14);
  expect(columnWidth('ino', { ...XINO, longest }, false)).toBeGreaterThan(22 * 7.2);
  expect(columnWidth('ino', { ...XINO, longest }, true)).toBeGreaterThan(20 * 7.2);
});

test('a column of clock times alone is narrow, and so are its words', () => {
  expect(headTitle('since', NONE)).toBe('In upper');
  expect(headTitle('since', XINO)).toBe('In upper since');
  expect(columnWidth('since', NONE, false)).toBeLessThan(columnWidth('since', XINO, false));
});

test('the name takes what is left', () => {
  const shown = shownColumns(['mode'], 400, XINO);
  expect(template(shown, XINO)).toBe('minmax(120px, 1fr) 44px');
  expect(nameWidth(shown, 400, XINO)).toBe(400 - 28 - 44 - 8);
});
