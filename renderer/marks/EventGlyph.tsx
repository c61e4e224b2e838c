import type { WatchEventName } from '../../shared/contract/watch.ts';
import type { LayerRole } from '../../shared/ipc/probe.ts';
import { ShapePaths } from './Shape.tsx';
import { EVENTS } from './shapes.ts';

/** The small shape before the word of an event. `of` is the role of the layer in which it happened. */
export function EventGlyph({ event, of }: { event: WatchEventName; of: LayerRole }) {
  return (
    <svg className="glyph" viewBox="0 0 12 12" aria-hidden="true">
      <ShapePaths shape={EVENTS[event]} role={of} />
    </svg>
  );
}
