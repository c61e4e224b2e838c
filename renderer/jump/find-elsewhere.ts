import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { NumberMeaning } from '../../shared/contract/inode.ts';
import type { LiveSource } from '../../shared/ipc/engine.ts';
import { failureOf } from '../../shared/ipc/rpc.ts';
import type { EngineClient } from '../state/session.ts';

/** What a number means in a mount that is not open; `failure`: why it could not be read. */
export type Elsewhere = { source: LiveSource; found: readonly NumberMeaning[]; failure: string | null };
export type ElsewhereSearch = { phase: 'off' | 'running' | 'done'; stacks: readonly Elsewhere[]; run: () => void };

/** Searches mounts that are not open, one after another, when asked to: each is read for it. */
export function useElsewhere(
  client: EngineClient | null,
  number: string | null,
  sources: readonly LiveSource[],
): ElsewhereSearch {
  const [state, setState] = useState<Omit<ElsewhereSearch, 'run'>>({ phase: 'off', stacks: [] });
  const running = useRef<AbortController | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another number is another search
  useEffect(() => {
    setState({ phase: 'off', stacks: [] });
    return () => running.current?.abort();
  }, [client, number]);

  const run = useCallback(async (): Promise<void> => {
    if (client === null || number === null) return;
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    const stacks: Elsewhere[] = [];
    const show = (phase: ElsewhereSearch['phase']): void => {
      if (!signal.aborted) setState({ phase, stacks: [...stacks] });
    };
    show('running');
    for (const source of sources) {
      const found: NumberMeaning[] = [];
      try {
        const params = { stack: source.stack, number };
        await client.call('inode', params, {
          signal,
          onItem: (item) => {
            if ('found' in item) found.push(...item.found);
          },
        });
        stacks.push({ source, found, failure: null });
      } catch (error) {
        if (signal.aborted) return;
        stacks.push({ source, found: [], failure: failureOf(error).message });
      }
      show('running');
    }
    show('done');
  }, [client, number, sources]);

  return useMemo(() => ({ ...state, run: () => void run() }), [state, run]);
}
