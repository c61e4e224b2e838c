import { expect, test } from 'vitest';
import { marksBetween } from './axis.ts';

const at = (h: number, m: number, s: number, ms = 0): number => new Date(2026, 10, 24, h, m, s, ms).getTime();
const labels = (from: number, to: number, least: number): string[] =>
  marksBetween(from, to, least).map(({ label }) => label);

test('ten seconds: the first mark says the time of day, the others their seconds', () => {
  expect(labels(at(10, 12, 0) - 400, at(10, 12, 9, 600), 1400)).toEqual(['10:12:00', ':02', ':04', ':06', ':08']);
});

test('a minute that begins says so; hours have no seconds', () => {
  expect(labels(at(10, 12, 58), at(10, 13, 2), 1500)).toEqual(['10:12:58', '10:13:00', ':02']);
  expect(labels(at(10, 1, 0), at(12, 1, 0), 1_700_000)).toEqual(['10:30', '11:00', '11:30', '12:00']);
});

test('less than a second has its fraction; marks are where their label says', () => {
  const marks = marksBetween(at(10, 0, 0, 90), at(10, 0, 0, 310), 90);
  expect(marks.map(({ label }) => label)).toEqual(['10:00:00.100', ':00.200', ':00.300']);
  expect(marks[0]?.at).toBe(at(10, 0, 0, 100));
});

test('no span asks for marks without end', () => {
  expect(marksBetween(0, 86_400_000 * 400, 86_400_000 * 50).length).toBeLessThanOrEqual(401);
});
