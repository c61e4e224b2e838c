import { describe, expect, it } from 'vitest';
import type { ListObject, ScanObject, Shown } from '../../shared/contract/scan.ts';
import { bitsOf, lastsOf, runText, shortOf, underNumber } from './numbers.ts';

const facts = (xinoBits: number | null, change: Partial<ListObject> = {}): ListObject =>
  ({
    inodeMode: xinoBits === null ? 'none' : 'xino',
    xinoBits,
    readonly: false,
    layers: [0, 1].map((layer) => ({ layer, role: layer === 0 ? 'upper' : 'lower' })),
    ...change,
  }) as unknown as ListObject;

const objectOf = (shown: Partial<Shown>): ScanObject =>
  ({
    entries: [
      { layer: 0, ino: '9', role: 'object' },
      { layer: 1, ino: '18', role: 'object' },
    ],
    origin: { layer: 1, ino: '18', nlink: 1, state: 'verified', why: '' },
    shown: { dev: 'overlay', ino: '18', dino: '18', nlink: 1, stable: true, why: 'copied up, origin usable', ...shown },
  }) as unknown as ScanObject;

describe('the bits of a number', () => {
  it('are told apart by the width that the mount gives the filesystem id', () => {
    const two = bitsOf(facts(2), objectOf({ ino: String((1n << 63n) | 18n) }));
    expect(two?.bits).toBe(`1${'0'.repeat(58)}10010`);
    expect(two?.runs.map((run) => `${runText(run)}: ${run.words}`)).toEqual([
      '63: fs id 1',
      '62: no counter',
      '61–0: lower 1’s inode 18',
    ]);
    const many = bitsOf(facts(32), objectOf({ ino: String((3n << 33n) | 18n) }));
    expect(many?.runs.map(runText)).toEqual(['63–33', '32', '31–0']);
    expect(many?.runs[0]?.words).toBe('fs id 3');
  });

  it('are all the inode’s where it leaves no room, and not drawn where nothing is set above', () => {
    const whole = bitsOf(facts(2), objectOf({ dev: 'pseudo:1', ino: String((1n << 63n) | 5n) }));
    expect(whole?.runs.map(runText)).toEqual(['63–0']);
    expect(bitsOf(facts(null), objectOf({}))).toBeNull();
    expect(bitsOf(facts(2), objectOf({ ino: null }))).toBeNull();
    expect(bitsOf(facts(2), objectOf({ ino: 'unknown' }))).toBeNull();
  });
});

it('a number is short where it is mapped, and says its device where that tells it', () => {
  expect(shortOf(facts(2), String((1n << 63n) | 18n))).toBe('1·18');
  expect(shortOf(facts(2), '18')).toBe('18');
  expect(shortOf(facts(2), null)).toBe('volatile');
  expect(underNumber(objectOf({ dev: 'pseudo:1' }).shown as Shown)).toBe('st_ino, P1');
});

it('how long a number lasts is a sign and words', () => {
  const lasts = (shown: Partial<Shown>, change: Partial<ListObject> = {}) => lastsOf(facts(2, change), objectOf(shown));
  expect(lasts({})).toEqual({ sign: 'stays', words: 'over copy-up, eviction and remount' });
  expect(lasts({}, { readonly: true })?.words).toBe('over eviction and remount');
  expect(lasts({ why: 'pure upper file' })?.words).toBe('over eviction and remount');
  expect(lasts({ ino: null, stable: false })?.sign).toBe('volatile');
  expect(lasts({ stable: 'unknown' })?.sign).toBe('unknown');
  expect(lasts({ stable: false, cached: { dev: 'overlay', ino: '4' } })?.words).toContain('leaves memory');
  expect(lasts({ stable: false, why: 'lower hard link' })?.words).toBe('when this name alone is copied up');
});
