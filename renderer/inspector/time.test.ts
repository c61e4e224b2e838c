import { expect, it } from 'vitest';
import { localTime } from './time.ts';

it('shows nanoseconds as local time to the millisecond', () => {
  const at = new Date(2026, 10, 19, 8, 40, 2, 7);
  expect(localTime(`${at.getTime()}123456`)).toBe('2026-11-19 08:40:02.007');
});
