import { expect, test } from 'vitest';
import { asBytes } from '../bytes/bytes.ts';
import type { OtherName } from './finding.ts';
import { hardlinkSplit } from './hardlink-split.ts';
import { copiedUpOf, entryView, shownOf, told } from './testing.ts';

const name = (path: string, change: Partial<OtherName> = {}): OtherName => ({
  path: asBytes(path),
  layer: 1,
  ino: 101n,
  visible: true,
  upperIno: null,
  ...change,
});
const split = (change: Parameters<typeof copiedUpOf>[0] = {}) =>
  copiedUpOf({
    origin: null,
    top: entryView(0, { mtimeNs: 9n }),
    beneath: entryView(1, { nlink: 2 }),
    shown: shownOf({ ino: '100', dino: '100', why: 'hard link copied up, index off' }),
    otherNames: [name('etc/passwd-')],
    ...change,
  });

test('a name that was copied up alone: by size and time, or by the directory’s impure mark', () => {
  const same = told(hardlinkSplit, split({ top: entryView(0), parent: null }));
  expect(same).toMatchObject({ severity: 'warning', layer: 0, evidence: { sign: 'attributes', count: 1 } });
  expect(same?.cause).toContain('Lower 1’s inode 101 has 2 names, among them etc/passwd-');
  expect(same?.cause).not.toContain('replaced');
  expect(same?.commands).toEqual(['ln -- /l/0/etc/passwd /l/0/etc/passwd-']);
  const impure = told(hardlinkSplit, split());
  expect(impure?.evidence).toMatchObject({ sign: 'impure' });
  expect(impure?.cause).toContain('or replaced by another file');
});

test('no command where the other name is the upper’s too, or in another directory', () => {
  const elsewhere = [name('etc/other', { upperIno: 7n })];
  expect(told(hardlinkSplit, split({ otherNames: elsewhere }))?.commands).toEqual([]);
  expect(told(hardlinkSplit, split({ otherNames: [name('var/passwd')] }))?.commands).toEqual([]);
});

test('is silent about what was replaced, what has no other name in sight, and names that were joined again', () => {
  for (const change of [
    { parent: { path: asBytes('etc'), impure: false } },
    { parent: { path: asBytes('etc'), impure: 'unknown' as const } },
    { otherNames: [] },
    { otherNames: [name('etc/passwd-', { visible: false })] },
    { otherNames: [name('etc/passwd-', { upperIno: 100n })] },
    { shown: shownOf({ why: 'hard link copied up, index on' }) },
    { shown: shownOf({ why: 'pure upper file' }) },
  ])
    expect(told(hardlinkSplit, split(change))).toBeNull();
});
