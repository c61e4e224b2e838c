import { useEffect, useReducer } from 'react';
import type { EngineClient } from '../state/session.ts';

/** Counts how often what a reading of this view showed was remembered: details asked for before tell less. */
export function useRemembered(client: EngineClient | null, view: number | null): number {
  const [times, more] = useReducer((count: number) => count + 1, 0);
  useEffect(() => client?.on('history', (one) => one.view === view && more()), [client, view]);
  return times;
}
