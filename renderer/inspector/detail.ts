import { useEffect, useRef, useState } from 'react';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { EngineClient } from '../state/session.ts';
import { createFeed, type Feed, type FeedState } from './feed.ts';

/**
 * Follows a selected row of a view. `edition` changes whenever the engine's answer may have (a scan again, a layer that
 * came in): the same row is then asked for anew. A path whose number is not known yet (a stack that is opened again)
 * leaves what was last answered.
 */
export function useDetail(
  engine: EngineClient | null,
  view: number | null,
  selected: { path: Bytes | null; id: number | null },
  edition: string,
): [FeedState, () => void] {
  const { path, id } = selected;
  const [state, setState] = useState<FeedState>({ phase: 'none' });
  const feed = useRef<Feed | null>(null);
  feed.current ??= createFeed(setState);
  useEffect(() => () => feed.current?.stop(), []);
  useEffect(() => {
    if (path === null) feed.current?.select(null, null);
    else if (engine !== null && view !== null && id !== null)
      feed.current?.select(`${view} ${id} ${edition}`, (signal) => engine.call('detail', { view, id }, { signal }));
  }, [engine, view, path, id, edition]);
  return [state, () => feed.current?.retry()];
}
