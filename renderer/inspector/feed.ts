import type { ObjectDetail } from '../../shared/ipc/engine.ts';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';

/** What the inspector shows. While `reading`, `detail` is the one before, so that nothing flickers; null at first. */
export type FeedState =
  | { phase: 'none' }
  | { phase: 'reading'; key: string; detail: ObjectDetail | null }
  | { phase: 'ready'; key: string; detail: ObjectDetail }
  | { phase: 'failed'; key: string; failure: Failure };

export type Feed = {
  /** Asks for what `key` names; null: nothing is selected. The same key again does nothing. */
  select(key: string | null, load: ((signal: AbortSignal) => Promise<ObjectDetail>) | null): void;
  /** Asks again for the same, after a failure. */
  retry(): void;
  /** Forgets what was asked for; the next selection is asked for anew, also the same. */
  stop(): void;
};

/**
 * Follows a selection that may move faster than answers come (an arrow key held down). The first request of a quiet
 * time goes at once; while keys repeat, one goes each `pause` ms at the end. An answer to what is no longer selected is
 * cancelled and dropped.
 */
export function createFeed(onState: (state: FeedState) => void, pause = 80): Feed {
  let state: FeedState = { phase: 'none' };
  let key: string | null = null;
  let load: ((signal: AbortSignal) => Promise<ObjectDetail>) | null = null;
  let running: AbortController | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let lastSelect = Number.NEGATIVE_INFINITY;

  const put = (next: FeedState): void => {
    state = next;
    onState(next);
  };
  const cancel = (): void => {
    running?.abort();
    running = null;
    if (timer !== null) clearTimeout(timer);
    timer = null;
  };

  async function ask(): Promise<void> {
    if (key === null || load === null) return;
    const asked = key;
    const controller = new AbortController();
    running = controller;
    try {
      const detail = await load(controller.signal);
      if (running === controller) put({ phase: 'ready', key: asked, detail });
    } catch (error) {
      if (running === controller) put({ phase: 'failed', key: asked, failure: failureOf(error) });
    }
  }

  const begin = (wait: number): void => {
    if (key === null) return;
    put({ phase: 'reading', key, detail: 'detail' in state ? state.detail : null });
    if (wait <= 0) void ask();
    else timer = setTimeout(() => void ask(), wait);
  };

  return {
    select(nextKey, nextLoad) {
      if (nextKey === key) return;
      cancel();
      key = nextKey;
      load = nextLoad;
      if (key === null) return put({ phase: 'none' });
      const now = performance.now();
      begin(now - lastSelect < pause ? pause : 0);
      lastSelect = now;
    },
    retry() {
      cancel();
      begin(0);
    },
    stop() {
      cancel();
      key = null;
    },
  };
}
