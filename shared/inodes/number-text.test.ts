import { expect, test } from 'vitest';
import { mappedNumber } from './mapped.ts';
import { looksLikeNumber, parseNumber } from './number-text.ts';

test('numbers are decimal or hexadecimal, of 64 bits', () => {
  expect(parseNumber('0')).toBe(0n);
  expect(parseNumber('18')).toBe(18n);
  expect(parseNumber('0018')).toBe(18n);
  expect(parseNumber('0x12')).toBe(18n);
  expect(parseNumber('0X8000000000000012')).toBe(0x8000000000000012n);
  expect(parseNumber('18446744073709551615')).toBe(2n ** 64n - 1n);
});

test('what is none, or too large, is no number', () => {
  for (const text of ['', ' 1', '1 ', '-1', '+1', '1e3', '0x', 'ff', '1_000', '0b1', '18446744073709551616', '1.0'])
    expect([text, parseNumber(text)]).toEqual([text, null]);
  expect(parseNumber(`0x1${'0'.repeat(16)}`)).toBeNull();
  expect(parseNumber('9'.repeat(1000))).toBeNull();
  expect(looksLikeNumber('18446744073709551616')).toBe(true);
  expect(looksLikeNumber('etc/20')).toBe(false);
});

test('a number of a xino mount is taken apart at its bits', () => {
  const mode = (xinoBits: number) => ({ mode: 'xino' as const, xinoBits, fsids: [], badUuid: [] });
  expect(mappedNumber(mode(2), 0x8000000000000014n)).toEqual({ fsid: 1, ino: 20n });
  expect(mappedNumber(mode(32), (3n << 33n) | 20n)).toEqual({ fsid: 3, ino: 20n });
  expect(mappedNumber(mode(2), 20n)).toBeNull();
  expect(mappedNumber({ ...mode(2), mode: 'none' }, 0x8000000000000014n)).toBeNull();
});
