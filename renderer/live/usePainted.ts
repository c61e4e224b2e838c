import { type RefObject, useEffect, useRef, useState } from 'react';
import { useLive } from '../state/live.ts';
import { useTimeline } from '../state/timeline.ts';
import { useTheme } from '../upper-use/theme.ts';
import { isBetween, type Lane } from './lanes.ts';
import { canvasOf, END_PX, type Hit, type Look, lookOf, NAMES_PX, paintAxis, paintLanes } from './paint.ts';

/** Between two pictures of what moves on by itself: as the eye needs it; where less motion is wanted; and no less than. */
const FRAME_MS = 33;
const STILL_MS = 1000;
const AXIS_PX = 20;
/** The timeline's names are told to the rest of the page no more often. */
const TELL_MS = 250;

export type Painted = {
  lanes: readonly Lane[];
  from: number;
  to: number;
};

export type Elements = {
  body: RefObject<HTMLDivElement | null>;
  axis: RefObject<HTMLCanvasElement | null>;
  canvas: RefObject<HTMLCanvasElement | null>;
};

/**
 * Lanes with anything between two moments: those where something lives first, then the newest. While they are `held`,
 * those that are shown stay where they are, and others come after them.
 */
function orderOf(all: readonly Lane[], held: readonly Lane[] | null, from: number, to: number): Lane[] {
  const before = new Set(held ?? []);
  const living: Lane[] = [];
  const others: Lane[] = [];
  for (const lane of all)
    if (!before.has(lane) && isBetween(lane, from, to)) (lane.alive > 0 ? living : others).push(lane);
  return [...before, ...living, ...others.reverse()];
}

const lessMotion = window.matchMedia('(prefers-reduced-motion: reduce)');

/**
 * Paints the timeline: when something came, when it is moved, and as time goes on. Returns the lanes that are shown;
 * `hits` holds what can be pointed at. While `isHeld`, no lane that is shown leaves.
 */
export function usePainted(
  { body, axis, canvas }: Elements,
  chosen: string | null,
  isHeld: RefObject<boolean>,
): { painted: Painted; hits: RefObject<Hit[]>; now(): number } {
  const theme = useTheme();
  const [painted, setPainted] = useState<Painted>({ lanes: [], from: 0, to: 1 });
  const hits = useRef<Hit[]>([]);
  const shown = useRef<Painted>(painted);
  const chosenNow = useRef(chosen);
  chosenNow.current = chosen;
  const wake = useRef<() => void>(() => {});

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    const box = body.current;
    if (!box) return;
    const look: Look = lookOf(box);
    let frame = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = 0;
    let told = 0;

    const paint = (): void => {
      frame = 0;
      const started = performance.now();
      last = started;
      const { past, endedAt, pausedAt } = useLive.getState();
      const { span, until } = useTimeline.getState();
      const now = pausedAt?.ms ?? endedAt ?? past.lanes.now();
      const to = until ?? now;
      const from = to - span;
      const whole = box.clientWidth;
      const width = whole - NAMES_PX - END_PX;
      const height = box.clientHeight;
      const held = isHeld.current ? shown.current.lanes : null;
      const lanes = orderOf(past.lanes.list, held, from, to);
      const isSame = lanes.length === shown.current.lanes.length && lanes.every((l, n) => l === shown.current.lanes[n]);
      if (!isSame || started - told > TELL_MS) {
        told = started;
        shown.current = { lanes: isSame ? shown.current.lanes : lanes, from, to };
        setPainted(shown.current);
      }
      const top = axis.current && width > 0 ? canvasOf(axis.current, whole, AXIS_PX) : null;
      top?.translate(NAMES_PX, 0);
      if (top)
        paintAxis(
          top,
          { from, to, width, height: AXIS_PX, isNow: until === null && endedAt === null && pausedAt === null },
          look,
        );
      const main = canvas.current && width > 0 ? canvasOf(canvas.current, whole, height) : null;
      main?.translate(NAMES_PX, 0);
      if (main) {
        const scene = { lanes, log: past.log, top: box.scrollTop, width, height, from, to, now };
        hits.current = paintLanes(main, { ...scene, chosen: chosenNow.current }, look);
      }
      const isMoving = until === null && pausedAt === null && endedAt === null && useLive.getState().phase !== 'off';
      if (!isMoving || document.hidden) return;
      const isStill = lessMotion.matches || hits.current.length === 0;
      const wait = isStill ? STILL_MS : Math.max(FRAME_MS, Math.min(STILL_MS, span / Math.max(1, width)));
      timer = setTimeout(soon, wait);
    };
    const soon = (): void => {
      clearTimeout(timer);
      if (frame === 0) frame = requestAnimationFrame(paint);
    };
    /** What comes is painted at once, but not more often than the eye needs it. */
    const came = (): void => {
      if (frame !== 0) return;
      const wait = FRAME_MS - (performance.now() - last);
      clearTimeout(timer);
      if (wait <= 0) soon();
      else timer = setTimeout(soon, wait);
    };
    wake.current = soon;
    const stops = [useLive.subscribe(came), useTimeline.subscribe(soon)];
    const observer = new ResizeObserver(soon);
    observer.observe(box);
    box.addEventListener('scroll', soon, { passive: true });
    document.addEventListener('visibilitychange', soon);
    soon();
    return () => {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      for (const stop of stops) stop();
      observer.disconnect();
      box.removeEventListener('scroll', soon);
      document.removeEventListener('visibilitychange', soon);
    };
  }, [theme, body, axis, canvas, isHeld]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another lane is chosen
  useEffect(() => wake.current(), [chosen]);

  const now = (): number => {
    const { past, endedAt, pausedAt } = useLive.getState();
    return pausedAt?.ms ?? endedAt ?? past.lanes.now();
  };
  return { painted, hits, now };
}
