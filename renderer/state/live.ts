import { create } from 'zustand';
import type { LiveState } from '../../shared/ipc/live.ts';
import type { Failure } from '../../shared/ipc/rpc.ts';
import { Past } from '../live/past.ts';

/** How the open stack is watched. What was told stands in `past`, which grows in place: `turn` says that it did. */
export type Live = {
  /** `off`: nobody asked for it; `failed`: it ended for the reason in `failure`. */
  phase: 'off' | LiveState['phase'] | 'failed';
  /** As the engine told it last. */
  state: LiveState | null;
  failure: Failure | null;
  past: Past;
  turn: number;
  /** Events that came in the last second. */
  perSecond: number;
  /** Temporary files that live, what they hold, and how many were born in the last minute. */
  temporary: { held: number; bytes: bigint; born: number };
  /** The lane shows what came before this event and this moment (ms) alone; null: everything. */
  pausedAt: { number: number; ms: number } | null;
  /** Moment (ms) after which nothing is known, for the watch has ended; null: it goes on, or has not begun. */
  endedAt: number | null;
};

export const NO_TEMPORARY: Live['temporary'] = { held: 0, bytes: 0n, born: 0 };

export const useLive = create<Live>(() => ({
  phase: 'off',
  state: null,
  failure: null,
  past: new Past(),
  turn: 0,
  perSecond: 0,
  temporary: NO_TEMPORARY,
  pausedAt: null,
  endedAt: null,
}));

/** Whether the picture follows what happens. */
export const isFollowing = (phase: Live['phase']): boolean => phase === 'watching' || phase === 'rescanning';
