import type { CellKind } from '../../shared/ipc/engine.ts';
import type { LayerRole } from '../../shared/ipc/probe.ts';
import { ShapePaths } from './Shape.tsx';
import { CELLS } from './shapes.ts';

/** One cell of the layer strip. It is decoration: the words beside it say the same. */
export function Cell({ kind, role, className }: { kind: CellKind; role: LayerRole; className?: string }) {
  return (
    <svg className={className ?? 'cell'} viewBox="0 0 12 12" aria-hidden="true">
      <ShapePaths shape={CELLS[kind]} role={role} />
    </svg>
  );
}
