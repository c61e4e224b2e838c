import { expect, test } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import type { LiveSource } from '../../shared/ipc/engine.ts';
import { isSameRef, lineThatIsOpen, sourceKey, toldApart } from './which.ts';

const ref = { kind: 'mount', mount: asBytes('/m'), pid: null } as const;

test('one line alone is shown as open: the one that was chosen', () => {
  const meaning = ['live:a', 'saved:7', 'saved:8'];
  expect(lineThatIsOpen(meaning, 'saved:7')).toBe('saved:7');
  expect(lineThatIsOpen(meaning, 'saved:8')).toBe('saved:8');
});

test('where it was opened otherwise, or from a line that is gone, the first one that means it', () => {
  expect(lineThatIsOpen(['live:a', 'saved:7'], null)).toBe('live:a');
  expect(lineThatIsOpen(['live:a', 'saved:7'], 'saved:9')).toBe('live:a');
  expect(lineThatIsOpen([], 'saved:7')).toBeNull();
});

test('a saved stack and a recent one of the same reference are two lines', () => {
  expect(sourceKey.saved({ id: 1 })).not.toBe(sourceKey.recent(ref));
  expect(isSameRef(ref, { ...ref })).toBe(true);
  expect(isSameRef(ref, { ...ref, pid: 3 })).toBe(false);
  expect(isSameRef(null, ref)).toBe(false);
});

test('mounts that lie on each other at one place are two lines, each with a name of its own', () => {
  const source = (dev: string, mount: string): LiveSource =>
    ({ stack: { ...ref, mount: asBytes(mount) }, facts: { dev }, layersUnreadable: 0 }) as unknown as LiveSource;
  const apart = toldApart([source('0:1', '/m'), source('0:2', '/m'), source('0:3', '/n')]);
  expect(apart.map(({ stack }) => stack)).toEqual([
    { kind: 'dev', dev: '0:1' },
    { kind: 'dev', dev: '0:2' },
    { ...ref, mount: '/n' },
  ]);
  expect(new Set(apart.map(sourceKey.live)).size).toBe(3);
});
