import type { Status } from '../../shared/ipc/engine.ts';
import type { LayerRole } from '../../shared/ipc/probe.ts';
import { ShapePaths } from './Shape.tsx';
import { GLYPHS } from './shapes.ts';

/** The small shape before a status word. `top` is the role of the topmost layer that has the name. */
export function Glyph({ status, top = 'upper' }: { status: Status; top?: LayerRole }) {
  return (
    <svg className="glyph" viewBox="0 0 12 12" aria-hidden="true">
      <ShapePaths shape={GLYPHS[status]} role={top} />
    </svg>
  );
}
