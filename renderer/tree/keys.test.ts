import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type TreeKey, type TreePlace, treeAction } from './keys.ts';

const key = (name: string, more: Partial<TreeKey> = {}): TreeKey => ({
  key: name,
  ctrl: false,
  alt: false,
  meta: false,
  shift: false,
  ...more,
});
const place = (more: Partial<TreePlace> = {}): TreePlace => ({
  index: 5,
  row: { expanded: null, depth: 2 },
  total: 100,
  page: 20,
  typing: false,
  ...more,
});

test.each([
  ['ArrowDown', 6],
  ['ArrowUp', 4],
  ['PageDown', 25],
  ['PageUp', 0],
  ['Home', 0],
  ['End', 99],
])('%s moves to %i', (name, to) => {
  expect(treeAction(key(name), place())).toEqual({ do: 'move', to });
});

test('right opens, then enters; left closes, then leaves', () => {
  const shut = { expanded: false, depth: 1 };
  const open = { expanded: true, depth: 1 };
  expect(treeAction(key('ArrowRight'), place({ row: shut }))).toEqual({ do: 'expand' });
  expect(treeAction(key('ArrowRight'), place({ row: open }))).toEqual({ do: 'move', to: 6 });
  expect(treeAction(key('ArrowRight'), place())).toBeNull();
  expect(treeAction(key('ArrowLeft'), place({ row: open }))).toEqual({ do: 'collapse' });
  expect(treeAction(key('ArrowLeft'), place({ row: shut }))).toEqual({ do: 'parent' });
  expect(treeAction(key('ArrowLeft'), place({ row: { expanded: false, depth: 0 } }))).toBeNull();
});

test('Enter turns a directory over and leaves a file alone', () => {
  expect(treeAction(key('Enter'), place({ row: { expanded: true, depth: 1 } }))).toEqual({ do: 'toggle' });
  expect(treeAction(key('Enter'), place())).toBeNull();
});

test('letters of any script are type-ahead; a space only continues one', () => {
  expect(treeAction(key('p'), place())).toEqual({ do: 'type', text: 'p' });
  expect(treeAction(key('ß'), place())).toEqual({ do: 'type', text: 'ß' });
  expect(treeAction(key('😀'), place())).toEqual({ do: 'type', text: '😀' });
  expect(treeAction(key(' '), place())).toBeNull();
  expect(treeAction(key(' '), place({ typing: true }))).toEqual({ do: 'type', text: ' ' });
  expect(treeAction(key('F5'), place())).toBeNull();
  expect(treeAction(key('p', { ctrl: true }), place())).toBeNull();
});

test('* opens the level; Shift+F10 and the menu key open the menu', () => {
  expect(treeAction(key('*'), place())).toEqual({ do: 'expand-level' });
  expect(treeAction(key('F10', { shift: true }), place())).toEqual({ do: 'menu' });
  expect(treeAction(key('F10'), place())).toBeNull();
  expect(treeAction(key('ContextMenu'), place())).toEqual({ do: 'menu' });
});

test('no key moves out of the rows', () => {
  const names = fc.constantFrom('ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End', 'ArrowRight', 'ArrowLeft');
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 300 }), fc.nat(299), fc.nat(60), (name, total, at, page) => {
      const index = Math.min(at, total - 1);
      const action = treeAction(key(name), place({ index, total, page, row: { expanded: true, depth: 1 } }));
      if (action?.do === 'move') expect(action.to >= 0 && action.to < total).toBe(true);
    }),
  );
});
