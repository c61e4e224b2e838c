import { useEffect, useState } from 'react';
import type { UpperUse } from '../../shared/ipc/engine.ts';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import { useSession } from '../state/session.ts';

export type UpperState =
  | { phase: 'reading' }
  | { phase: 'ready'; use: UpperUse | null }
  | { phase: 'failed'; failure: Failure };

const AGAIN_MS = 1000;

/** What fills the open stack's upper; asked again while it is still being read, and after each new picture. */
export function useUpper(): [UpperState, () => void] {
  const client = useSession((session) => session.client);
  const view = useSession((session) => session.stack?.view ?? null);
  const phase = useSession((session) => session.viewState?.phase);
  const readAt = useSession((session) => session.viewState?.readAtNs);
  const [state, setState] = useState<UpperState>({ phase: 'reading' });
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new picture or another turn is what asks again
  useEffect(() => {
    if (client === null || view === null) return;
    const controller = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const use = await client.call('upperUse', { view }, { signal: controller.signal });
        if (!controller.signal.aborted) setState({ phase: 'ready', use });
      } catch (error) {
        if (!controller.signal.aborted) setState({ phase: 'failed', failure: failureOf(error) });
      }
    };
    void ask();
    const reading = phase === 'reading' || phase === 'merging';
    const timer = reading ? setInterval(() => void ask(), AGAIN_MS) : undefined;
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, [client, view, phase, readAt, turn]);
  const retry = (): void => {
    setState({ phase: 'reading' });
    setTurn((last) => last + 1);
  };
  return [state, retry];
}
