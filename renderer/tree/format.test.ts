import { expect, test } from 'vitest';
import { clockText, countText, modeText, secondsText, sizeText, whenText, wholeTime } from './format.ts';

test.each([
  ['0', '0'],
  ['968', '968'],
  ['1023', '1023'],
  ['1024', '1.0 k'],
  ['1702', '1.7 k'],
  ['12350', '12.1 k'],
  ['40960', '40.0 k'],
  ['102297', '99.9 k'],
  ['102400', '100 k'],
  ['1048575', '1.0 M'],
  ['364904448', '348 M'],
  ['18446744073709551615', '16.0 E'],
  ['unknown', 'unknown'],
])('%s bytes are %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text);
});

test('modes are octal and keep their special bits', () => {
  expect(modeText(0o100644)).toBe('0644');
  expect(modeText(0o41777)).toBe('1777');
  expect(modeText(0)).toBe('0000');
});

test('counts have their thousands parted', () => {
  expect(countText(138706)).toBe('138,706');
  expect(countText(999)).toBe('999');
});

test('a time is as short as the day allows', () => {
  const at = (y: number, m: number, d: number, h: number, min: number, s: number): string =>
    `${BigInt(new Date(y, m - 1, d, h, min, s).getTime()) * 1_000_000n + 402n}`;
  const now = new Date(2026, 10, 24, 12, 0, 0).getTime();
  expect(whenText(at(2026, 11, 24, 10, 12, 7), now)).toBe('10:12:07');
  expect(whenText(at(2026, 11, 19, 8, 40, 0), now)).toBe('Nov 19 08:40');
  expect(whenText(at(2024, 2, 3, 8, 40, 0), now)).toBe('2024-02-03');
  expect(clockText(at(2026, 11, 24, 1, 2, 3))).toBe('01:02:03');
  expect(wholeTime(at(2026, 11, 24, 1, 2, 3))).toBe('2026-11-24 01:02:03.000000402');
});

test('seconds', () => {
  expect([0.002, 0.034, 0.34, 3.44, 34.4].map(secondsText)).toEqual(['0.00 s', '0.03 s', '0.3 s', '3.4 s', '34 s']);
});
