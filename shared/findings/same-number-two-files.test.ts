import { expect, test } from 'vitest';
import { asBytes } from '../bytes/bytes.ts';
import { sameNumberTwoFiles } from './same-number-two-files.ts';
import { subjectOf, told } from './testing.ts';

test('another file with the same number', () => {
  const others = Array.from({ length: 12 }, (_, i) => ({ path: asBytes(`b${i}`), layer: 2, ino: 101n }));
  const said = told(sameNumberTwoFiles, subjectOf({ sameNumber: others }));
  expect(said).toMatchObject({ severity: 'error', layer: 1, what: '101, as b0 and 11 more', evidence: { count: 12 } });
  expect(said?.evidence.others).toHaveLength(8);
  expect(said?.cause).toContain('inode 101 and that of b0 and 11 more');
});

test('is silent about a number of one file', () => expect(told(sameNumberTwoFiles, subjectOf())).toBeNull());
