import type { liveCallSpecs } from '../../../shared/ipc/live.ts';
import type { StackRef } from '../../../shared/ipc/probe.ts';
import { FailureError, type Handlers } from '../../../shared/ipc/rpc.ts';
import type { ProbeHolder } from '../machine.ts';
import type { StackScan } from '../scan.ts';
import type { Stack } from '../stack.ts';
import type { View } from '../views.ts';
import { LiveSession } from './session.ts';
import { ViewLive } from './view-live.ts';

type LiveContract = { calls: typeof liveCallSpecs; events: Record<never, never> };

export type LiveDeps = {
  probe: ProbeHolder;
  /** Reads a stack whole, or throws. */
  read: (stack: Stack, through: boolean, signal: AbortSignal) => Promise<StackScan>;
  viewOf: (id: number) => View;
};

export function liveHandlers({ probe, read, viewOf }: LiveDeps): Handlers<LiveContract> {
  return {
    async watch({ stack: ref, lifetimes, through }, { item, signal }) {
      const stack = await probe.resolve(ref as StackRef);
      const session = new LiveSession({
        stack,
        probe: probe.client,
        lifetimes,
        read: () => read(stack, through, signal),
        onMeta: (meta) => item({ meta }),
        onEvents: (events, readMonotonicNs) => item({ events, readMonotonicNs }),
        onUnmounted: (stillAt) => item({ unmounted: { stillAt } }),
        signal,
      });
      return session.run();
    },
    async live({ view: id, lifetimes }, { item, drained, signal }) {
      const view = viewOf(id);
      if (view.live !== null)
        throw new FailureError({ code: 'busy', message: 'this stack is live already', hint: 'stop that first' });
      const end = new AbortController();
      const live = new ViewLive({
        view,
        probe: probe.client,
        lifetimes,
        item,
        drained,
        signal: AbortSignal.any([signal, end.signal]),
      });
      view.live = { end: () => end.abort(), reread: () => live.reread() };
      try {
        return await live.run();
      } finally {
        view.live = null;
      }
    },
  };
}
