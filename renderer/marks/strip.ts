import type { CellKind } from '../../shared/ipc/engine.ts';
import type { LayerRole } from '../../shared/ipc/probe.ts';
import { cellWords } from './shapes.ts';

/** Up to so many layers have a cell each. Above that a strip names the layers that count, as many as this fits. */
export const STRIP_CELLS = 8;
const COMPACT_CELLS = 5;

export type StripCell = { layer: number; kind: CellKind };
/** What a strip shows: cells in layer order, and how many layers in use found no room. */
export type Strip = { cells: StripCell[]; more: number; labelled: boolean };

/** What makes an object what it is; an outline below is context, and gives way first. */
const inUse = (kind: CellKind): boolean => kind !== 'absent' && kind !== 'hidden';
const uncertain = (kind: CellKind): boolean => kind === 'unknown' || kind === 'stands' || kind === 'reading';

/**
 * The strip of an object. `cells` are those that are not absent, in layer order. With up to eight layers each has its
 * place; above that: the upper, then the layers in use with their numbers, then +n. Unknown layers come before used
 * ones that must give way, and hidden ones stand only where there is room.
 */
export function stripOf(layers: readonly number[], cells: readonly (readonly [number, CellKind])[]): Strip {
  if (layers.length <= STRIP_CELLS) {
    const kinds = new Map(cells);
    return {
      cells: layers.map((layer) => ({ layer, kind: kinds.get(layer) ?? 'absent' })),
      more: 0,
      labelled: false,
    };
  }
  const all = cells.map(([layer, kind]) => ({ layer, kind }));
  const hasUpper = layers.includes(0);
  const upper: StripCell[] = hasUpper ? [all.find((cell) => cell.layer === 0) ?? { layer: 0, kind: 'absent' }] : [];
  const below = all.filter((cell) => cell.layer !== 0);
  const room = COMPACT_CELLS - upper.length;
  const used = below.filter((cell) => inUse(cell.kind));

  const chosen = new Set<StripCell>(used);
  if (used.length > room) {
    chosen.clear();
    for (const cell of used.filter((one) => uncertain(one.kind)).slice(0, room)) chosen.add(cell);
    for (const cell of used.filter((one) => !uncertain(one.kind)).slice(0, room - chosen.size)) chosen.add(cell);
    // The topmost used layer gives the object its bytes: it stays, whatever is unknown around it.
    const top = used.find((one) => !uncertain(one.kind));
    if (top && !chosen.has(top) && !(upper[0] && inUse(upper[0].kind))) {
      chosen.delete([...chosen].at(-1) as StripCell);
      chosen.add(top);
    }
  } else {
    for (const cell of below.filter((one) => one.kind === 'hidden').slice(0, room - used.length)) chosen.add(cell);
  }
  const lower = [...chosen].sort((a, b) => a.layer - b.layer);
  return {
    cells: [...upper, ...lower],
    more: used.filter((cell) => !chosen.has(cell)).length,
    labelled: true,
  };
}

/** What stands above a cell in the header: U for the upper, else its number. */
export const layerLabel = (layer: number): string => (layer === 0 ? 'U' : String(layer));

/** A layer in words. */
export function layerWords(layer: number, role: LayerRole): string {
  if (role === 'upper') return 'upper';
  return role === 'data' ? `data-only lower ${layer}` : `lower ${layer}`;
}

/** One cell in words, for its tooltip. */
export const cellSentence = (cell: StripCell, role: LayerRole): string =>
  `${layerWords(cell.layer, role)}: ${cellWords(cell.kind)}`;

/** The whole strip in words, absent layers left out; runs of layers with the same cell are told together. */
export function stripWords(
  cells: readonly (readonly [number, CellKind])[],
  roleOf: (layer: number) => LayerRole,
): string {
  const parts: { from: number; to: number; kind: CellKind; role: LayerRole }[] = [];
  for (const [layer, kind] of cells) {
    if (kind === 'absent') continue;
    const role = roleOf(layer);
    const last = parts.at(-1);
    if (last && last.kind === kind && last.role === role && last.to === layer - 1) last.to = layer;
    else parts.push({ from: layer, to: layer, kind, role });
  }
  if (parts.length === 0) return 'in no layer';
  return parts
    .map(({ from, to, kind, role }) => {
      const name =
        from === to ? layerWords(from, role) : `${layerWords(from, role).replace('lower', 'lowers')} to ${to}`;
      return `${name} ${cellWords(kind)}`;
    })
    .join('; ');
}
