import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { WatchEvent } from '../../shared/contract/watch.ts';
import { safeText } from '../app/words.ts';
import { marksBetween } from './axis.ts';
import { type Bar, barsBetween, type Lane, momentsBetween } from './lanes.ts';
import type { EventLog } from './log.ts';
import { barText, endText, momentText, pathOf } from './words.ts';

export const LANE_PX = 24;
/** Widths of the names at the left, and of what is left free at the right. */
export const NAMES_PX = 124;
export const END_PX = 16;
const MARK_PX = 72;
/** A bar that is narrower is no bar to the eye. */
const LEAST_PX = 3;

const TOKENS = [
  'bg',
  'panel',
  'line',
  'line-strong',
  'text',
  'text-2',
  'text-3',
  'upper',
  'lower',
  'temp',
  'upper-bg',
  'temp-bg',
  'selected',
  'accent',
] as const;

/** Colours and type, as the tokens have them on an element now. */
export type Look = Record<(typeof TOKENS)[number], string> & { font: string };

export function lookOf(element: HTMLElement): Look {
  const style = getComputedStyle(element);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const colours = Object.fromEntries(TOKENS.map((name) => [name, of(name)])) as Omit<Look, 'font'>;
  return { ...colours, font: of('font-ui') };
}

/** What is painted: these lanes from `top` px on, between two moments; what lives reaches `now`. */
export type Scene = {
  lanes: readonly Lane[];
  log: EventLog;
  top: number;
  width: number;
  height: number;
  from: number;
  to: number;
  now: number;
  chosen: string | null;
};

/** Something that was painted and can be pointed at. */
export type Hit = { lane: string; x0: number; x1: number; y: number; at: number; text: string; path: Bytes | null };

/** Prepares a canvas of this size in CSS pixels; null where it has none. */
export function canvasOf(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D | null {
  const scale = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    // What lies under it, and takes the pointer, is as high.
    if (canvas.parentElement?.className === 'timeline-view') canvas.parentElement.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d');
  context?.setTransform(scale, 0, 0, scale, 0, 0);
  context?.clearRect(0, 0, width, height);
  return context;
}

const xOf = ({ from, to, width }: Pick<Scene, 'from' | 'to' | 'width'>, at: number): number =>
  ((at - from) / (to - from)) * width;

const leastOf = ({ from, to, width }: Pick<Scene, 'from' | 'to' | 'width'>): number =>
  (MARK_PX * (to - from)) / Math.max(1, width);

/** The axis above the lanes. */
export function paintAxis(
  context: CanvasRenderingContext2D,
  scene: Pick<Scene, 'from' | 'to' | 'width' | 'height'> & { isNow: boolean },
  look: Look,
): void {
  const { from, to, width, height, isNow } = scene;
  context.font = `11px ${look.font}`;
  context.textBaseline = 'middle';
  context.fillStyle = look['text-2'];
  const end = isNow ? width - 40 : width;
  for (const { at, label } of marksBetween(from, to, leastOf(scene))) {
    const x = Math.round(xOf(scene, at));
    context.fillStyle = look['line-strong'];
    context.fillRect(x, 0, 1, height);
    context.fillStyle = look['text-2'];
    if (x + 4 + context.measureText(label).width < end) context.fillText(label, x + 4, height / 2);
  }
  if (!isNow) return;
  context.font = `600 11px ${look.font}`;
  context.fillStyle = look.text;
  context.textAlign = 'right';
  context.fillText('now', width, height / 2);
  context.textAlign = 'left';
}

/** Paints the lanes in sight, their names left of x = 0; returns what can be pointed at. */
export function paintLanes(context: CanvasRenderingContext2D, scene: Scene, look: Look): Hit[] {
  const { lanes, top, width, height, now } = scene;
  context.fillStyle = look.panel;
  context.fillRect(-NAMES_PX, 0, NAMES_PX - 1, height);
  context.fillStyle = look.line;
  context.fillRect(-1, 0, 1, height);
  for (const { at } of marksBetween(scene.from, scene.to, leastOf(scene))) {
    context.fillStyle = look.line;
    context.fillRect(Math.round(xOf(scene, at)), 0, 1, height);
  }
  const hits: Hit[] = [];
  const first = Math.max(0, Math.floor(top / LANE_PX));
  const last = Math.min(lanes.length - 1, Math.floor((top + height) / LANE_PX));
  context.textBaseline = 'middle';
  for (let index = first; index <= last; index++) {
    const lane = lanes[index] as Lane;
    const y = index * LANE_PX - top;
    context.save();
    context.beginPath();
    context.rect(0, 0, width + 2, height);
    context.clip();
    paintLane(context, scene, look, lane, y, hits);
    context.restore();
    paintName(context, look, lane, y, lane.key === scene.chosen);
  }
  const x = xOf(scene, now);
  if (x <= width + 1) {
    context.fillStyle = look.text;
    context.fillRect(Math.min(width - 2, Math.round(x) - 1), 0, 2, height);
  }
  return hits;
}

/** The name of a lane, left of it. */
function paintName(context: CanvasRenderingContext2D, look: Look, lane: Lane, y: number, isChosen: boolean): void {
  context.save();
  context.fillStyle = isChosen ? look.selected : look.panel;
  context.fillRect(-NAMES_PX, y, NAMES_PX - 1, LANE_PX);
  if (isChosen) {
    context.fillStyle = look.accent;
    context.fillRect(-NAMES_PX, y, 2, LANE_PX);
  }
  const middle = y + LANE_PX / 2 + 0.5;
  context.font = `${lane.pid === null ? 'italic ' : ''}12px ${look.font}`;
  const pid = lane.pid === null ? '' : String(lane.pid);
  const pidWide = context.measureText(pid).width;
  const room = NAMES_PX - 12 - 14 - pidWide;
  context.fillStyle = lane.pid === null ? look['text-2'] : look.text;
  const name = cut(context, lane.pid === null ? 'unknown' : safeText(lane.command), room);
  context.fillText(name, 12 - NAMES_PX, middle);
  context.fillStyle = isChosen ? look['text-2'] : look['text-3'];
  context.fillText(pid, 18 - NAMES_PX + context.measureText(name).width, middle);
  context.restore();
}

/** The text, or as much of its beginning as has room. */
function cut(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let end = text.length;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > room) end--;
  return `${text.slice(0, end)}…`;
}

type Taken = { x0: number; x1: number }[];
const isFree = (taken: Taken, x0: number, x1: number): boolean => taken.every((one) => x1 <= one.x0 || x0 >= one.x1);

function paintLane(
  context: CanvasRenderingContext2D,
  scene: Scene,
  look: Look,
  lane: Lane,
  y: number,
  hits: Hit[],
): void {
  const { from, to, width, log } = scene;
  const step = (to - from) / Math.max(1, width);
  const taken: Taken = [];
  const labels: { x: number; text: string }[] = [];
  for (const bar of barsBetween(lane, from, to, step)) {
    const hit = paintBar(context, scene, look, bar, y);
    hits.push({ ...hit, lane: lane.key });
    taken.push({ x0: hit.x0, x1: hit.x1 });
    const end = bar.end === 'linked' ? null : endText(bar);
    if (end !== null && hit.x1 < width) labels.push({ x: hit.x1 + 2, text: end });
  }
  for (const { at, index, count } of momentsBetween(lane, from, to, step * 4)) {
    const event = log.at(lane.numbers[index] as number);
    if (!event) continue;
    const x = xOf(scene, at);
    const r = MINOR.has(event.event) ? 2.5 : 4;
    paintDot(context, look, event, x, y + LANE_PX / 2, r);
    const text = count > 1 ? `${momentText(event)} and ${count - 1} more` : momentText(event);
    hits.push({ lane: lane.key, x0: x - 5, x1: x + 5, y, at, text, path: pathOf(event) });
    taken.push({ x0: x - 5, x1: x + 5 });
    labels.push({ x, text });
  }
  // The newest first: it is what one looks for.
  context.font = `11px ${look.font}`;
  for (const { x, text } of labels.slice(-60).reverse()) {
    const wide = context.measureText(text).width + 8;
    const left = x - 8 - wide;
    const right = x + 8;
    const start =
      right + wide <= width && isFree(taken, right, right + wide)
        ? right
        : left >= 0 && isFree(taken, left, left + wide)
          ? left
          : null;
    if (start === null) continue;
    taken.push({ x0: start, x1: start + wide });
    context.fillStyle = look.bg;
    context.fillRect(start, y + 4, wide, 16);
    context.fillStyle = look['text-2'];
    context.fillText(text, start + 4, y + LANE_PX / 2 + 0.5);
  }
}

/** Events that change what is there already. */
const MINOR: ReadonlySet<WatchEvent['event']> = new Set(['modified', 'metadata', 'opaque']);

function paintDot(
  context: CanvasRenderingContext2D,
  look: Look,
  event: WatchEvent,
  x: number,
  y: number,
  r: number,
): void {
  const colour = event.layer > 0 ? look.lower : look.upper;
  context.fillStyle = colour;
  context.strokeStyle = colour;
  context.lineWidth = 2;
  if (event.event === 'removed') {
    context.beginPath();
    context.arc(x, y, r - 1, 0, 7);
    context.stroke();
    return;
  }
  context.beginPath();
  context.arc(x, y, r, 0, 7);
  context.fill();
}

function paintBar(context: CanvasRenderingContext2D, scene: Scene, look: Look, bar: Bar, y: number): Omit<Hit, 'lane'> {
  const { width, now } = scene;
  const role = bar.kind === 'orphan' ? 'upper' : 'temp';
  const isOlder = bar.from < scene.from;
  const x0 = isOlder ? 0 : xOf(scene, bar.from);
  const end = xOf(scene, bar.to ?? now);
  const x1 = Math.max(x0 + LEAST_PX, Math.min(width, end));
  const [t, h] = [y + 4, 16];
  context.fillStyle = look[`${role}-bg`];
  context.fillRect(x0, t, x1 - x0, h);
  context.fillStyle = look[role];
  context.fillRect(x0, t, x1 - x0, 1);
  context.fillRect(x0, t + h - 1, x1 - x0, 1);
  // A stroke at its birth; what lives, or ends beyond, is open at the right.
  if (!isOlder) context.fillRect(x0, t, Math.min(3, x1 - x0), h);
  if (bar.to !== null && end <= width) context.fillRect(x1 - 1, t, 1, h);
  const text = barText(bar);
  if (x1 - x0 > 28) {
    context.save();
    context.beginPath();
    context.rect(x0, t, x1 - x0 - 3, h);
    context.clip();
    context.font = `11px ${look.font}`;
    context.fillStyle = look.text;
    context.fillText(text, x0 + (isOlder ? 4 : 7), y + LANE_PX / 2 + 0.5);
    context.restore();
  }
  if (bar.end === 'died' && end <= width) paintCross(context, look[role], x1, y + LANE_PX / 2);
  const path = bar.linkedTo ?? bar.path;
  const told = [text, endText(bar)].filter(Boolean).join('; ');
  return { x0, x1: x1 + (bar.end === 'died' ? 5 : 0), y, at: bar.from, text: told, path };
}

function paintCross(context: CanvasRenderingContext2D, colour: string, x: number, y: number): void {
  context.strokeStyle = colour;
  context.lineWidth = 2.2;
  context.lineCap = 'round';
  context.beginPath();
  context.moveTo(x - 4, y - 4);
  context.lineTo(x + 4, y + 4);
  context.moveTo(x + 4, y - 4);
  context.lineTo(x - 4, y + 4);
  context.stroke();
  context.lineCap = 'butt';
}
