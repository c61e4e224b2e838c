import { describe, expect, test } from 'vitest';
import type { WatchEvent } from '../../shared/contract/watch.ts';
import { Filtered, matcher, NO_FILTER, type Shown, wholeOf } from './filter.ts';
import { EventLog } from './log.ts';

const event = (seq: number, more: Partial<WatchEvent> = {}): WatchEvent => ({
  time: '2026-11-24T10:12:00.000000Z',
  seq,
  event: 'created',
  path: `dir/f${seq}`,
  layer: 0,
  pid: 100 + seq,
  command: 'touch',
  exe: '/usr/bin/touch',
  ...more,
});
const numbers = (shown: Shown): number[] => Array.from({ length: shown.count }, (_, index) => shown.numberAt(index));

describe('a filter of events', () => {
  test('takes kinds, and words that stand in path or process, in any case', () => {
    expect(matcher(NO_FILTER)(event(1))).toBe(true);
    expect(matcher({ kinds: new Set(['whiteout']), text: '' })(event(1))).toBe(false);
    expect(matcher({ kinds: null, text: 'DIR touch' })(event(1))).toBe(true);
    expect(matcher({ kinds: null, text: 'dir rm' })(event(1))).toBe(false);
    expect(matcher({ kinds: null, text: '101' })(event(1))).toBe(true);
    expect(matcher({ kinds: null, text: '10' })(event(1))).toBe(false);
    expect(matcher({ kinds: null, text: 'unnamed' })(event(1, { path: null }))).toBe(false);
  });

  test('what comes is found as it comes, the newest first; a pause holds the end', () => {
    const log = new EventLog();
    const filtered = new Filtered(log, { kinds: new Set(['created']), text: '' });
    log.take([event(0), event(1, { event: 'removed' }), event(2)]);
    expect(numbers(filtered.upTo(log.next))).toEqual([2, 0]);
    log.take([event(3), event(4)]);
    expect(numbers(filtered.upTo(3))).toEqual([2, 0]);
    const all = filtered.upTo(log.next);
    expect(numbers(all)).toEqual([4, 3, 2, 0]);
    expect([all.indexOf(3), all.indexOf(1), all.next]).toEqual([1, null, 4]);
  });

  test('what the log lets go is not shown any more, and the list goes on growing', () => {
    const log = new EventLog(100);
    const filtered = new Filtered(log, { kinds: null, text: 'touch' });
    for (let n = 0; n < 40; n++) {
      log.take(Array.from({ length: 10 }, (_, k) => event(n * 10 + k)));
      const shown = filtered.upTo(log.next);
      expect(numbers(shown)).toEqual(numbers(wholeOf(log, log.next)));
      expect(shown.next).toBe(log.next);
    }
    expect(log.next - log.first).toBeLessThan(120);
    expect(log.at(log.first - 1)).toBeUndefined();
    expect(log.at(log.next - 1)?.seq).toBe(399);
  });
});
