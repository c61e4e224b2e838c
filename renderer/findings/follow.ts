import { useEffect } from 'react';
import { failureOf } from '../../shared/ipc/rpc.ts';
import { NO_FINDINGS, useFindingCounts, useFindings } from '../state/findings.ts';
import { isFollowing, useLive } from '../state/live.ts';
import { useSession } from '../state/session.ts';

/** A picture that changes as things happen is looked through once nothing has changed for so long. */
const QUIET_MS = 1500;

/** Looks for findings whenever a whole picture of the open stack is there. To be used once, in the window's frame. */
export function useFollowFindings(): void {
  const client = useSession((session) => session.client);
  const view = useSession((session) => session.stack?.view ?? null);
  const phase = useSession((session) => session.viewState?.phase);
  const readAt = useSession((session) => session.viewState?.readAtNs);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new picture is what asks again
  useEffect(() => {
    if (client === null || view === null) {
      useFindings.setState(NO_FINDINGS);
      return;
    }
    if (phase !== 'ready') return;
    const controller = new AbortController();
    const { signal } = controller;
    const look = (): void => {
      useFindings.setState({ phase: 'reading', progress: null, failure: null });
      client
        .call('findings', { view }, { signal, onItem: (progress) => useFindings.setState({ progress }) })
        .then(({ groups, totals }) => {
          if (signal.aborted) return;
          useFindings.setState({ phase: 'ready', groups, totals, progress: null });
          const { stack } = useSession.getState();
          if (stack?.view === view)
            useFindingCounts.setState({ [JSON.stringify(stack.ref)]: totals.errors + totals.warnings });
        })
        .catch((error: unknown) => {
          if (!signal.aborted) useFindings.setState({ phase: 'failed', failure: failureOf(error), progress: null });
        });
    };
    const isFollowed = isFollowing(useLive.getState().phase);
    const timer = isFollowed ? setTimeout(look, QUIET_MS) : undefined;
    if (!isFollowed) look();
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [client, view, phase, readAt]);
}
