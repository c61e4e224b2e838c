import { expect, test } from 'vitest';
import type { Subject } from './finding.ts';
import { originStale } from './origin-stale.ts';
import { copiedUpOf, directoryOf, entryView, findingStack, originOf, shownOf, subjectOf, told } from './testing.ts';

const upper = shownOf({ ino: '100', dino: '100', why: 'copied up, origin missing' });
const how = (change: Partial<Subject>) => told(originStale, copiedUpOf({ shown: upper, ...change }))?.evidence.how;

test('each way in which an origin leads nowhere', () => {
  const ignored = (why: string, ino = '101') => ({ origin: originOf({ state: 'ignored', why, ino }) });
  expect(how({ origin: originOf({ state: 'stale' }) })).toBe('gone');
  expect(how({ origin: originOf({ state: 'foreign', ino: 'unknown', layer: 'unknown' }) })).toBe('foreign');
  expect(how({ ...ignored('several names'), shown: shownOf({ why: 'lower gained a link' }) })).toBe('linked');
  expect(how({ origin: originOf({ state: 'by-path' }), shown: shownOf({ why: 'lower gained a link' }) })).toBe(
    'linked',
  );
  expect(how(ignored('nfs_export is on and the lower inode is not in the index'))).toBe('not indexed');
  expect(how(ignored('it names an inode of another type'))).toBe('other type');
  expect(how(ignored('no handle that the kernel takes', 'unknown'))).toBe('no handle');
  expect(how({ lookup: 'ESTALE', shown: null, origin: originOf({ state: 'by-path' }) })).toBe('mismatch');
});

test('says which inode is gone, and which stands there now', () => {
  const said = told(originStale, copiedUpOf({ shown: upper, origin: originOf({ state: 'stale', ino: '55' }) }));
  expect(said).toMatchObject({ severity: 'warning', layer: 0, what: 'the lower inode 55 is gone, now 100' });
  expect(said?.cause).toContain('lower 1 has inode 101 at this path now');
  expect(said?.commands).toEqual(['setfattr -h -x trusted.overlay.origin -- /l/0/etc/passwd']);
});

test('a directory whose lower is gone, not one that merges', () => {
  const directory = { origin: originOf({ state: 'stale' }), top: entryView(0, { type: 'dir' }), shown: upper };
  expect(told(originStale, directoryOf({ ...directory, provenance: 'upper' }))?.evidence.how).toBe('gone');
  expect(told(originStale, directoryOf({ ...directory, provenance: 'merged' }))).toBeNull();
});

test('is silent about origins that count, that are not known, and of a former upper', () => {
  for (const subject of [
    copiedUpOf(),
    copiedUpOf({ origin: 'unknown' }),
    copiedUpOf({ origin: originOf({ state: 'unverified' }) }),
    copiedUpOf({ origin: originOf({ state: 'empty' }), shown: upper }),
    subjectOf({ origin: originOf({ state: 'ignored' }) }),
    subjectOf(),
  ])
    expect(told(originStale, subject, findingStack())).toBeNull();
});
