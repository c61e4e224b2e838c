/**
 * A browser lays out boxes only up to some height, and paints them exactly only up to less (32-bit floats: whole
 * pixels up to 2²⁴). A longer list scrolls in a shorter box: `virtual` is the height of all rows, `box` that of the
 * element, `view` that of what is in sight.
 */
export const MOST_PX = 8_000_000;

export type Scale = { virtual: number; box: number; view: number };

export function scaleOf(rows: number, rowPx: number, view: number): Scale {
  const virtual = rows * rowPx;
  return { virtual, box: Math.min(virtual, MOST_PX), view };
}

const span = (height: number, view: number): number => Math.max(1, height - view);

/** Where in the list the box's scroll position stands. */
export const toVirtual = (scale: Scale, scrollTop: number): number =>
  scale.virtual === scale.box ? scrollTop : (scrollTop * span(scale.virtual, scale.view)) / span(scale.box, scale.view);

/** The scroll position of the box that stands for this place in the list. */
export const toBox = (scale: Scale, top: number): number =>
  scale.virtual === scale.box ? top : Math.round((top * span(scale.box, scale.view)) / span(scale.virtual, scale.view));

/** The nearest place that can be scrolled to. */
export const within = (scale: Scale, top: number): number =>
  Math.max(0, Math.min(top, Math.max(0, scale.virtual - scale.view)));

/** Room above and below a list that is held at `top` beyond its ends; none for null, nor in a list that is scaled. */
export function slackOf({ virtual, box, view }: Scale, top: number | null): { above: number; below: number } {
  if (top === null || virtual !== box) return { above: 0, below: 0 };
  // In a list that is shorter than the view the room below begins where the view ends.
  return { above: Math.max(0, -top), below: top > Math.max(0, virtual - view) ? top + view - virtual : 0 };
}
