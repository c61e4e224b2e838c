import { useEffect, useState } from 'react';
import type { z } from 'zod';
import { bytesOfText } from '../../shared/bytes/bytes.ts';
import type { EngineContract } from '../../shared/ipc/engine.ts';
import { failureOf } from '../../shared/ipc/rpc.ts';
import type { EngineClient } from '../state/session.ts';

type Item = z.output<EngineContract['calls']['why']['item']>;
export type MessageCause = NonNullable<Item['found']>[number];

/** Findings of the open stack that can cause the message that was pasted; `codes`: those that it can come from at all. */
export type MessageSearch = { of: string | null; causes: readonly MessageCause[]; codes: readonly string[] };

const LIMIT = 50;
const PAUSE = 150;
const NONE: MessageSearch = { of: null, causes: [], codes: [] };

/** A message of a program has words; a path seldom has. */
const isMessage = (text: string): boolean => /\S\s+\S/.test(text.trim()) && text.trim().length >= 10;

/** Asks which findings here can cause a message that was typed or pasted. */
export function useMessageSearch(client: EngineClient | null, view: number | null, text: string): MessageSearch {
  const [search, setSearch] = useState(NONE);
  useEffect(() => {
    if (client === null || view === null || !isMessage(text)) {
      setSearch(NONE);
      return;
    }
    const controller = new AbortController();
    const { signal } = controller;
    const ask = async (): Promise<void> => {
      const causes: MessageCause[] = [];
      try {
        const { codes } = await client.call(
          'why',
          { view, text: bytesOfText(text.trim()), limit: LIMIT },
          { signal, onItem: ({ found }) => causes.push(...(found ?? [])) },
        );
        if (!signal.aborted) setSearch({ of: text, causes, codes });
      } catch (error) {
        // A stack that is still being read has no findings yet: the paths alone are searched then.
        if (!signal.aborted && failureOf(error).code !== 'cancelled') setSearch({ ...NONE, of: text });
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [client, view, text]);
  return isMessage(text) ? search : NONE;
}
