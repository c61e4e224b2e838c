import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readWindowState, writeWindowState } from './bounds.ts';

const folder = mkdtempSync(join(tmpdir(), 'stratoscope-bounds-'));
const file = join(folder, 'deep', 'window.json');
afterAll(() => rmSync(folder, { recursive: true }));

const display = { x: 0, y: 0, width: 1920, height: 1080 };
const bounds = { x: 100, y: 50, width: 1280, height: 800 };

test('nothing remembered at first', () => {
  expect(readWindowState(file, [display])).toEqual({ bounds: null, maximized: false });
});

test('what was written comes back', () => {
  writeWindowState(file, { bounds, maximized: true });
  expect(readWindowState(file, [display])).toEqual({ bounds, maximized: true });
});

test.each([
  ['right of every display', { ...bounds, x: 1900 }],
  ['below', { ...bounds, y: 1070 }],
  ['with the title above the edge', { ...bounds, y: -10 }],
  ['too small', { ...bounds, width: 10 }],
])('a window %s is not put there', (_where, lost) => {
  writeWindowState(file, { bounds: lost, maximized: false });
  expect(readWindowState(file, [display]).bounds).toBeNull();
});

test('a second display to the left counts', () => {
  const left = { x: -1920, y: 0, width: 1920, height: 1080 };
  writeWindowState(file, { bounds: { ...bounds, x: -1500 }, maximized: false });
  expect(readWindowState(file, [display]).bounds).toBeNull();
  expect(readWindowState(file, [display, left]).bounds).toMatchObject({ x: -1500 });
});

test.each(['', '{', 'null', '[]', '{"bounds":{"x":"1"}}'])('a torn file (%j) counts as none', (text) => {
  writeFileSync(file, text);
  expect(readWindowState(file, [display])).toEqual({ bounds: null, maximized: false });
});
