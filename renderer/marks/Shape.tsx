import type { LayerRole } from '../../shared/ipc/probe.ts';
import type { Ink, Shape } from './shapes.ts';

/** The colour's name: a role, or a neutral one. */
export const inkOf = (ink: Ink, role: LayerRole): string => (ink === 'role' ? role : ink);

/** The paths of a shape, each classed with its colour (`fill-upper`, `stroke-text`, …; see styles/marks.css). */
export function ShapePaths({ shape, role }: { shape: Shape; role: LayerRole }) {
  return (
    <>
      {shape.strokes.map((stroke) => (
        <path
          key={stroke.d}
          className={`stroke-${inkOf(stroke.ink, role)}`}
          d={stroke.d}
          strokeWidth={stroke.width}
          strokeDasharray={stroke.dash}
          strokeLinecap={stroke.round ? 'round' : undefined}
        />
      ))}
      {shape.fills.map((fill) => (
        <path key={fill.d} className={`fill-${inkOf(fill.ink, role)}`} d={fill.d} />
      ))}
    </>
  );
}
