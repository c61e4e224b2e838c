import { create } from 'zustand';

/** What the timeline shows: `span` ms, up to the moment `until` (ms since the epoch); null: up to now, and on with it. */
export type TimelineSpan = { span: number; until: number | null };

export const SPANS = [
  { ms: 10_000, title: 'ten seconds' },
  { ms: 60_000, title: 'one minute' },
  { ms: 600_000, title: 'ten minutes' },
  { ms: 3_600_000, title: 'one hour' },
] as const;

const LEAST_MS = 5;
const MOST_MS = 7 * 86_400_000;

export const useTimeline = create<TimelineSpan>(() => ({ span: SPANS[0].ms, until: null }));

/** Moves by so many ms; who comes to the end goes on with it. */
export const panned = ({ span, until }: TimelineSpan, by: number, now: number): TimelineSpan => {
  const to = (until ?? now) + by;
  return { span, until: to >= now ? null : to };
};

/** Zooms by a factor (below 1: in) around a moment that keeps its place; null: around the end. */
export function zoomed(
  { span, until }: TimelineSpan,
  factor: number,
  around: number | null,
  now: number,
): TimelineSpan {
  const next = Math.max(LEAST_MS, Math.min(MOST_MS, span * factor));
  if (around === null || (until === null && around >= now)) return { span: next, until };
  const end = until ?? now;
  const to = around + (end - around) * (next / span);
  return { span: next, until: to >= now ? null : to };
}
