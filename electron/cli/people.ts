import { asBytes, type Bytes, bytesOfBase64, bytesOfText } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { ListObject, ScanObject } from '../../shared/contract/scan.ts';
import { cellOf, statusOf } from '../../shared/explain/index.ts';
import { findingOf } from '../../shared/findings/index.ts';
import type { CellKind } from '../../shared/ipc/engine.ts';

import type { Colour, Paint } from './text.ts';

/** How objects look to people at a terminal: the strip of layers, the status, sizes and names. */

/** A text field of the contract as eyes may see it; its base64 twin is exact where it stands. */
export const eyes = (text: string, b64?: string): string => textForEyes(bytesOf(text, b64));
export const bytesOf = (text: string, b64?: string): Bytes =>
  b64 === undefined ? bytesOfText(text) : bytesOfBase64(b64);

const CELL_SHAPES: Record<CellKind, string> = {
  absent: '·',
  used: '■',
  hidden: '□',
  origin: '◈',
  whiteout: '✕',
  opaque: '▀',
  metacopy: '◩',
  data: '◪',
  stands: '▨',
  unknown: '?',
  reading: '…',
};
/** The key to the strip, in the order of what one meets most. */
export const STRIP_KEY =
  '■ used  □ hidden  ◈ origin  ✕ whiteout  ▀ opaque  ◩ metacopy  ◪ its data  ▨ unknown whether used  ? not readable  · absent';

/** Above so many layers the strip names those in use instead of giving each a cell. */
const STRIP_CELLS = 8;

/** Width of the strip of a stack, and the function that draws an object's. */
export function stripOf(
  stack: ListObject,
  paint: Paint,
): { width: number; head: string; draw(object: ScanObject): string } {
  const role = new Map(stack.layers.map((layer) => [layer.layer, layer.role]));
  const unread = new Set(
    stack.layers.filter(({ state }) => state === 'unreadable' || state === 'missing').map(({ layer }) => layer),
  );
  const word = (layer: number): string => (layer === 0 ? 'U' : String(layer));
  const colour = (layer: number): Colour => role.get(layer) ?? 'lower';
  if (stack.layers.length <= STRIP_CELLS) {
    return {
      width: stack.layers.length,
      head: stack.layers.map(({ layer }) => word(layer).slice(-1)).join(''),
      draw: (object) => {
        const kinds = new Map(object.entries.map((entry) => [entry.layer, cellOf(entry, object)]));
        return stack.layers
          .map(({ layer }) => {
            const kind = kinds.get(layer) ?? (unread.has(layer) ? 'unknown' : 'absent');
            return paint(CELL_SHAPES[kind], kind === 'absent' ? 'dim' : colour(layer));
          })
          .join('');
      },
    };
  }
  return {
    width: 14,
    head: 'layers',
    draw: (object) => {
      const cells = object.entries.map((entry) => `${word(entry.layer)}${CELL_SHAPES[cellOf(entry, object)]}`);
      const shown = cells.length > 3 ? [...cells.slice(0, 2), `+${cells.length - 2}`] : cells;
      const text = shown.join(' ');
      return paint(text.padEnd(14), colour(object.entries[0]?.layer ?? 1));
    },
  };
}

/** Status with what else must be said of it in one breath: `hidden by whiteout`, `upper, opaque`, `lower EPERM`. */
export function statusText(object: ScanObject): string {
  const words: string[] = [statusOf(object)];
  if (object.hiddenBy !== null) words[0] += ` by ${object.hiddenBy}`;
  const marks = object.marks.filter((mark) => mark !== 'whiteout' && mark !== 'impure' && mark !== statusOf(object));
  words.push(...marks.filter((mark) => !mark.startsWith('unknown:')));
  if (marks.some((mark) => mark.startsWith('unknown:'))) words.push('marks unknown');
  const isGone = object.hiddenBy !== null || object.type === 'whiteout';
  if (object.lookup !== (isGone ? 'ENOENT' : 'ok'))
    words.push(object.lookup === 'unknown' ? 'lookup unknown' : object.lookup);
  // Notes stand at half the tree: they are doctor's to tell.
  words.push(...object.findings.filter((code) => findingOf(code).severity !== 'note'));
  return [...new Set(words)].join(', ');
}

const UNITS = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/** Whether a size means anything to people here. */
export const hasSize = ({ type }: ScanObject): boolean => type === 'file' || type === 'symlink' || type === 'unknown';

/** A size of at most five characters: `924`, `1.7k`, `348M`. */
export function sizeText(size: string): string {
  if (size === 'unknown') return '?';
  let value = Number(size);
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return unit === 0 ? size : `${value < 9.95 ? value.toFixed(1) : Math.round(value)}${UNITS[unit]}`;
}

/** Last component of a path of the contract; the root is `/`. */
export function nameOf(object: { path: string; pathB64?: string | undefined }): string {
  const bytes = bytesOf(object.path, object.pathB64);
  return bytes === '' ? '/' : textForEyes(asBytes(bytes.slice(bytes.lastIndexOf('/') + 1)));
}

/** Depth of a path: the root is 0. */
export function depthOf(object: { path: string; pathB64?: string | undefined }): number {
  const bytes = bytesOf(object.path, object.pathB64);
  return bytes === '' ? 0 : bytes.split('/').length;
}
