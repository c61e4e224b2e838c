import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useMemo, useReducer, useRef } from 'react';
import { ROW_PX } from './RowView.tsx';
import { type Scale, scaleOf, slackOf, toBox, toVirtual, within } from './scale.ts';

/** Rows painted beyond each edge. */
export const OVERSCAN = 6;
const REST_MS = 140;

export type Scroller = {
  rows: Virtualizer<HTMLDivElement, Element>;
  /** First pixel of the list in sight, and how far the painted rows have to be moved in a list that is scaled. */
  top: number;
  offset: number;
  boxPx: number;
  viewPx: number;
  scrollTo(top: number): void;
  /**
   * Moves the list by so much as rows above came or went, so that what is in sight stays where it is, also where the list
   * is too short for that: room is then left free above or below it, until it is scrolled.
   */
  shiftBy(px: number): void;
  /** Takes away the room above the list. */
  settle(): void;
  topNow(): number;
  viewNow(): number;
};

/**
 * Rows of one height below a header of `headPx` that sticks, in a box that is scaled where a browser could not lay it
 * out whole. Positions are those of the unscaled list.
 */
export function useScroller(box: RefObject<HTMLDivElement | null>, count: number, headPx: number): Scroller {
  const view = useRef(600);
  const scale = useRef<Scale>(scaleOf(count, ROW_PX, view.current));
  scale.current = scaleOf(count, ROW_PX, view.current);
  // In a scaled list many places share one scroll position: the exact one is kept beside it.
  const exact = useRef({ scrollTop: 0, top: 0 });

  /** Where the list is held beyond its ends; null: it is not. */
  const beyond = useRef<number | null>(null);
  const [, paint] = useReducer((turn: number) => turn + 1, 0);

  const topNow = useCallback((): number => {
    const element = box.current;
    const scrollTop = element?.scrollTop ?? 0;
    if (!element || Math.abs(exact.current.scrollTop - scrollTop) < 1) return exact.current.top;
    const { above } = slackOf(scale.current, beyond.current);
    const top = toVirtual(scale.current, scrollTop - above);
    exact.current = { scrollTop, top };
    if (beyond.current === null) return top;
    // As it is scrolled back the room that was left free goes.
    beyond.current = top === within(scale.current, top) ? null : top;
    const now = slackOf(scale.current, beyond.current).above;
    if (now !== above) {
      element.scrollTop = top + now;
      exact.current.scrollTop = element.scrollTop;
    }
    return top;
  }, [box]);

  const shiftBy = useCallback(
    (px: number): void => {
      const element = box.current;
      const body = element?.querySelector<HTMLElement>('.body');
      if (!element || !body) return;
      const top = topNow() + px;
      beyond.current = top === within(scale.current, top) ? null : top;
      const slack = slackOf(scale.current, beyond.current);
      body.style.height = `${scale.current.box + slack.above + slack.below}px`;
      element.scrollTop = toBox(scale.current, top) + slack.above;
      exact.current = { scrollTop: element.scrollTop, top };
      paint();
    },
    [box, topNow],
  );

  const scrollTo = useCallback(
    (to: number): void => {
      const element = box.current;
      if (!element) return;
      const top = within(scale.current, to);
      if (beyond.current !== null) {
        beyond.current = null;
        paint();
      }
      element.scrollTop = toBox(scale.current, top);
      exact.current = { scrollTop: element.scrollTop, top };
    },
    [box],
  );

  const settle = useCallback((): void => {
    if (beyond.current === null || beyond.current >= 0) return;
    beyond.current = null;
    exact.current = { scrollTop: box.current?.scrollTop ?? 0, top: 0 };
    paint();
  }, [box]);

  const rows = useVirtualizer<HTMLDivElement, Element>({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    initialRect: { width: 800, height: view.current },
    observeElementRect: (_instance, report) => {
      const element = box.current;
      if (!element) return;
      const measure = (): void => {
        view.current = Math.max(ROW_PX, element.clientHeight - headPx);
        scale.current = scaleOf(scale.current.virtual / ROW_PX, ROW_PX, view.current);
        report({ width: element.clientWidth, height: view.current });
      };
      const observer = new ResizeObserver(measure);
      observer.observe(element);
      measure();
      return () => observer.disconnect();
    },
    observeElementOffset: (_instance, report) => {
      const element = box.current;
      if (!element) return;
      let rest: ReturnType<typeof setTimeout> | undefined;
      const onScroll = (): void => {
        report(Math.max(0, topNow()), true);
        clearTimeout(rest);
        rest = setTimeout(() => report(Math.max(0, topNow()), false), REST_MS);
      };
      // A turn of the wheel means so many pixels of the list, not of the box that stands for it.
      const onWheel = (event: WheelEvent): void => {
        if (scale.current.virtual === scale.current.box || event.ctrlKey) return;
        event.preventDefault();
        const unit = event.deltaMode === 1 ? ROW_PX : event.deltaMode === 2 ? view.current : 1;
        const before = element.scrollTop;
        scrollTo(topNow() + event.deltaY * unit);
        if (element.scrollTop === before) onScroll();
      };
      element.addEventListener('scroll', onScroll, { passive: true });
      element.addEventListener('wheel', onWheel, { passive: false });
      report(topNow(), false);
      return () => {
        clearTimeout(rest);
        element.removeEventListener('scroll', onScroll);
        element.removeEventListener('wheel', onWheel);
      };
    },
    scrollToFn: (offset) => scrollTo(offset),
  });

  const viewNow = useCallback((): number => view.current, []);
  const slack = slackOf(scale.current, beyond.current);
  const top = beyond.current ?? rows.scrollOffset ?? 0;
  const { virtual, box: listPx, view: viewPx } = scale.current;
  const offset = virtual === listPx ? slack.above : (box.current?.scrollTop ?? 0) - top;
  const boxPx = listPx + slack.above + slack.below;
  return useMemo(
    () => ({ rows, top, offset, boxPx, viewPx, scrollTo, shiftBy, settle, topNow, viewNow }),
    [rows, top, offset, boxPx, viewPx, scrollTo, shiftBy, settle, topNow, viewNow],
  );
}
