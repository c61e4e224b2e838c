import type { liveCallSpecs } from '../../../shared/ipc/live.ts';
import type { StackRef } from '../../../shared/ipc/probe.ts';
import type { Handlers } from '../../../shared/ipc/rpc.ts';
import type { ProbeHolder } from '../machine.ts';
import type { StackScan } from '../scan.ts';
import type { Stack } from '../stack.ts';
import { LiveSession } from './session.ts';

type LiveContract = { calls: typeof liveCallSpecs; events: Record<never, never> };

export type LiveDeps = {
  probe: ProbeHolder;
  /** Reads a stack whole, or throws. */
  read: (stack: Stack, through: boolean, signal: AbortSignal) => Promise<StackScan>;
};

export function liveHandlers({ probe, read }: LiveDeps): Handlers<LiveContract> {
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
  };
}
