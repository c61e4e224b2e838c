import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ObjectDetail } from '../../shared/ipc/engine.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';
import { createFeed, type FeedState } from './feed.ts';

const detail = (path: string): ObjectDetail => ({ path }) as unknown as ObjectDetail;

describe('createFeed', () => {
  const states: FeedState[] = [];
  const feed = () => createFeed((state) => states.push(state), 80);
  const last = (): FeedState => states.at(-1) as FeedState;

  beforeEach(() => {
    states.length = 0;
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it('asks at once, shows the answer, and nothing for no selection', async () => {
    const one = feed();
    one.select('a', async () => detail('a'));
    expect(last()).toEqual({ phase: 'reading', key: 'a', detail: null });
    await vi.runAllTimersAsync();
    expect(last()).toEqual({ phase: 'ready', key: 'a', detail: detail('a') });
    one.select(null, null);
    expect(last()).toEqual({ phase: 'none' });
  });

  it('asks twice for ten selections in a hurry, and keeps the former answer meanwhile', async () => {
    const asked: string[] = [];
    const one = feed();
    const load = (path: string) => async () => {
      asked.push(path);
      return detail(path);
    };
    one.select('0', load('0'));
    await vi.advanceTimersByTimeAsync(1);
    for (let i = 1; i < 10; i++) {
      await vi.advanceTimersByTimeAsync(20);
      one.select(String(i), load(String(i)));
    }
    expect(last()).toEqual({ phase: 'reading', key: '9', detail: detail('0') });
    await vi.runAllTimersAsync();
    expect(asked).toEqual(['0', '9']);
    expect(last()).toMatchObject({ phase: 'ready', key: '9' });
  });

  it('drops an answer that comes late and tells its request to stop', async () => {
    let answer: (value: ObjectDetail) => void = () => {};
    let stopped = false;
    const one = feed();
    one.select('slow', (signal) => {
      signal.addEventListener('abort', () => {
        stopped = true;
      });
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    await vi.advanceTimersByTimeAsync(500);
    one.select('b', async () => detail('b'));
    answer(detail('slow'));
    await vi.runAllTimersAsync();
    expect(stopped).toBe(true);
    expect(states.some((state) => state.phase === 'ready' && state.key === 'slow')).toBe(false);
    expect(last()).toMatchObject({ phase: 'ready', key: 'b' });
  });

  it('shows a failure and can ask again', async () => {
    let calls = 0;
    const one = feed();
    one.select('a', async () => {
      if (calls++ === 0) throw new FailureError({ code: 'closed', message: 'gone' });
      return detail('a');
    });
    await vi.runAllTimersAsync();
    expect(last()).toMatchObject({ phase: 'failed', failure: { code: 'closed' } });
    one.retry();
    await vi.runAllTimersAsync();
    expect(last()).toMatchObject({ phase: 'ready', key: 'a' });
  });

  it('asks anew for the same selection after a stop', async () => {
    let calls = 0;
    const one = feed();
    const load = async () => {
      calls++;
      return detail('a');
    };
    one.select('a', load);
    one.stop();
    one.select('a', load);
    await vi.runAllTimersAsync();
    expect(calls).toBe(2);
    expect(last()).toMatchObject({ phase: 'ready', key: 'a' });
  });
});
