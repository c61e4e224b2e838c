import { create } from 'zustand';
import { useLive } from '../state/live.ts';
import { type EventFilter, Filtered, isFiltering, NO_FILTER, type Shown, wholeOf } from './filter.ts';
import type { EventLog } from './log.ts';

type ShownEvents = {
  filter: EventFilter;
  setFilter(filter: EventFilter): void;
  /** What is shown now: what the filter lets through, up to the pause. */
  shown(): Shown;
};

let filtered: { log: EventLog; filter: EventFilter; of: Filtered } | null = null;

/** The filter of the lane, and what it leaves of the events. */
export const useShownEvents = create<ShownEvents>((set, get) => ({
  filter: NO_FILTER,
  setFilter: (filter) => set({ filter }),
  shown: () => {
    const { filter } = get();
    const { past, pausedAt } = useLive.getState();
    const end = pausedAt?.number ?? past.log.next;
    if (!isFiltering(filter)) return wholeOf(past.log, end);
    if (filtered?.log !== past.log || filtered.filter !== filter)
      filtered = { log: past.log, filter, of: new Filtered(past.log, filter) };
    return filtered.of.upTo(end);
  },
}));
