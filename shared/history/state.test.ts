import { expect, test } from 'vitest';
import { ENDINGS, endingOf, endingSays, isSameState, type PathState } from './state.ts';

const lower: PathState = {
  ino: 20n,
  dev: 'overlay',
  stable: true,
  provenance: 'lower',
  layer: 1,
  real: 20n,
  bornNs: 100n,
};
const upper = (more: Partial<PathState> = {}): PathState => ({
  ...lower,
  layer: 0,
  real: 50n,
  bornNs: 200n,
  provenance: 'copied-up',
  ...more,
});

test('a state is told by how it ended', () => {
  expect(endingOf(lower, null, null)).toBe('removed');
  expect(endingOf(lower, upper(), 'copied up, origin usable')).toBe('copied-up');
  expect(endingOf(lower, upper({ ino: 50n }), 'copied up, origin missing')).toBe('copied-up-lost');
  const broken = upper({ ino: 50n, provenance: 'upper' });
  expect(endingOf(lower, broken, 'hard link copied up, index off')).toBe('link-broken');
  expect(endingOf(lower, broken, 'pure upper file')).toBe('replaced');
  expect(endingOf(upper(), upper({ ino: 50n }), 'copied up, origin missing')).toBe('origin-lost');
  expect(endingOf(upper({ ino: 50n }), upper(), 'copied up, origin usable')).toBe('origin-found');
  expect(endingOf(lower, { ...lower, ino: 2n ** 63n + 20n }, 'file lower')).toBe('remapped');
  const volatile = { ...lower, ino: null };
  expect(endingOf(volatile, { ...lower, stable: false }, 'dir lower only')).toBe('renumbered');
  expect(endingOf(lower, { ...lower, provenance: 'merged' }, 'dir lower only')).toBe('changed');
});

test('a number used again is another inode, told by its birth', () => {
  const again = { ...lower, bornNs: 300n };
  expect(isSameState(lower, again)).toBe(false);
  expect(endingOf(lower, again, 'file lower')).toBe('replaced-same-number');
  expect(isSameState(lower, { ...lower, bornNs: null })).toBe(true);
  expect(isSameState(lower, { ...lower })).toBe(true);
  expect(isSameState(lower, { ...lower, dev: 'pseudo:1' })).toBe(false);
});

test('every ending has its sentence', () => {
  for (const ending of ENDINGS) expect(endingSays(ending)).toMatch(/^[A-Z].*\.$/);
});
