import type { ReactElement } from 'react';
import type { CellKind } from '../../shared/ipc/engine.ts';
import type { LayerRole } from '../../shared/ipc/probe.ts';
import { Cell } from './Cell.tsx';
import { shiftPath } from './path.ts';
import { inkOf } from './Shape.tsx';
import { CELLS } from './shapes.ts';
import { layerLabel, type Strip, stripOf, stripWords } from './strip.ts';

/** The layers of a stack as a strip needs them. Make one per stack: strips are cached beside it. */
export type StripLayers = {
  layers: readonly number[];
  roleOf: (layer: number) => LayerRole;
  cache: Map<string, ReactElement>;
};

export function stripLayers(layers: readonly { layer: number; role: LayerRole }[]): StripLayers {
  const roles = new Map(layers.map(({ layer, role }) => [layer, role]));
  return {
    layers: layers.map(({ layer }) => layer),
    roleOf: (layer) => roles.get(layer) ?? (layer === 0 ? 'upper' : 'lower'),
    cache: new Map(),
  };
}

/** Width of a cell and the gap after it, as in the tokens. */
export const CELL_STEP = 15;
const CACHED = 2000;

/**
 * The strip of one row. Few of them differ: each is made once and the same element given again, so that a list that
 * scrolls has nothing to compare.
 */
export function stripElement(stack: StripLayers, cells: readonly (readonly [number, CellKind])[]): ReactElement {
  const key = cells.join();
  const known = stack.cache.get(key);
  if (known) return known;
  const strip = stripOf(stack.layers, cells);
  const words = stripWords(cells, stack.roleOf);
  const made = strip.labelled ? (
    <LabelledStrip strip={strip} stack={stack} words={words} />
  ) : (
    <PlainStrip strip={strip} stack={stack} words={words} />
  );
  if (stack.cache.size >= CACHED) stack.cache.clear();
  stack.cache.set(key, made);
  return made;
}

type Parts = { strip: Strip; stack: StripLayers; words: string };

type Ink = { className: string; width?: number | undefined; dash?: string | undefined; round?: boolean | undefined };

/** Everything that is drawn in the same way, as one path. */
function inksOf(strip: Strip, stack: StripLayers): (Ink & { d: string })[] {
  const inks = new Map<string, Ink & { d: string }>();
  const put = (ink: Ink, d: string, at: number): void => {
    const key = Object.values(ink).join();
    const known = inks.get(key);
    const moved = shiftPath(d, at * CELL_STEP);
    if (known) known.d += moved;
    else inks.set(key, { ...ink, d: moved });
  };
  for (const [at, cell] of strip.cells.entries()) {
    const role = stack.roleOf(cell.layer);
    const { fills, strokes } = CELLS[cell.kind];
    for (const { d, ink, width, dash, round } of strokes)
      put({ className: `stroke-${inkOf(ink, role)}`, width, dash, round }, d, at);
    for (const { d, ink } of fills) put({ className: `fill-${inkOf(ink, role)}` }, d, at);
  }
  return [...inks.values()];
}

function PlainStrip({ strip, stack, words }: Parts) {
  const width = strip.cells.length * CELL_STEP - 3;
  return (
    <svg className="strip-shapes" width={width} height="12" role="img" aria-label={words}>
      {inksOf(strip, stack).map((ink) => (
        <path
          key={ink.d}
          className={ink.className}
          d={ink.d}
          strokeWidth={ink.width}
          strokeDasharray={ink.dash}
          strokeLinecap={ink.round ? 'round' : undefined}
        />
      ))}
    </svg>
  );
}

function LabelledStrip({ strip, stack, words }: Parts) {
  return (
    <span className="strip" role="img" aria-label={words}>
      {strip.cells.map((cell) => (
        <span key={cell.layer} className="strip-cell" data-layer={cell.layer}>
          <Cell kind={cell.kind} role={stack.roleOf(cell.layer)} />
          <span className="lab">{layerLabel(cell.layer)}</span>
        </span>
      ))}
      {strip.more > 0 && <span className="more">+{strip.more}</span>}
    </span>
  );
}
