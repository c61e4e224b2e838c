import { type RefObject, useEffect, useState } from 'react';
import type { StripLayers } from '../marks/StripView.tsx';
import { useRows } from '../state/rows.ts';
import { tipOf } from './tips.ts';
import { rowAt } from './window.ts';

const DELAY_MS = 350;

type Tip = { x: number; y: number; text: string };

/** Looks up what the pointer is over. */
function tipAt(event: PointerEvent, strips: StripLayers): Tip | null {
  const target = event.target as Element;
  const column = target.closest<HTMLElement>('[data-col]');
  const line = target.closest<HTMLElement>('[data-index],[data-sticky]');
  const row = line && rowAt(useRows.getState().window, Number(line.dataset.index ?? line.dataset.sticky));
  if (!column || !row) return null;
  const box = column.getBoundingClientRect();
  const layer = target.closest<HTMLElement>('[data-layer]')?.dataset.layer;
  const name = column.querySelector('.x');
  const text = tipOf(
    row,
    {
      column: column.dataset.col ?? '',
      x: event.clientX - box.left,
      layer: layer === undefined ? null : Number(layer),
      isCut: name !== null && name.scrollWidth > name.clientWidth,
    },
    strips,
  );
  return text === null ? null : { x: event.clientX, y: box.bottom + 2, text };
}

/**
 * One tooltip for all cells of the tree. What it says, a screen reader finds in the cells themselves; it is made when
 * the pointer rests, so that rows carry no listeners and no text for it.
 */
export function TreeTip({ grid, strips }: { grid: RefObject<HTMLDivElement | null>; strips: StripLayers }) {
  const [tip, setTip] = useState<Tip | null>(null);
  useEffect(() => {
    const element = grid.current;
    if (!element) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = (): void => {
      clearTimeout(timer);
      setTip(null);
    };
    const move = (event: PointerEvent): void => {
      clearTimeout(timer);
      timer = setTimeout(() => setTip(tipAt(event, strips)), DELAY_MS);
      setTip((now) => (now && tipAt(event, strips)?.text === now.text ? now : null));
    };
    element.addEventListener('pointermove', move, { passive: true });
    for (const name of ['pointerleave', 'pointerdown', 'scroll', 'keydown'] as const)
      element.addEventListener(name, hide, { passive: true });
    return () => {
      clearTimeout(timer);
      element.removeEventListener('pointermove', move);
      for (const name of ['pointerleave', 'pointerdown', 'scroll', 'keydown'] as const)
        element.removeEventListener(name, hide);
    };
  }, [grid, strips]);
  if (!tip) return null;
  const atRight = tip.x > window.innerWidth / 2;
  return (
    <div
      className="tip"
      aria-hidden="true"
      style={atRight ? { right: window.innerWidth - tip.x, top: tip.y } : { left: tip.x, top: tip.y }}
    >
      {tip.text}
    </div>
  );
}
