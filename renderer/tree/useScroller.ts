import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useMemo, useRef } from 'react';
import { ROW_PX } from './RowView.tsx';
import { type Scale, scaleOf, toBox, toVirtual, within } from './scale.ts';

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

  const topNow = useCallback((): number => {
    const scrollTop = box.current?.scrollTop ?? 0;
    if (Math.abs(exact.current.scrollTop - scrollTop) >= 1)
      exact.current = { scrollTop, top: toVirtual(scale.current, scrollTop) };
    return exact.current.top;
  }, [box]);

  const scrollTo = useCallback(
    (to: number): void => {
      const element = box.current;
      if (!element) return;
      const top = within(scale.current, to);
      element.scrollTop = toBox(scale.current, top);
      exact.current = { scrollTop: element.scrollTop, top };
    },
    [box],
  );

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
        report(topNow(), true);
        clearTimeout(rest);
        rest = setTimeout(() => report(topNow(), false), REST_MS);
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
  const top = rows.scrollOffset ?? 0;
  const { virtual, box: boxPx, view: viewPx } = scale.current;
  const offset = virtual === boxPx ? 0 : (box.current?.scrollTop ?? 0) - top;
  return useMemo(
    () => ({ rows, top, offset, boxPx, viewPx, scrollTo, topNow, viewNow }),
    [rows, top, offset, boxPx, viewPx, scrollTo, topNow, viewNow],
  );
}
