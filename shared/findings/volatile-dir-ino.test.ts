import { expect, test } from 'vitest';
import { entryOf, objectOf } from '../explain/testing.ts';
import { directoryOf, findingStack, shownOf, subjectOf, told } from './testing.ts';
import { volatileDirIno } from './volatile-dir-ino.ts';

const counted = shownOf({ ino: null, dino: '101' });

test('a directory whose number the kernel counts', () => {
  const said = told(volatileDirIno, directoryOf({ shown: counted }), findingStack({ inodeMode: 'none' }));
  expect(said).toMatchObject({ severity: 'note', layer: 1, evidence: { inodeMode: 'none', real: '101', ino: null } });
  expect(said?.cause).toContain('several filesystems and xino is off');
  expect(said?.cure).toContain('xino=on');
});

test('the root keeps its number', () => {
  const said = told(volatileDirIno, directoryOf({ shown: counted, isRoot: true }), findingStack({ inodeMode: 'none' }));
  expect(said?.cause).toContain('keeps its own');
});

test('a number that does not fit, and one that the layer makes up', () => {
  const stack = findingStack({ inodeMode: 'xino', xinoBits: 2 });
  const large = objectOf([entryOf(1, { ino: String(2n ** 63n) })]);
  expect(told(volatileDirIno, directoryOf({ shown: counted, object: large }), stack)?.cause).toContain('upper 2 bits');
  const unknown = objectOf([entryOf(1, { ino: 'unknown' })]);
  expect(told(volatileDirIno, directoryOf({ shown: counted, object: unknown }), stack)?.cause).toContain('makes');
});

test('is silent about known numbers, files, and what has none', () => {
  for (const subject of [directoryOf(), subjectOf({ shown: counted }), directoryOf({ shown: null })])
    expect(told(volatileDirIno, subject)).toBeNull();
});
