import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';

type Held = {
  rows: Virtualizer<HTMLDivElement, Element>;
  /** For the box that scrolls. */
  handlers: { onPointerEnter(): void; onPointerLeave(): void; onScroll(): void };
};

/**
 * A virtual list that grows at its top. At the top it follows what comes; where it is scrolled, the pointer is over it,
 * or a row is chosen (`isPinned`), what is in sight stays where it is. `next` grows by one with each row that is put in;
 * another `list` begins at its top.
 */
export function useHeld(
  box: RefObject<HTMLDivElement | null>,
  options: { count: number; next: number; rowPx: number; headPx: number; isPinned: boolean; list: unknown },
): Held {
  const { count, next, rowPx, headPx, isPinned, list } = options;
  const isAtTop = useRef(true);
  const isOver = useRef(false);
  const last = useRef({ next, list });
  /** Where the list was put by this hook: such a scroll is not the person's. */
  const put = useRef(0);
  const rows = useVirtualizer<HTMLDivElement, Element>({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    overscan: 4,
    // The head sticks above the rows.
    scrollPaddingStart: headPx,
    scrollPaddingEnd: headPx,
    getItemKey: (index) => next - 1 - index,
  });
  // Before the paint, so that what came in above is never seen to push.
  useLayoutEffect(() => {
    const came = next - last.current.next;
    const isOther = last.current.list !== list;
    last.current = { next, list };
    const element = box.current;
    if (!element || (came === 0 && !isOther)) return;
    if (isOther) isAtTop.current = true;
    const isFree = isOther || (isAtTop.current && !isOver.current && !isPinned);
    element.scrollTop = isFree ? 0 : element.scrollTop + came * rowPx;
    put.current = element.scrollTop;
  }, [next, list, box, rowPx, isPinned]);
  // Who lets go of a row at the top is at the top again.
  useEffect(() => {
    if (!isPinned && isAtTop.current && !isOver.current && box.current) box.current.scrollTop = 0;
  }, [isPinned, box]);
  return {
    rows,
    handlers: {
      onPointerEnter: () => {
        isOver.current = true;
      },
      onPointerLeave: () => {
        isOver.current = false;
        if (isAtTop.current && !isPinned && box.current) box.current.scrollTop = 0;
      },
      onScroll: () => {
        const top = box.current?.scrollTop ?? 0;
        if (Math.abs(top - put.current) >= 1) isAtTop.current = top === 0;
        put.current = top;
      },
    },
  };
}
