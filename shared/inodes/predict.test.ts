import { describe, expect, test } from 'vitest';
import type { InodeMode } from './mode.ts';
import {
  cachedNumber,
  isStable,
  type ListingFacts,
  listedNumber,
  type MountFacts,
  mapNumber,
  type NumberFacts,
  numberSource,
  type RealInode,
  withFsid,
} from './predict.ts';
import { NUMBER_ROWS, type NumberRow } from './rows.ts';

const mode = (name: InodeMode['mode'], xinoBits: number | null = null): InodeMode => ({
  mode: name,
  xinoBits,
  fsids: [],
  badUuid: [],
});
const SAME = mode('same-fs');
const XINO = mode('xino', 32);
const NONE = mode('none');

/** The upper’s inode, and the one of the lower filesystem of id 2: numbers that no row can mistake. */
const U: RealInode = { ino: 11n, nlink: 1, fsid: 0 };
const L: RealInode = { ino: 22n, nlink: 1, fsid: 2 };
const H: RealInode = { ...L, nlink: 2 };
const WITH_ID = 22n | (2n << 33n);

const facts = (some: Partial<NumberFacts>): NumberFacts => ({
  isRoot: false,
  isDir: false,
  upper: null,
  lower: null,
  lowers: 0,
  origin: null,
  isMetacopy: false,
  indexedLinks: null,
  onlyIndexed: false,
  hidesHardLink: false,
  former: null,
  ...some,
});

/** What meets each row; of which inode the number is, and of which the raw listing. */
const ROWS: Record<NumberRow, { facts: NumberFacts; from: 'U' | 'L' }> = {
  'root, with upper': { facts: facts({ isRoot: true, isDir: true, upper: U, lower: L, lowers: 1 }), from: 'U' },
  'root, no upper': { facts: facts({ isRoot: true, isDir: true, lower: L, lowers: 2 }), from: 'L' },
  'dir lower only': { facts: facts({ isDir: true, lower: L, lowers: 1 }), from: 'L' },
  'dir merged, no upper part': { facts: facts({ isDir: true, lower: L, lowers: 2 }), from: 'L' },
  'dir merged with upper': { facts: facts({ isDir: true, upper: U, lower: L, lowers: 1 }), from: 'L' },
  'dir merged, not indexed': {
    facts: facts({ isDir: true, upper: U, lower: L, lowers: 1, onlyIndexed: true }),
    from: 'U',
  },
  'dir pure upper': { facts: facts({ isDir: true, upper: U }), from: 'U' },
  'file lower': { facts: facts({ lower: L }), from: 'L' },
  'copied up, origin usable': { facts: facts({ upper: U, lower: L, origin: 'verified' }), from: 'L' },
  'copied up, origin missing': { facts: facts({ upper: U, origin: 'stale' }), from: 'U' },
  'pure upper file': { facts: facts({ upper: U }), from: 'U' },
  'lower hard link': { facts: facts({ lower: H }), from: 'L' },
  'hard link copied up, index off': { facts: facts({ upper: U, hidesHardLink: true }), from: 'U' },
  'hard link copied up, index on': {
    facts: facts({ upper: U, lower: H, origin: 'verified', indexedLinks: 2 }),
    from: 'L',
  },
  metacopy: { facts: facts({ upper: U, lower: L, origin: 'by-path', isMetacopy: true }), from: 'L' },
  'lower gained a link': { facts: facts({ upper: U, lower: H, origin: 'ignored' }), from: 'U' },
};
const NAMES = Object.keys(NUMBER_ROWS) as NumberRow[];

const shownOf = (row: NumberRow, how: InodeMode) => {
  const { facts: given } = ROWS[row];
  const source = numberSource(given);
  return { given, source, shown: mapNumber(how, given.isDir, source.from.ino, source.from.fsid) };
};

describe('the row that an object meets', () => {
  test.each(NAMES)('%s', (row) => {
    const { facts: given, from } = ROWS[row];
    const source = numberSource(given);
    expect(source.row).toBe(row);
    expect(source.usesLower).toBe(from === 'L');
    expect(source.from.ino).toBe(from === 'L' ? L.ino : U.ino);
  });

  test('an origin that is not alive, or not to be had, is missing', () => {
    for (const origin of ['stale', 'foreign', 'undecodable', 'empty'] as const)
      expect(numberSource(facts({ upper: U, origin })).row).toBe('copied up, origin missing');
  });

  test('an origin whose last name is gone is missing, though it opens', () => {
    const given = facts({ upper: U, lower: { ...L, nlink: 0 }, origin: 'verified' });
    expect(numberSource(given)).toMatchObject({ row: 'copied up, origin missing', from: U });
  });

  test('a metacopy of a lower hard link shows the lower’s number only if it is indexed', () => {
    const given = { upper: U, lower: H, origin: 'by-path', isMetacopy: true } as const;
    expect(numberSource(facts(given)).row).toBe('lower gained a link');
    expect(numberSource(facts({ ...given, indexedLinks: 2 })).row).toBe('metacopy');
  });

  test('with nfs_export only what the index has goes by its lower', () => {
    const given = { upper: U, lower: L, onlyIndexed: true } as const;
    const dir = facts({ ...given, isDir: true, lowers: 1 });
    expect(numberSource({ ...dir, indexedLinks: 1 }).row).toBe('dir merged with upper');
    const metacopy = facts({ ...given, origin: 'by-path', isMetacopy: true });
    expect(numberSource(metacopy).from).toBe(U);
    expect(numberSource({ ...metacopy, indexedLinks: 2 }).from).toBe(L);
  });
});

describe('st_dev and st_ino', () => {
  test.each(NAMES)('%s', (row) => {
    const { isDir } = ROWS[row].facts;
    const isLower = ROWS[row].from === 'L';
    expect(shownOf(row, SAME).shown).toEqual({ dev: 'overlay', ino: isLower ? 22n : 11n });
    expect(shownOf(row, XINO).shown).toEqual({ dev: 'overlay', ino: isLower ? WITH_ID : 11n });
    const raw = isLower ? { dev: 'pseudo:2', ino: 22n } : { dev: 'pseudo:0', ino: 11n };
    expect(shownOf(row, NONE).shown).toEqual(isDir ? { dev: 'overlay', ino: null } : raw);
  });

  test('a number that leaves no room for the id is shown as without xino', () => {
    const bits = mode('xino', 2);
    expect(withFsid(bits, (1n << 62n) - 1n, 1)).toBe((1n << 63n) | ((1n << 62n) - 1n));
    expect(withFsid(bits, 1n << 62n, 1)).toBeNull();
    expect(mapNumber(bits, false, 1n << 62n, 1)).toEqual({ dev: 'pseudo:1', ino: 1n << 62n });
    expect(mapNumber(bits, true, 1n << 62n, 1)).toEqual({ dev: 'overlay', ino: null });
  });

  test.each([
    [2, 1, 1n << 63n],
    [3, 1, 1n << 62n],
    [3, 3, 3n << 62n],
    [4, 7, 7n << 61n],
    [32, 1, 1n << 33n],
  ])('with %i bits filesystem %i adds %i', (bits, fsid, added) => {
    expect(withFsid(mode('xino', bits), 5n, fsid)).toBe(5n | added);
  });
});

describe('d_ino', () => {
  /** Parents as they are listed: merged or not, impure or not; the entry is the upper's where the object has an upper. */
  const listed = (row: NumberRow, how: InodeMode, listing: Partial<ListingFacts>): bigint | null => {
    const { given, source, shown } = shownOf(row, how);
    const raw = given.upper ? U.ino : L.ino;
    const inUpper = given.upper !== null;
    const all = { raw, inUpper, isMerged: true, isImpure: false, parentFsid: inUpper ? 0 : 2, ...listing };
    return listedNumber(how, given, source, shown, all);
  };
  const inListings = NAMES.filter((row) => !row.startsWith('root'));
  const impure = { isImpure: true };
  const plain = { isMerged: false };

  test.each(inListings)('%s, in mode none: the real one', (row) => {
    const raw = ROWS[row].facts.upper ? 11n : 22n;
    for (const listing of [{}, impure, plain, { ...plain, ...impure }]) expect(listed(row, NONE, listing)).toBe(raw);
  });

  test.each(inListings)('%s, on one filesystem: the real one, or st_ino where the upper parent is impure', (row) => {
    const { facts: given, from } = ROWS[row];
    const raw = given.upper ? 11n : 22n;
    const shown = from === 'L' ? 22n : 11n;
    expect(listed(row, SAME, {})).toBe(raw);
    expect(listed(row, SAME, plain)).toBe(raw);
    expect(listed(row, SAME, impure)).toBe(given.upper ? shown : raw);
    if (given.upper) expect(listed(row, SAME, { ...plain, ...impure })).toBe(shown);
  });

  test.each(inListings)('%s, with xino: st_ino in merged listings and impure ones', (row) => {
    const { facts: given, from } = ROWS[row];
    const shown = from === 'L' ? WITH_ID : 11n;
    expect(listed(row, XINO, {})).toBe(shown);
    expect(listed(row, XINO, impure)).toBe(shown);
    expect(listed(row, XINO, plain)).toBe(given.upper ? 11n : WITH_ID);
    if (given.upper) expect(listed(row, XINO, { ...plain, ...impure })).toBe(shown);
  });

  test('with xino a number that leaves no room for the id stays as it is', () => {
    const bits = mode('xino', 2);
    const big = 1n << 62n;
    const given = facts({ lower: { ...L, ino: big } });
    const source = numberSource(given);
    const shown = mapNumber(bits, false, big, 2);
    const listing = { raw: big, inUpper: false, isMerged: true, isImpure: false, parentFsid: 2 };
    expect(listedNumber(bits, given, source, shown, listing)).toBe(big);
  });

  test('is the kernel’s count where st_ino is', () => {
    const bits = mode('xino', 2);
    const given = facts({ isDir: true, upper: U, lower: { ...L, ino: 1n << 62n }, lowers: 1 });
    const source = numberSource(given);
    const shown = mapNumber(bits, true, source.from.ino, source.from.fsid);
    const listing = { raw: U.ino, inUpper: true, isMerged: true, isImpure: true, parentFsid: 0 };
    expect(listedNumber(bits, given, source, shown, listing)).toBeNull();
  });

  test('is not known where the listing is not', () => {
    expect(listed('file lower', SAME, { raw: null })).toBeNull();
  });
});

describe('what is still in memory', () => {
  const copied = facts({ upper: U, origin: 'empty', former: { inode: L, isSure: true } });

  test('may show the lower’s number', () => {
    const shown = (how: InodeMode) => mapNumber(how, false, U.ino, U.fsid);
    expect(cachedNumber(SAME, copied, shown(SAME))).toEqual({ dev: 'overlay', ino: 22n });
    expect(cachedNumber(XINO, copied, shown(XINO))).toEqual({ dev: 'overlay', ino: WITH_ID });
    expect(cachedNumber(NONE, copied, shown(NONE))).toEqual({ dev: 'pseudo:2', ino: 22n });
  });

  test('is unknown where nothing tells what it was copied from, or whether it was', () => {
    for (const isSure of [true, false]) {
      const given = facts({ upper: U, former: { inode: null, isSure } });
      expect(cachedNumber(SAME, given, { dev: 'overlay', ino: U.ino })).toBe('unknown');
    }
  });

  test('is nothing else where the two are equal, or where there was none', () => {
    expect(
      cachedNumber(
        SAME,
        { ...copied, former: { inode: { ...L, ino: U.ino }, isSure: true } },
        { dev: 'overlay', ino: U.ino },
      ),
    ).toBeNull();
    expect(cachedNumber(SAME, facts({ upper: U }), { dev: 'overlay', ino: U.ino })).toBeNull();
  });
});

describe('whether a number lasts', () => {
  const mount = (some: Partial<MountFacts> = {}): MountFacts => ({
    mode: SAME,
    copiesUp: true,
    index: false,
    keepsOrigin: () => true,
    marksFilesOnly: false,
    changes: () => false,
    ...some,
  });
  const stable = (row: NumberRow, some: Partial<MountFacts> = {}, isFile = true): boolean | 'unknown' => {
    const how = mount(some);
    const { given, source, shown } = shownOf(row, how.mode);
    return isStable(how, given, source, shown, isFile);
  };

  test('all do but a hard link’s, on one filesystem and with xino', () => {
    for (const how of [SAME, XINO])
      for (const row of NAMES) expect([row, stable(row, { mode: how })]).toEqual([row, row !== 'lower hard link']);
  });

  test('no directory’s does in mode none', () => {
    for (const row of NAMES)
      expect([row, stable(row, { mode: NONE })]).toEqual([row, !ROWS[row].facts.isDir && row !== 'lower hard link']);
  });

  test('a hard link’s does with an index that can hold it, and where nothing is copied up', () => {
    expect(stable('lower hard link', { index: true })).toBe(true);
    expect(stable('lower hard link', { index: true, keepsOrigin: () => false })).toBe(false);
    expect(stable('lower hard link', { copiesUp: false })).toBe(true);
  });

  test('a lower file’s does not where its origin cannot be kept', () => {
    expect(stable('file lower', { keepsOrigin: () => false })).toBe(false);
    expect(stable('file lower', { keepsOrigin: () => false, copiesUp: false })).toBe(true);
    expect(stable('dir lower only', { keepsOrigin: () => false })).toBe(true);
    expect(stable('copied up, origin usable', { keepsOrigin: () => false })).toBe(false);
  });

  test('with user.* marks only regular files keep their origin', () => {
    expect(stable('file lower', { marksFilesOnly: true }, true)).toBe(true);
    expect(stable('file lower', { marksFilesOnly: true }, false)).toBe(false);
  });

  test('none does that goes by a lower inode whose last name is gone', () => {
    const given = facts({ upper: U, lower: { ...L, nlink: 0 }, origin: 'verified', indexedLinks: 1 });
    const source = numberSource(given);
    expect(isStable(mount(), given, source, mapNumber(SAME, false, L.ino, 2), true)).toBe(false);
  });

  test('none does whose filesystem makes its numbers up', () => {
    expect(stable('file lower', { changes: (fsid) => fsid === 2 })).toBe(false);
    expect(stable('pure upper file', { changes: (fsid) => fsid === 2 })).toBe(true);
  });

  test('none does while memory may show another', () => {
    const given = facts({ upper: U, origin: 'empty', former: { inode: L, isSure: true } });
    const shown = { dev: 'overlay', ino: U.ino } as const;
    expect(isStable(mount(), given, numberSource(given), shown, true)).toBe(false);
    expect(
      isStable(mount(), { ...given, former: { inode: null, isSure: true } }, numberSource(given), shown, true),
    ).toBe(false);
  });

  test('nothing tells where nothing tells whether it was copied up', () => {
    for (const inode of [L, null]) {
      const given = facts({ upper: U, former: { inode, isSure: false } });
      expect(isStable(mount(), given, numberSource(given), { dev: 'overlay', ino: U.ino }, true)).toBe('unknown');
    }
  });
});
