import { create } from 'zustand';
import type { LiveState } from '../../shared/ipc/live.ts';
import type { Failure } from '../../shared/ipc/rpc.ts';
import { EventLog } from '../live/log.ts';

/** How the open stack is watched. What was told stands in `log`, which grows in place: `turn` says that it did. */
export type Live = {
  /** `off`: nobody asked for it; `failed`: it ended for the reason in `failure`. */
  phase: 'off' | LiveState['phase'] | 'failed';
  /** As the engine told it last. */
  state: LiveState | null;
  failure: Failure | null;
  log: EventLog;
  turn: number;
  /** Events that came in the last second. */
  perSecond: number;
  /** The lane shows events before this number alone; null: all of them. */
  pausedAt: number | null;
};

export const useLive = create<Live>(() => ({
  phase: 'off',
  state: null,
  failure: null,
  log: new EventLog(),
  turn: 0,
  perSecond: 0,
  pausedAt: null,
}));

/** Whether the picture follows what happens. */
export const isFollowing = (phase: Live['phase']): boolean => phase === 'watching' || phase === 'rescanning';
