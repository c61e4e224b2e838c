/**
 * What lies on a filesystem that may hang is read by a process of its own: another probe, started by this one and asked
 * for that alone. A thread that waits for a server which never answers cannot be ended; a process can be killed, or at
 * least be waited for no longer.
 */
import type { ProbeContract } from '../../../shared/ipc/probe.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import { type Probe, probeCommand, startProbe } from '../client.ts';
import type { ApartReader, HandleAnswer, HandleRequest } from '../layers/sessions.ts';
import { withAmbient } from '../privilege/drop.ts';
import { APART } from '../programs.ts';
import type { WalkContext, WalkParams, WalkResult } from './session-walk.ts';

const start = (): Probe => withAmbient(() => startProbe({ command: [...probeCommand(), APART] }));

/** Waits for an answer, but no longer than until the abort: a process that the kernel holds closes nothing. */
function unlessAborted<T>(asked: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const give = (): void => reject(new FailureError({ code: 'cancelled', message: 'cancelled' }));
  if (signal.aborted) give();
  signal.addEventListener('abort', give, { once: true });
  asked.catch(() => {}).finally(() => signal.removeEventListener('abort', give));
  return Promise.race([asked, promise]);
}

/** One question to a probe of its own, which ends with the answer, or is killed by the abort. */
export async function askApart<T>(ask: (client: Client<ProbeContract>) => Promise<T>, signal: AbortSignal): Promise<T> {
  const probe = start();
  try {
    return await unlessAborted(ask(probe.client), signal);
  } finally {
    probe.kill();
  }
}

export type WalkApart = ApartReader & { walk(context: WalkContext): Promise<WalkResult> };

/** Starts the process for one layer. Aborting the walk kills it. */
export function startApart(params: WalkParams, signal: AbortSignal): WalkApart {
  const probe = start();
  const stop = (): void => probe.kill();
  signal.addEventListener('abort', stop, { once: true });
  return {
    walk(context) {
      const onChunk = (chunk: Uint8Array): void => {
        context.chunk(chunk);
        probe.pause();
        void context.drained().then(() => probe.resume());
      };
      const asked = probe.client.call('walk', params, { onItem: context.item, onChunk });
      return unlessAborted(asked, signal);
    },
    async handles(requests: readonly HandleRequest[], stopped: AbortSignal): Promise<HandleAnswer[]> {
      const call = probe.client.call('handles', { session: params.session, requests: [...requests] });
      return (await unlessAborted(call, stopped)).answers;
    },
    end() {
      signal.removeEventListener('abort', stop);
      probe.kill();
    },
  };
}
