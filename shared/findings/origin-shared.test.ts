import { expect, test } from 'vitest';
import { asBytes } from '../bytes/bytes.ts';
import { originShared } from './origin-shared.ts';
import { copiedUpOf, directoryOf, told } from './testing.ts';

const sharer = (path: string, atHome = false) => ({ path: asBytes(path), layer: 0, ino: 7n, atHome });

test('the one at whose path the lower stands keeps its origin, the copy gives it up', () => {
  const home = told(originShared, copiedUpOf({ sharers: [sharer('etc/copy')] }));
  expect(home).toMatchObject({ severity: 'error', layer: 0, commands: [], evidence: { count: 1, origin: '00fb' } });
  expect(home?.cure).toContain('Leave its origin');
  const copy = told(
    originShared,
    copiedUpOf({ path: asBytes('etc/copy'), beneath: null, sharers: [sharer('a', true)] }),
  );
  expect(copy?.commands).toEqual(['setfattr -h -x trusted.overlay.origin -- /l/0/etc/copy']);
});

test('where none stands there, the first by name keeps it', () => {
  const commands = (path: string, other: string) =>
    told(originShared, copiedUpOf({ path: asBytes(path), beneath: null, sharers: [sharer(other)] }))?.commands.length;
  expect([commands('a', 'b'), commands('b', 'a')]).toEqual([0, 1]);
});

test('two directories have no command', () =>
  expect(told(originShared, directoryOf({ sharers: [sharer('d2')] }))).toMatchObject({
    severity: 'error',
    commands: [],
  }));

test('is silent about what shares nothing', () => expect(told(originShared, copiedUpOf())).toBeNull());
