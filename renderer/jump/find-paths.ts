import { useEffect, useRef, useState } from 'react';
import type { z } from 'zod';
import { bytesOfText } from '../../shared/bytes/bytes.ts';
import type { EngineContract } from '../../shared/ipc/engine.ts';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import type { EngineClient } from '../state/session.ts';

export type PathMatch = z.output<EngineContract['calls']['jump']['result']>['matches'][number];

/** Matches of the text that `forText` says; the ones before stay until the next come. */
export type PathSearch = { forText: string; matches: PathMatch[]; failure: Failure | null };

const LIMIT = 100;
const PAUSE = 60;

/** Asks the engine for the paths that match what is typed, a little after the last key; drops what came too late. */
export function usePathSearch(client: EngineClient | null, view: number | null, text: string): PathSearch {
  const [found, setFound] = useState<PathSearch>({ forText: '', matches: [], failure: null });
  const first = useRef(true);
  useEffect(() => {
    if (client === null || view === null || text === '') {
      setFound({ forText: text, matches: [], failure: null });
      return;
    }
    const controller = new AbortController();
    const ask = async (): Promise<void> => {
      const params = { view, text: bytesOfText(text), limit: LIMIT };
      try {
        const { matches } = await client.call('jump', params, { signal: controller.signal });
        if (!controller.signal.aborted) setFound({ forText: text, matches, failure: null });
      } catch (error) {
        if (!controller.signal.aborted) setFound({ forText: text, matches: [], failure: failureOf(error) });
      }
    };
    const timer = setTimeout(() => void ask(), first.current ? 0 : PAUSE);
    first.current = false;
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [client, view, text]);
  return found;
}
