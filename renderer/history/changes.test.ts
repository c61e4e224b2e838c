import { expect, test } from 'vitest';
import type { RememberedState } from '../../shared/contract/history.ts';
import { lastChange, momentWords } from './changes.ts';

const state = (
  ino: string | null,
  untilNs: string | null,
  dev: RememberedState['dev'] = 'overlay',
): RememberedState => ({
  sinceNs: '1',
  untilNs,
  ino,
  dev,
  real: { layer: 1, ino: '7' },
  provenance: 'lower',
  stable: true,
  why: '',
});

test('the last change is the newest pair of states with two numbers', () => {
  const history = [state('3', null), state('3', '9'), state('2', '8'), state('1', '7')];
  expect(lastChange(history)?.before.ino).toBe('2');
  expect(lastChange(history)?.after.untilNs).toBe('9');
  expect(lastChange(history.slice(0, 2))).toBeNull();
  expect(lastChange([])).toBeNull();
});

test('another device is another number, what the kernel counts is none', () => {
  expect(lastChange([state('1', null, 'pseudo:1'), state('1', '9')])?.before.dev).toBe('overlay');
  expect(lastChange([state(null, null), state('1', '9')])).toBeNull();
});

test('moments are said as people say them', () => {
  const at = (text: string): string => String(BigInt(new Date(text).getTime()) * 1_000_000n);
  const now = new Date('2026-11-24T20:00:00').getTime();
  expect(momentWords(at('2026-11-24T10:12:03'), now)).toBe('10:12:03');
  expect(momentWords(at('2026-11-22T10:12:03'), now)).toBe('Sunday 10:12');
  expect(momentWords(at('2026-03-02T10:12:03'), now)).toBe('2 March 10:12');
  expect(momentWords(at('2025-03-02T10:12:03'), now)).toBe('2 March 2025 10:12');
  expect(momentWords(null, now)).toBe('now');
});
