import { expect, test } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { isSameRef, lineThatIsOpen, sourceKey } from './which.ts';

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
