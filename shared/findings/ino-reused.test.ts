import { expect, test } from 'vitest';
import { asBytes } from '../bytes/bytes.ts';
import type { FormerOwner } from './finding.ts';
import { inoReused } from './ino-reused.ts';
import { subjectOf, told } from './testing.ts';

const owner = (change: Partial<FormerOwner> = {}): FormerOwner => ({
  path: asBytes('old'),
  ino: 101n,
  handle: '00fb',
  from: 'origin',
  ...change,
});

test('a number that an origin names with another generation', () => {
  const said = told(inoReused, subjectOf({ formerOwners: [owner()] }));
  expect(said).toMatchObject({
    severity: 'warning',
    layer: 1,
    evidence: { ino: '101', formerOwners: [{ path: 'old', ino: '101', handle: '00fb', from: 'origin' }] },
  });
  expect(said?.cause).toMatch(/^An origin in the upper names inode 101 with another generation, as that of old/);
});

test('what a memory of earlier pictures tells, and the same path', () => {
  const said = told(inoReused, subjectOf({ formerOwners: [owner({ from: 'history', path: asBytes('etc/passwd') })] }));
  expect(said?.cause).toMatch(/^The history names .* the file that was copied up here/);
});

test('is silent about a number that had no other owner', () => expect(told(inoReused, subjectOf())).toBeNull());
