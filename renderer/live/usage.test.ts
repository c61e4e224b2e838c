import { expect, test } from 'vitest';
import type { WatchEvent } from '../../shared/contract/watch.ts';
import { Usage } from './usage.ts';

const event = (command: string, pid: number | null, more: Partial<WatchEvent>): WatchEvent => ({
  time: '2026-11-24T10:12:00.000000Z',
  seq: 0,
  event: 'copied-up',
  path: 'f',
  layer: 0,
  pid,
  command,
  exe: `/usr/bin/${command}`,
  ...more,
});

test('who copied up most comes first, its processes together; what has no size is counted apart', () => {
  const usage = new Usage();
  for (const one of [
    event('cp', 1, { bytes: '10', copied: 'data' }),
    event('tar', 2, { bytes: '9007199254740993', copied: 'data', path: 'big' }),
    event('tar', 3, { bytes: '2', copied: 'later-data' }),
    event('tar', 3, { copied: 'metadata' }),
    event('tar', 3, { bytes: 'unknown', copied: 'data' }),
    event('cp', 1, { event: 'created' }),
    event('cp', 1, { event: 'whiteout' }),
    event('cp', 1, { event: 'temp-born', bytes: '999' }),
    event('unknown', null, { event: 'overflow' }),
  ])
    usage.take(one);
  const [tar, cp, ...none] = usage.programs;
  expect(none).toEqual([]);
  expect(tar).toMatchObject({ command: 'tar', files: 3, bytes: 9007199254740995n, unsized: 1, attributes: 1 });
  expect([...(tar?.pids ?? [])]).toEqual([2, 3]);
  expect(tar?.largest).toEqual({ path: 'big', bytes: 9007199254740993n });
  expect(cp).toMatchObject({ command: 'cp', files: 1, bytes: 10n, created: 1, removed: 1, other: 0 });
});

test('processes that are not known are one line', () => {
  const usage = new Usage();
  for (const container of ['a', 'b']) usage.take(event('unknown', null, { exe: 'unknown', container, bytes: '1' }));
  expect(usage.programs).toHaveLength(1);
});
