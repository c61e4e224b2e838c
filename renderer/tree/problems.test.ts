import { expect, test } from 'vitest';
import type { ListLayer } from '../../shared/contract/scan.ts';
import { layerProblems } from './problems.ts';

const layer = (number: number, more: Partial<ListLayer> = {}): ListLayer => ({
  layer: number,
  role: number === 0 ? 'upper' : 'lower',
  path: `/l${number}`,
  shown: `/l${number}`,
  dev: '8:1',
  fs: { type: 'ext4', uuid: null, id: 0 },
  state: 'ok',
  ...more,
});
const progress = (number: number, error: { code: string; message: string } | null) => ({
  layer: number,
  entries: 3,
  done: true,
  error,
});

test('layers that are well say nothing', () => {
  expect(layerProblems([layer(0), layer(1, { state: 'moved' })], [progress(0, null)])).toEqual([]);
});

test('a missing layer, one that cannot be read, and one whose reading failed', () => {
  const problems = layerProblems(
    [
      layer(0),
      layer(1, { state: 'missing', why: 'removed after the mount' }),
      layer(2, { state: 'unreadable' }),
      layer(3),
    ],
    [
      progress(2, { code: 'EACCES', message: 'closed to this user' }),
      progress(3, { code: 'EIO', message: 'disk error.' }),
    ],
  );
  expect(problems.map(({ title }) => title)).toEqual([
    'Lower 1 is missing.',
    'Lower 2 can’t be read.',
    'Lower 3 can’t be read.',
  ]);
  expect(problems[0]?.isError).toBe(true);
  expect(problems[1]?.text).toBe('/l2 · EACCES: closed to this user. The other layers are shown.');
  expect(problems[2]?.text).toContain('EIO: disk error. The');
});

test('a covered layer that could be read below its cover is none', () => {
  expect(layerProblems([layer(1, { state: 'covered' })], [])).toEqual([]);
  expect(layerProblems([layer(1, { state: 'covered' })], [progress(1, { code: 'EPERM', message: 'x' })])).toHaveLength(
    1,
  );
});

test('where no layer is left, none is said to be shown', () => {
  expect(layerProblems([layer(1, { state: 'missing', why: 'gone' })], [])[0]?.text).toBe('/l1 · gone.');
});
