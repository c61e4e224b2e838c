import { expect, test } from 'vitest';
import { asBytes } from '../bytes/bytes.ts';
import type { LostMark } from './finding.ts';
import { marksLost } from './marks-lost.ts';
import { copiedUpOf, findingStack, subjectOf, told } from './testing.ts';

const SIGNS: [LostMark, cause: RegExp][] = [
  [{ sign: 'whiteout-inside', whiteout: asBytes('etc/gone') }, /holds a whiteout.*made by hand/],
  [{ sign: 'holes' }, /not one block and no metacopy/],
  [{ sign: 'merged-unmarked', whiteouts: 1 }, /has 1 whiteout,.*merges with lower 1.*got the directory later/],
  [{ sign: 'copied-unmarked' }, /another mode or owner.*unpacked anew/],
];

test.each(SIGNS)('%o is an error that says how sure it is', (lostMark, cause) => {
  const said = told(marksLost, copiedUpOf({ lostMark }));
  expect(said).toMatchObject({ severity: 'error', layer: 0, evidence: { sign: lostMark.sign }, commands: [] });
  expect(said?.cause).toMatch(cause);
  expect(said?.cure).toContain('rsync -aX');
});

test('a mark under the other prefix is set again under the one that counts', () => {
  const lostMark: LostMark = { sign: 'prefix', layer: 0, marks: ['opaque'], prefix: 'trusted' };
  const said = told(marksLost, copiedUpOf({ lostMark }), findingStack({ marks: 'user' }));
  expect(said?.cause).toContain('this mount reads user.overlay alone');
  expect(said?.commands).toEqual(['setfattr -h -n user.overlay.opaque -v y -- /l/0/etc/passwd']);
  const none = told(marksLost, copiedUpOf({ lostMark }), findingStack({ marks: 'none' }));
  expect(none?.cause).toContain('without userxattr');
  expect(none?.commands).toEqual([]);
});

test('is silent without a sign', () => expect(told(marksLost, subjectOf())).toBeNull());
