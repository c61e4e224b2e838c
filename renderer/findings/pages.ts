import { useEffect, useReducer, useRef } from 'react';
import type { FindingCode } from '../../shared/contract/scan.ts';
import type { FindingGroup, FindingRow } from '../../shared/ipc/engine.ts';
import { failureOf } from '../../shared/ipc/rpc.ts';
import { addNotice, useSession } from '../state/session.ts';

const PAGE = 200;

/** The n-th object of a finding; null while it is awaited. */
export type RowOf = (code: FindingCode, at: number) => FindingRow | null;

/** Objects of the findings, asked for a page at a time as they are painted; forgotten when others were counted. */
export function useFindingRows(groups: readonly FindingGroup[]): RowOf {
  const client = useSession((session) => session.client);
  const view = useSession((session) => session.stack?.view ?? null);
  const pages = useRef(new Map<string, readonly FindingRow[] | null>());
  const [, paint] = useReducer((turn: number) => turn + 1, 0);
  const signal = useRef(new AbortController());
  // biome-ignore lint/correctness/useExhaustiveDependencies: other groups are another list
  useEffect(() => {
    signal.current = new AbortController();
    pages.current.clear();
    paint();
    return () => signal.current.abort();
  }, [client, view, groups]);

  const ask = async (code: FindingCode, page: number): Promise<void> => {
    if (client === null || view === null) return;
    const { signal: mine } = signal.current;
    try {
      const { rows } = await client.call(
        'findingRows',
        { view, code, from: page * PAGE, count: PAGE },
        { signal: mine },
      );
      if (mine.aborted) return;
      pages.current.set(`${code} ${page}`, rows);
      paint();
    } catch (error) {
      const { code: why, message } = failureOf(error);
      if (!mine.aborted && why !== 'cancelled' && why !== 'closed') addNotice(message, 'error');
    }
  };

  return (code, at) => {
    const page = Math.floor(at / PAGE);
    const key = `${code} ${page}`;
    const known = pages.current.get(key);
    if (known === undefined) {
      pages.current.set(key, null);
      queueMicrotask(() => void ask(code, page));
    }
    return known?.[at % PAGE] ?? null;
  };
}
