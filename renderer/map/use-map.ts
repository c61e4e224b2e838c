import { useEffect, useReducer, useRef, useState } from 'react';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { MapFigures } from '../../shared/ipc/map.ts';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import type { MapObject } from '../../shared/map/record.ts';
import { useSession } from '../state/session.ts';

export type MapState =
  | { phase: 'reading' }
  | { phase: 'none'; db: Bytes }
  | { phase: 'ready'; db: Bytes; figures: MapFigures; edition: number }
  | { phase: 'failed'; failure: Failure };

/** The inode map of the open stack: whether there is one, and its figures. Asked again when it was brought up to date. */
export function useMap(): MapState {
  const client = useSession((session) => session.client);
  const view = useSession((session) => session.stack?.view ?? null);
  const [state, setState] = useState<MapState>({ phase: 'reading' });
  const [edition, kept] = useReducer((turn: number) => turn + 1, 0);
  useEffect(() => client?.on('map', (one) => one.view === view && kept()), [client, view]);
  useEffect(() => {
    if (client === null || view === null) return;
    const controller = new AbortController();
    const { signal } = controller;
    const ask = async (): Promise<void> => {
      try {
        const { db, exists } = await client.call('mapOf', { view }, { signal });
        if (!exists) return setState({ phase: 'none', db });
        const figures = await client.call('mapFigures', { db }, { signal });
        if (!signal.aborted) setState({ phase: 'ready', db, figures, edition });
      } catch (error) {
        if (!signal.aborted) setState({ phase: 'failed', failure: failureOf(error) });
      }
    };
    void ask();
    return () => controller.abort();
  }, [client, view, edition]);
  return state;
}

const PAGE = 200;

/** Entries of the map, a page at a time as they are painted. Another order, or another edition, is another list. */
export function useMapRows(db: Bytes, by: 'upper' | 'lower', edition: number): (index: number) => MapObject | null {
  const client = useSession((session) => session.client);
  const pages = useRef(new Map<number, readonly MapObject[] | null>());
  const signal = useRef(new AbortController());
  const [, paint] = useReducer((turn: number) => turn + 1, 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what names the list
  useEffect(() => {
    signal.current = new AbortController();
    pages.current.clear();
    paint();
    return () => signal.current.abort();
  }, [client, db, by, edition]);
  const ask = async (page: number): Promise<void> => {
    const mine = signal.current.signal;
    try {
      const answer = await client?.call('mapRows', { db, by, from: page * PAGE, count: PAGE }, { signal: mine });
      if (mine.aborted || !answer) return;
      pages.current.set(page, answer.rows);
      paint();
    } catch {
      // The figures, asked for at the same time, say what is wrong with the file.
      pages.current.delete(page);
    }
  };
  return (index) => {
    const page = Math.floor(index / PAGE);
    const known = pages.current.get(page);
    if (known === undefined) {
      pages.current.set(page, null);
      queueMicrotask(() => void ask(page));
    }
    return known?.[index % PAGE] ?? null;
  };
}
