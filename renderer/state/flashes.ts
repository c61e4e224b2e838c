import { create } from 'zustand';
import type { LiveBelow, LiveRow } from '../../shared/ipc/live.ts';

/** How long a row that changed is seen to have changed (--flash), and how long counts of what changed below stand. */
export const FLASH_MS = 1000;
const BELOW_MS = 5000;
/** Above so many, those that are over are swept out. */
const MANY = 4096;

/** `turn`: another one each time, so that a change in the midst of a flash is seen too. */
export type Flash = { change: LiveRow['change']; until: number; turn: number };
export type Below = { news: number; changed: number; gone: number; until: number };

/** Rows that changed of late, by their id. They change in place; `turn` says that they did. */
const rows = new Map<number, Flash>();
const below = new Map<number, Below>();
export const useFlashes = create<{ turn: number }>(() => ({ turn: 0 }));
let timer: ReturnType<typeof setTimeout> | undefined;

/** Takes what one telling says of rows. */
export function noteFlashes(changed: readonly LiveRow[], beneath: readonly LiveBelow[]): void {
  if (changed.length === 0 && beneath.length === 0) return;
  const now = performance.now();
  const turn = useFlashes.getState().turn + 1;
  if (rows.size > MANY) for (const [id, { until }] of rows) if (until < now) rows.delete(id);
  for (const { id, change } of changed) {
    const before = rows.get(id);
    // What came a moment ago is new, whatever is done to it next.
    const isNew = before?.change === 'new' && before.until > now && change === 'changed';
    rows.set(id, isNew ? before : { change, until: now + FLASH_MS, turn });
  }
  for (const { id, news, changed: others, gone } of beneath) {
    const before = below.get(id);
    const start = before && before.until > now ? before : { news: 0, changed: 0, gone: 0 };
    below.set(id, {
      news: start.news + news,
      changed: start.changed + others,
      gone: start.gone + gone,
      until: now + BELOW_MS,
    });
  }
  useFlashes.setState({ turn });
  if (timer === undefined && below.size > 0) timer = setTimeout(sweep, BELOW_MS);
}

/** Takes away the counts that have stood long enough. */
function sweep(): void {
  timer = undefined;
  const now = performance.now();
  for (const [id, { until }] of below) if (until <= now) below.delete(id);
  if (below.size > 0) timer = setTimeout(sweep, BELOW_MS / 4);
  useFlashes.setState(({ turn }) => ({ turn: turn + 1 }));
}

/** Ids of another view mean other rows. */
export function clearFlashes(): void {
  rows.clear();
  below.clear();
  useFlashes.setState(({ turn }) => ({ turn: turn + 1 }));
}

/** The flash of a row, while it lasts. */
export function useFlash(id: number | null): Flash | null {
  return useFlashes(() => {
    const flash = id === null ? undefined : rows.get(id);
    return flash && flash.until > performance.now() ? flash : null;
  });
}

/** What changed of late below a directory. */
export const useBelow = (id: number): Below | null => useFlashes(() => below.get(id) ?? null);
