import type { WatchEventName } from '../../shared/contract/watch.ts';
import type { CellKind, Status } from '../../shared/ipc/engine.ts';

/**
 * The shapes of the layer strip and of the status column, in a box of 12 × 12. The shape says what stands in a layer;
 * the colour, which the caller gives, says which role the layer has.
 */
export type Stroke = { d: string; width: number; dash?: string; round?: boolean; ink: Ink };
export type Fill = { d: string; ink: Ink };
/** `role`: the colour of the layer; `lower`, `upper`, `temp`: of that role whatever the layer; `shape`, `text`: neutral. */
export type Ink = 'role' | 'upper' | 'lower' | 'temp' | 'shape' | 'text';
export type Shape = { fills: readonly Fill[]; strokes: readonly Stroke[] };

/** A rectangle with rounded corners as path data. */
const box = (x: number, y: number, w: number, h: number, r: number): string =>
  `M${x + r} ${y}h${w - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${h - 2 * r}a${r} ${r} 0 0 1 ${-r} ${r}h${2 * r - w}a${r} ${r} 0 0 1 ${-r} ${-r}v${2 * r - h}a${r} ${r} 0 0 1 ${r} ${-r}z`;
const circle = (x: number, y: number, r: number): string =>
  `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;

const role = (d: string): Fill => ({ d, ink: 'role' });
const FRAME: Stroke = { d: box(1, 1, 10, 10, 2), width: 1.5, ink: 'role' };
const CROSS: Stroke = { d: 'M2 2l8 8M10 2l-8 8', width: 2, round: true, ink: 'role' };
const QUESTION: Stroke = {
  d: 'M3.6 4a2.4 2.4 0 1 1 3.6 2.1C6.3 6.6 6 7 6 7.8M6 10.3v.2',
  width: 1.5,
  round: true,
  ink: 'text',
};
const DOTS: Stroke = { d: 'M1.5 6h.01M6 6h.01M10.5 6h.01', width: 2.2, round: true, ink: 'shape' };

export const CELLS: Record<CellKind, Shape> = {
  used: { fills: [role(box(0.5, 0.5, 11, 11, 2))], strokes: [] },
  hidden: { fills: [], strokes: [FRAME] },
  origin: { fills: [role(circle(6, 6, 2.25))], strokes: [FRAME] },
  whiteout: { fills: [], strokes: [CROSS] },
  opaque: { fills: [role(box(0.5, 4.25, 11, 7.25, 1.5)), role('M.5 .25h11v2h-11z')], strokes: [] },
  metacopy: { fills: [role('M1 1H11L1 11Z')], strokes: [FRAME] },
  data: { fills: [role('M11 1V11H1Z')], strokes: [FRAME] },
  stands: { fills: [], strokes: [{ ...FRAME, dash: '2.6 1.9' }] },
  unknown: { fills: [], strokes: [QUESTION] },
  reading: { fills: [], strokes: [DOTS] },
  absent: { fills: [{ d: circle(6, 6, 1.25), ink: 'shape' }], strokes: [] },
};

const SMALL = box(2, 2, 8, 8, 1.5);

export const GLYPHS: Record<Status, Shape> = {
  lower: { fills: [{ d: SMALL, ink: 'lower' }], strokes: [] },
  upper: { fills: [{ d: SMALL, ink: 'upper' }], strokes: [] },
  'copied up': {
    fills: [{ d: box(4.5, 1, 6.5, 6.5, 1), ink: 'upper' }],
    strokes: [{ d: 'M3.5 5H1.75V10.25H7V8.5', width: 1.5, ink: 'lower' }],
  },
  metacopy: {
    fills: [
      { d: 'M1.5 1.5H9.5L1.5 9.5Z', ink: 'upper' },
      { d: 'M10.5 3V10.5H3Z', ink: 'lower' },
    ],
    strokes: [],
  },
  merged: {
    fills: [role(box(1.5, 2, 9, 3.25, 1)), { d: box(1.5, 6.75, 9, 3.25, 1), ink: 'lower' }],
    strokes: [],
  },
  whiteout: { fills: [], strokes: [CROSS] },
  hidden: {
    fills: [],
    strokes: [
      { d: box(2, 2, 8, 8, 1.5), width: 1.5, ink: 'role' },
      { d: 'M1 11L11 1', width: 1.25, ink: 'role' },
    ],
  },
  unknown: { fills: [], strokes: [QUESTION] },
  reading: { fills: [], strokes: [DOTS] },
};

const CELL_WORDS: Record<CellKind, string> = {
  absent: 'absent',
  used: 'used',
  hidden: 'hidden',
  origin: 'hidden, gives the number',
  whiteout: 'whiteout',
  opaque: 'opaque, nothing below shows through',
  metacopy: 'metacopy, attributes from here',
  data: 'data from here',
  stands: 'stands there, whether used is unknown',
  unknown: 'unknown',
  reading: 'being read',
};

/** What a cell says, for tooltips and screen readers. */
export const cellWords = (kind: CellKind): string => CELL_WORDS[kind];

const TEMPORARY: Shape = {
  fills: [],
  strokes: [{ d: box(1.75, 1.75, 8.5, 8.5, 1.5), width: 1.5, dash: '2.4 1.6', ink: 'temp' }],
};

/** The shape of each thing that can happen: that of what it leaves behind. */
export const EVENTS: Record<WatchEventName, Shape> = {
  created: GLYPHS.upper,
  'copied-up': GLYPHS['copied up'],
  modified: GLYPHS.upper,
  metadata: GLYPHS.upper,
  renamed: GLYPHS.upper,
  linked: GLYPHS.upper,
  whiteout: GLYPHS.whiteout,
  removed: CELLS.hidden,
  revealed: GLYPHS.lower,
  opaque: CELLS.opaque,
  'temp-born': TEMPORARY,
  'temp-written': TEMPORARY,
  'temp-linked': { fills: [{ d: SMALL, ink: 'temp' }], strokes: [] },
  'temp-died': { fills: [], strokes: [{ ...CROSS, ink: 'temp' }] },
  orphan: { fills: [], strokes: [{ d: box(1.75, 1.75, 8.5, 8.5, 1.5), width: 1.5, dash: '2.4 1.6', ink: 'upper' }] },
  'layer-changed': { fills: [role(circle(6, 6, 2.25))], strokes: [FRAME] },
  overflow: { fills: [], strokes: [QUESTION] },
  rescanned: { fills: [], strokes: [DOTS] },
};
