import { describe, expect, test } from 'vitest';
import { MarkBit } from './marks.ts';
import type { RuleId } from './rules.ts';
import { type Answer, dir, file, lookUp, metacopy, refused, type Stack, symlink, unread, whiteout } from './testing.ts';
import { Code, type MergeOptions } from './tree.ts';

/** Rules of listings and of the index: the engine holds them, not the lookup of one name. */
type NotOfLookup =
  | 'index-alias'
  | 'plain-lists-all'
  | 'merged-lists-union'
  | 'xwhiteouts-listed-out'
  | 'impure-listing-fails'
  | 'number-needs-lookup';

type Case = { stack: Stack; path: string; options?: Partial<MergeOptions>; answer: Answer };

const two = (upper: Stack['upper'], ...lowers: Stack['lowers']): Stack => ({ upper, lowers });
const isOk = (...from: string[]): Answer => ({ code: 'ok', from, data: null });
const isFile = (data: string, ...from: string[]): Answer => ({ code: 'ok', from, data });
const fails = (code: string): Answer => ({ code, from: [], data: null });
const origins = { hasOrigin: () => true, originIs: () => true, indexAllows: () => true };

/** One stack for each rule, in which the rule decides. */
const CASES: Record<Exclude<RuleId, NotOfLookup>, Case> = {
  absent: { stack: two({}, {}, { f: file() }), path: 'f', answer: isFile('2/f', '2/f') },
  whiteout: { stack: two({ f: whiteout }, { f: file() }), path: 'f', answer: fails('whiteout') },
  'xattr-whiteout': {
    stack: two({}, { f: file(MarkBit.xattrWhiteout) }, { f: file() }),
    path: 'f',
    answer: fails('whiteout'),
  },
  'layer-refuses': { stack: two({}, { f: refused(Code.EPERM) }, { f: file() }), path: 'f', answer: fails('EPERM') },
  'file-stops': { stack: two({}, { f: file() }, { f: file() }), path: 'f', answer: isFile('1/f', '1/f') },
  'directory-over-file': {
    stack: two(null, { d: dir() }, { d: file() }, { d: dir() }),
    path: 'd',
    answer: isOk('1/d'),
  },
  'redirect-through-file': {
    stack: two({ d: dir(0, '/a/b') }, { a: file() }, { a: dir(), 'a/b': dir() }),
    path: 'd',
    answer: isOk('0/d'),
  },
  'directory-merges': {
    stack: two({ d: dir() }, { d: dir() }, {}, { d: dir() }),
    path: 'd',
    answer: isOk('0/d', '1/d', '3/d'),
  },
  opaque: {
    stack: two({ d: dir() }, { d: dir(MarkBit.opaque) }, { d: dir() }),
    path: 'd',
    answer: isOk('0/d', '1/d'),
  },
  'last-not-read': {
    stack: two({ d: dir() }, { d: dir() }, { d: dir(0, 'no/name') }),
    path: 'd',
    answer: isOk('0/d', '1/d', '2/d'),
  },
  'redirect-relative': {
    stack: two({ p: dir(), 'p/d': dir(0, 'e') }, { p: dir(), 'p/d': dir(), 'p/e': dir() }),
    path: 'p/d',
    answer: isOk('0/p/d', '1/p/e'),
  },
  'redirect-absolute': {
    stack: two({ p: dir(), 'p/d': dir(0, '/q/e') }, { p: dir(), 'p/d': dir() }, { q: dir(), 'q/e': dir() }),
    path: 'p/d',
    answer: isOk('0/p/d', '2/q/e'),
  },
  'redirect-invalid': { stack: two({ d: dir(0, '/a//b') }, { d: dir() }), path: 'd', answer: fails('EINVAL') },
  'redirect-refused': {
    stack: two({ d: dir(0, 'e') }, { e: dir() }),
    path: 'd',
    options: { followRedirect: false },
    answer: fails('EPERM'),
  },
  metacopy: { stack: two({ f: metacopy() }, { f: file() }), path: 'f', answer: isFile('1/f', '0/f', '1/f') },
  'metacopy-refused': {
    stack: two({ f: metacopy() }, { f: file() }),
    path: 'f',
    options: { metacopy: false },
    answer: fails('EPERM'),
  },
  'metacopy-needs-file': {
    stack: two({ f: metacopy() }, { f: symlink }, { f: file() }),
    path: 'f',
    answer: fails('EIO'),
  },
  'metacopy-too-small': {
    stack: two({ f: file(MarkBit.metacopy | MarkBit.metacopyTooSmall) }, { f: file() }),
    path: 'f',
    answer: fails('EIO'),
  },
  'metacopy-no-data': { stack: two({ f: metacopy() }, { g: file() }), path: 'f', answer: fails('EIO') },
  'data-only': {
    stack: {
      upper: null,
      lowers: [{ f: metacopy('/ab/obj') }],
      data: [{ ab: dir() }, { ab: dir(), 'ab/obj': file() }],
    },
    path: 'f',
    answer: isFile('3/ab/obj', '1/f'),
  },
  'data-only-free': {
    stack: { upper: null, lowers: [{ f: metacopy('/obj') }], data: [{ obj: file() }] },
    path: 'f',
    options: { metacopy: false, followRedirect: false },
    answer: isFile('2/obj', '1/f'),
  },
  'origin-not-verified': {
    stack: two({ d: dir() }, { d: dir() }),
    path: 'd',
    options: { verifyLower: true, origins: { ...origins, originIs: () => false } },
    answer: isOk('0/d'),
  },
  'origin-mismatch': {
    stack: two({ f: metacopy() }, { f: file() }),
    path: 'f',
    options: { origins: { ...origins, originIs: () => false } },
    answer: fails('ESTALE'),
  },
  'index-refuses': {
    stack: two({ d: dir() }, { d: dir() }),
    path: 'd',
    options: { verifyLower: true, origins: { ...origins, indexAllows: () => false } },
    answer: fails('EIO'),
  },
};

describe.each(Object.entries(CASES))('%s', (rule, { stack, path, options, answer }) => {
  test('decides', () => expect(lookUp(stack, path, options).answer).toEqual(answer));

  test('is what decides: without it the answer is another', () => {
    expect(lookUp(stack, path, options, rule as RuleId).answer).not.toEqual(answer);
  });
});

test('a name that its parent has nowhere is ENOENT, and no layer beside the parent is asked', () => {
  const { answer, steps } = lookUp(two({ d: dir() }, { f: file() }), 'd/f');
  expect(answer).toEqual(fails('ENOENT'));
  expect(steps).toEqual([[0, 'absent']]);
});

test('a name that an overlay lists and does not find is looked for below', () => {
  const { answer, steps } = lookUp(two({}, { f: refused(Code.ENOENT) }, { f: file() }), 'f');
  expect(answer).toEqual(isFile('2/f', '2/f'));
  expect(steps).toEqual([
    [0, 'absent'],
    [1, 'absent'],
    [2, 'file-stops'],
  ]);
  expect(lookUp(two({}, { f: refused(Code.ENOENT) }), 'f').answer).toEqual(fails('ENOENT'));
});

test('data that a data-only overlay refuses is looked for in the next', () => {
  const stack = (...data: Stack['lowers']): Stack => ({ upper: null, lowers: [{ f: metacopy('/obj') }], data });
  expect(lookUp(stack({ obj: refused(Code.EPERM) }, { obj: file() }), 'f').answer).toEqual(isFile('3/obj', '1/f'));
  expect(lookUp(stack({ obj: refused(Code.EPERM) }), 'f').answer).toEqual({ code: 'ok', from: ['1/f'], data: null });
});

test('every layer that was asked is told, with the rule that it met', () => {
  expect(lookUp(two({}, { d: dir() }, {}, { d: file() }, { d: dir() }), 'd').steps).toEqual([
    [0, 'absent'],
    [1, 'directory-merges'],
    [2, 'absent'],
    [3, 'directory-over-file'],
  ]);
});

test('a whiteout below a directory ends the merge and hides nothing of it', () => {
  expect(lookUp(two({ d: dir() }, { d: whiteout }, { d: dir() }), 'd').answer).toEqual(isOk('0/d'));
});

test('children of a redirected directory are looked up in what it merges with', () => {
  const stack = two({ d: dir(0, '/q') }, { d: dir(), 'd/x': file(), q: dir(), 'q/y': file() });
  expect(lookUp(stack, 'd/y').answer).toEqual(isFile('1/q/y', '1/q/y'));
  expect(lookUp(stack, 'd/x').answer).toEqual(fails('ENOENT'));
});

test('a redirect of a lower counts below it, also where it goes up a directory', () => {
  const stack = two(null, { p: dir(), 'p/d': dir(0, '/e') }, { p: dir(), 'p/d': dir(), e: dir() }, { e: dir() });
  expect(lookUp(stack, 'p/d').answer).toEqual(isOk('1/p/d', '2/e', '3/e'));
});

test('an opaque directory on the way of a redirect stops, and an absolute redirect after it goes on', () => {
  const below = [{ p: dir(), 'p/e': dir(), q: dir() }];
  const stops = two({ d: dir(0, '/p/e') }, { p: dir(MarkBit.opaque), 'p/e': dir() }, ...below);
  expect(lookUp(stops, 'd').answer).toEqual(isOk('0/d', '1/p/e'));
  const goesOn = two({ d: dir(0, '/p/e') }, { p: dir(MarkBit.opaque), 'p/e': dir(0, '/q') }, ...below);
  expect(lookUp(goesOn, 'd').answer).toEqual(isOk('0/d', '1/p/e', '2/q'));
});

test('dots in the way of a redirect are EACCES', () => {
  for (const redirect of ['/a/../b', '/a/.', '..'])
    expect(lookUp(two({ d: dir(0, redirect) }, { a: dir(), b: dir() }), 'd').answer).toEqual(fails('EACCES'));
});

test('a redirect to a longer name than any finds nothing', () => {
  const name = 'x'.repeat(256);
  expect(lookUp(two({ d: dir(0, name) }, { [name]: dir() }), 'd').answer).toEqual(isOk('0/d'));
});

test('with nofollow the lowest directory of the parent counts as the lowest layer', () => {
  const below = { p: dir(), 'p/d': dir() };
  const lowers: Stack['lowers'] = [{ p: dir(), 'p/d': dir(0, 'e') }, {}, {}];
  const options = { followRedirect: false };
  expect(lookUp(two(null, ...lowers), 'p/d', options).answer).toEqual(isOk('1/p/d'));
  expect(lookUp(two(null, ...lowers, below), 'p/d', options).answer).toEqual(fails('EPERM'));
});

test('metacopies follow each other down to the data', () => {
  const stack = two({ f: metacopy('g') }, { g: metacopy('/x/h') }, { x: dir(), 'x/h': file() });
  expect(lookUp(stack, 'f').answer).toMatchObject({ code: 'ok', data: '2/x/h' });
});

test('a metacopy under a directory is no more used than any file', () => {
  expect(lookUp(two({ d: dir() }, { d: metacopy() }, { d: dir() }), 'd').answer).toEqual(isOk('0/d'));
});

describe('data-only layers', () => {
  const withData = (redirect: string | null, data: Stack['lowers'][number]): Stack => ({
    upper: null,
    lowers: [{ f: metacopy(redirect) }],
    data: [data],
  });

  test('never merge by name', () => {
    expect(lookUp({ upper: null, lowers: [{}], data: [{ f: file() }] }, 'f').answer).toEqual(fails('ENOENT'));
  });

  test('an object that is missing, or is no file, can still be looked up', () => {
    expect(lookUp(withData('/obj', {}), 'f').answer).toEqual(isOk('1/f'));
    expect(lookUp(withData('/obj', { obj: symlink }), 'f').answer).toEqual(isOk('1/f'));
    expect(lookUp(withData('/obj', { obj: dir() }), 'f').answer).toEqual(isOk('1/f'));
  });

  test('a path may go up, but not out of the layer', () => {
    expect(lookUp(withData('/a/../obj', { a: dir(), obj: file() }), 'f').answer.data).toBe('2/obj');
    expect(lookUp(withData('/../obj', { obj: file() }), 'f').answer.data).toBeNull();
  });

  test('need an absolute redirect: EIO with metacopy=on, else EPERM', () => {
    for (const redirect of ['obj', null]) {
      expect(lookUp(withData(redirect, { obj: file() }), 'f').answer).toEqual(fails('EIO'));
      expect(lookUp(withData(redirect, { obj: file() }), 'f', { metacopy: false }).answer).toEqual(fails('EPERM'));
    }
  });

  test('need metacopy=on before the kernel that follows them freely', () => {
    const options = { metacopy: false, dataOnlyFree: false };
    expect(lookUp(withData('/obj', { obj: file() }), 'f', options).answer).toEqual(fails('EPERM'));
  });
});

describe('what is not known', () => {
  test('a layer that was not read leaves a file above it certain', () => {
    const stack = two({ p: dir(), 'p/f': file() }, { p: unread });
    expect(lookUp(stack, 'p/f')).toMatchObject({ answer: isFile('0/p/f', '0/p/f'), certain: true });
  });

  test('a layer that was not read above makes the answer uncertain', () => {
    const stack = two(null, { p: unread }, { p: dir(), 'p/f': file() });
    expect(lookUp(stack, 'p/f')).toMatchObject({ certain: false, whole: false });
  });

  test('a directory is certain, and what merges below it is not', () => {
    const stack = two({ p: dir(), 'p/d': dir() }, { p: unread }, { p: dir(), 'p/d': dir() });
    const { answer, certain, whole } = lookUp(stack, 'p/d');
    expect([answer.from, certain, whole]).toEqual([['0/p/d', '?', '2/p/d'], true, false]);
  });

  test('marks that could not be read, and a covered entry, are unknown', () => {
    for (const mark of [MarkBit.unknown, MarkBit.covered])
      expect(lookUp(two({ f: file(mark) }, { f: file() }), 'f').certain).toBe(false);
  });

  test('an origin that could not be opened is unknown', () => {
    const options = { verifyLower: true, origins: { ...origins, originIs: () => null } };
    expect(lookUp(two({ d: dir() }, { d: dir() }), 'd', options).certain).toBe(false);
    expect(lookUp(two({ f: metacopy() }, { f: file() }), 'f', options).certain).toBe(false);
  });
});

test('opaque x is told, and merges', () => {
  const stack = two({ d: dir() }, { d: dir(MarkBit.xwhiteouts) }, { d: dir() });
  expect(lookUp(stack, 'd')).toMatchObject({ xwhiteouts: true, answer: isOk('0/d', '1/d', '2/d') });
});
