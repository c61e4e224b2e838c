import { useEffect, useState } from 'react';
import { parseNumber } from '../../shared/inodes/number-text.ts';
import type { FoundNumber } from '../../shared/ipc/numbers.ts';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import type { EngineClient } from '../state/session.ts';

/** What the number that was typed means. `of` null: no number was typed. */
export type NumberSearch = {
  of: string | null;
  found: readonly FoundNumber[];
  more: boolean;
  /** Without privilege the numbers of what was copied up are not known. */
  unknown: boolean;
  /** False: the stack is still being read. */
  complete: boolean;
  failure: Failure | null;
};

const LIMIT = 200;
const PAUSE = 60;
const NONE: NumberSearch = { of: null, found: [], more: false, unknown: false, complete: true, failure: null };

/** Asks the engine for every meaning of what is typed, where that is an inode number. */
export function useNumberSearch(client: EngineClient | null, view: number | null, text: string): NumberSearch {
  const number = parseNumber(text.trim())?.toString() ?? null;
  const [search, setSearch] = useState(NONE);
  useEffect(() => {
    if (client === null || view === null || number === null) {
      setSearch(NONE);
      return;
    }
    const controller = new AbortController();
    const ask = async (): Promise<void> => {
      const { signal } = controller;
      try {
        const { views } = await client.call('numbers', { view, number, limit: LIMIT }, { signal });
        const [own] = views;
        if (!signal.aborted && own) setSearch({ ...NONE, ...own, of: number });
      } catch (error) {
        if (!signal.aborted) setSearch({ ...NONE, of: number, failure: failureOf(error) });
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [client, view, number]);
  return number === null ? NONE : search;
}
