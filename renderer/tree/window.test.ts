import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { Row } from '../../shared/ipc/engine.ts';
import {
  AHEAD,
  chainOf,
  EMPTY_WINDOW,
  indexOfPath,
  leadOf,
  missing,
  pathAt,
  type RowWindow,
  stickyAt,
} from './window.ts';

const row = (id: number, name: string, depth: number): Row => ({ id, name, depth }) as unknown as Row;

/** Rows of paths in tree order, the root first. */
const rowsOf = (paths: string[]): Row[] =>
  paths.map((path, id) => row(id, path.slice(path.lastIndexOf('/') + 1), path === '' ? 0 : path.split('/').length));

const PATHS = ['', 'etc', 'etc/default', 'etc/default/grub', 'etc/default/nginx', 'etc/group', 'srv', 'srv/www', 'usr'];
const all = rowsOf(PATHS);

/** The window that an engine would hand out for these rows. */
function windowOf(rows: Row[], from: number, count: number): RowWindow {
  const whole: RowWindow = { ...EMPTY_WINDOW, version: 1, total: rows.length, rows };
  return {
    version: 1,
    total: rows.length,
    from,
    rows: rows.slice(from, from + count),
    ancestors: from < rows.length ? (chainOf(whole, from) ?? []) : [],
  };
}

test('a path is the same from every window that holds the row', () => {
  for (let from = 0; from < all.length; from++)
    for (let at = from; at < all.length; at++) {
      const window = windowOf(all, from, all.length);
      expect(pathAt(window, at)).toBe(PATHS[at]);
      expect(indexOfPath(window, PATHS[at] as Bytes)).toBe(at);
    }
});

test('a row outside the window has no path', () => {
  const window = windowOf(all, 3, 2);
  expect(pathAt(window, 2)).toBeNull();
  expect(pathAt(window, 5)).toBeNull();
  expect(indexOfPath(window, 'srv' as Bytes)).toBeNull();
});

test('what is asked for holds what is painted, and asking again then needs nothing', () => {
  fc.assert(
    fc.property(fc.nat(200_000), fc.nat(300_000), fc.integer({ min: 1, max: 100 }), (total, first, lines) => {
      const last = first + lines;
      const ask = missing(EMPTY_WINDOW, first, last, 1, total);
      if (ask === null) throw new Error('an empty window needs rows');
      if (total === 0) return;
      expect(ask.from).toBeLessThanOrEqual(Math.min(first, total - 1));
      expect(ask.count).toBeGreaterThan(0);
      const rows = Array.from({ length: Math.min(ask.count, total - ask.from) }, (_, at) => row(ask.from + at, 'x', 1));
      const answer = { version: 1, total, from: ask.from, rows, ancestors: [] };
      if (first < total) expect(missing(answer, first, last, 1, total)).toBeNull();
    }),
  );
});

test('a newer version asks again for the same rows', () => {
  const window = windowOf(rowsOf(['', ...Array.from({ length: 999 }, (_, n) => `f${n}`)]), 0, 300);
  expect(missing(window, 100, 140, 1, 1000)).toBeNull();
  expect(missing(window, 100, 140, 2, 1000)).toEqual({ from: 100 - AHEAD, count: 141 + AHEAD - (100 - AHEAD) });
});

test('while it moves, more is asked for in its direction, and never less than what is painted', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: -400, max: 400 }), (first, step) => {
      const ask = missing(EMPTY_WINDOW, first, first + 45, 1, 5046, leadOf(step));
      if (ask === null) throw new Error('rows are needed');
      expect(ask.from).toBeLessThanOrEqual(first);
      expect(ask.from + ask.count).toBeGreaterThanOrEqual(Math.min(5046, first + 46));
    }),
  );
  expect(missing(EMPTY_WINDOW, 1000, 1045, 1, 9999, leadOf(60))).toEqual({
    from: 1000 - AHEAD,
    count: AHEAD * 2 + 46 + 240,
  });
  expect(missing(EMPTY_WINDOW, 1000, 1045, 1, 9999, leadOf(-60))).toEqual({
    from: 760 - AHEAD,
    count: AHEAD * 2 + 46 + 240,
  });
  expect(missing(EMPTY_WINDOW, 1000, 1045, 1, 9999, leadOf(5000))).toEqual({
    from: 1000 - AHEAD,
    count: AHEAD * 2 + 46,
  });
});

const names = (window: RowWindow, top: number, most = 6): string[] =>
  stickyAt(window, top, most).map((placed) => PATHS[placed.index] as string);

test('ancestors stick while what lies beneath them is in sight', () => {
  const window = windowOf(all, 0, all.length);
  expect(names(window, 0)).toEqual([]);
  expect(names(window, 1)).toEqual(['', 'etc', 'etc/default']);
  expect(names(window, 3)).toEqual(['', 'etc']);
  expect(names(window, 7)).toEqual(['']);
  expect(names(window, 8)).toEqual(['']);
});

test('they are known from the engine’s ancestors too', () => {
  expect(names(windowOf(all, 3, 6), 3)).toEqual(['', 'etc']);
});

test('of a chain that is too long, the inner end sticks', () => {
  const chain = Array.from({ length: 30 }, (_, n) => Array.from({ length: n }, () => 'd').join('/'));
  const files = Array.from({ length: 40 }, (_, n) => `${chain.at(-1)}/f${n}`);
  const window = windowOf(rowsOf([...chain, ...files]), 0, 70);
  expect(stickyAt(window, 45, 4).map((placed) => placed.row.depth)).toEqual([26, 27, 28, 29]);
});

test('where each row lies beneath the one above it, the rows themselves are the chain', () => {
  const deep = rowsOf(Array.from({ length: 60 }, (_, n) => Array.from({ length: n }, () => 'd').join('/')));
  expect(stickyAt(windowOf(deep, 0, 60), 30, 4)).toEqual([]);
});
