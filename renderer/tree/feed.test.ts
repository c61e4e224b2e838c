import { expect, test } from 'vitest';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { Row } from '../../shared/ipc/engine.ts';
import { type FeedHost, RowFeed } from './feed.ts';
import { EMPTY_WINDOW, pathAt, type RowWindow } from './window.ts';

/** A flat view below a root, as an engine would hand it out; its answers wait until they are let go. */
function view(names: string[]) {
  const state = { names, version: 1, window: EMPTY_WINDOW as RowWindow, shifts: [] as number[], asked: 0, top: 0 };
  const all = (): Row[] => [{ id: 0, name: '', depth: 0 }, ...state.names.map((name) => ({ name, depth: 1 }))] as Row[];
  let gate: Promise<void> = Promise.resolve();
  const host: FeedHost = {
    rows: async (from, count) => {
      state.asked++;
      const rows = all();
      const version = state.version;
      await gate;
      const ancestors = from > 0 ? [{ index: 0, row: rows[0] as Row }] : [];
      return { version, total: rows.length, from, rows: rows.slice(from, from + count), ancestors };
    },
    locate: async (path) => {
      const index = state.names.indexOf(path) + 1;
      return index === 0 ? null : { index, version: state.version };
    },
    window: () => state.window,
    anchor: () => {
      const path = pathAt(state.window, state.top);
      return path === null ? null : { index: state.top, path };
    },
    put: (window, shift) => {
      state.window = window;
      state.shifts.push(shift);
      state.top += shift;
    },
    failed: (error) => {
      throw error;
    },
  };
  return {
    state,
    host,
    shut: () => {
      let open = () => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return open;
    },
  };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const many = (count: number, prefix: string): string[] => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

test('what is in sight stays where it is when rows come above it', async () => {
  const { state, host } = view(many(2000, 'm'));
  const feed = new RowFeed(host, { version: 1, total: 2001, held: false });
  state.top = 1000;
  feed.want(1000, 1040);
  await settle();
  expect(pathAt(state.window, 1000)).toBe('m999');

  state.names = [...many(700, 'a'), ...state.names];
  state.version = 2;
  feed.announce(2, 2701);
  await settle();
  expect(state.shifts.at(-1)).toBe(700);
  expect(pathAt(state.window, state.top)).toBe('m999');
});

test('an answer of an old version is dropped', async () => {
  const { state, host, shut } = view(many(500, 'm'));
  const feed = new RowFeed(host, { version: 1, total: 501, held: false });
  const open = shut();
  feed.want(0, 40);
  state.version = 2;
  state.names = many(500, 'n');
  feed.announce(2, 501);
  open();
  await settle();
  expect(state.window.version).toBe(2);
  expect(pathAt(state.window, 1)).toBe('n0');
  expect(state.shifts).toHaveLength(1);
});

test('while one request is under way, scrolling adds no others; the last place wins', async () => {
  const { state, host, shut } = view(many(9000, 'm'));
  const feed = new RowFeed(host, { version: 1, total: 9001, held: false });
  const open = shut();
  for (let first = 0; first < 8000; first += 100) feed.want(first, first + 40);
  expect(state.asked).toBe(1);
  open();
  await settle();
  expect(state.asked).toBe(2);
  expect(pathAt(state.window, 7900 as number)).toBe('m7899' as Bytes);
});

test('held, it shows what was there until it is released', async () => {
  const { state, host } = view(many(50, 'm'));
  const feed = new RowFeed(host, { version: 1, total: 51, held: true });
  feed.want(0, 40);
  await settle();
  expect(state.asked).toBe(0);
  feed.release();
  await settle();
  expect(pathAt(state.window, 1)).toBe('m0');
});
