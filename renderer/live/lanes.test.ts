import { describe, expect, test } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import type { WatchEvent } from '../../shared/contract/watch.ts';
import type { LiveLifetime } from '../../shared/ipc/live.ts';
import { barsBetween, isBetween, type Lane, Lanes, momentsBetween } from './lanes.ts';

const START = Date.parse('2026-11-24T10:12:00Z');
const event = (ms: number, pid: number | null, more: Partial<WatchEvent> = {}): WatchEvent => ({
  time: new Date(START + ms).toISOString().replace('Z', '000Z'),
  seq: 0,
  event: 'created',
  path: 'f',
  layer: 0,
  pid,
  command: pid === null ? 'unknown' : 'sh',
  exe: 'unknown',
  ...more,
});
const life = (key: number, from: number | null, to: number | null, more: Partial<LiveLifetime> = {}): LiveLifetime => ({
  key,
  kind: 'copy-up',
  name: asBytes(`#${key}`),
  path: null,
  bornNs: from === null ? null : `${BigInt(START + from) * 1_000_000n}`,
  endedNs: to === null ? null : `${BigInt(START + to) * 1_000_000n}`,
  end: to === null ? null : 'linked',
  linkedTo: null,
  bytes: '10',
  by: { pid: 1, command: 'sh', exe: 'unknown' },
  ...more,
});
const keys = (lane: Lane, from: number, to: number, step = 0): number[] =>
  [...barsBetween(lane, START + from, START + to, step)].map(({ key }) => key);

describe('lanes', () => {
  test('one a process, in the order in which they are met; what has no process has one of its own', () => {
    const lanes = new Lanes();
    for (const [at, pid] of [2, 1, null, 2].entries()) lanes.takeEvent(event(at, pid), at);
    expect(lanes.list.map(({ pid, numbers }) => [pid, numbers])).toEqual([
      [2, [0, 3]],
      [1, [1]],
      [null, [2]],
    ]);
  });

  test('a bar is seen while any of its life is: from before the watch, to now', () => {
    const lanes = new Lanes();
    lanes.takeLife(life(1, null, null));
    lanes.takeLife(life(2, 0, 100));
    lanes.takeLife(life(3, 150, 160));
    lanes.takeLife(life(4, 500, null));
    const lane = lanes.list[0] as Lane;
    expect(keys(lane, 50, 120)).toEqual([2, 1]);
    expect(keys(lane, 110, 140)).toEqual([1]);
    expect(keys(lane, 0, 1000)).toEqual([2, 3, 1, 4]);
    lanes.takeLife(life(1, null, 600));
    expect(keys(lane, 610, 1000)).toEqual([4]);
    expect(keys(lane, 10, 20)).toEqual([2, 1]);
    expect(lanes.held()).toEqual({ count: 1, bytes: 10n });
    lanes.lost(START + 700);
    expect(lanes.held().count).toBe(0);
    expect([...barsBetween(lane, START + 650, START + 900)].map(({ end }) => end)).toEqual(['unknown']);
  });

  test('of what is too close together to be told apart one stands for all', () => {
    const lanes = new Lanes();
    for (let n = 0; n < 10_000; n++) {
      lanes.takeEvent(event(n, 1), n);
      lanes.takeLife(life(n, n, n + 1));
    }
    const lane = lanes.list[0] as Lane;
    const moments = [...momentsBetween(lane, START, START + 10_000, 1000)];
    expect(moments).toHaveLength(10);
    expect(moments.reduce((sum, { count }) => sum + count, 0)).toBe(10_000);
    expect(keys(lane, 0, 10_000, 1000).length).toBeLessThanOrEqual(11);
  });

  test('a lane whose events and lives were let go is let go', () => {
    const lanes = new Lanes();
    lanes.takeEvent(event(0, 1), 0);
    lanes.takeEvent(event(1, 2), 1);
    lanes.takeLife(life(1, 0, null));
    lanes.drop(2);
    expect(lanes.list.map(({ pid, moments }) => [pid, moments.length])).toEqual([[1, 0]]);
    expect(isBetween(lanes.list[0] as Lane, START, START + 5)).toBe(true);
  });

  test('a clock that is set back moves nothing that stands', () => {
    const lanes = new Lanes();
    lanes.takeEvent(event(5000, 1), 0);
    lanes.takeEvent(event(0, 1), 1);
    expect((lanes.list[0] as Lane).moments).toEqual([START + 5000, START + 5000]);
  });
});
