import { useLive } from '../state/live.ts';
import { countText } from '../tree/format.ts';

/** How the watch stands, in a line. */
export function Standing() {
  const phase = useLive((live) => live.phase);
  const failure = useLive((live) => live.failure);
  const count = useLive(({ log, turn: _ }) => log.next);
  const text = {
    off: 'not watched',
    starting: 'starting: the layers are read once more, so that nothing is missed',
    watching: `${countText(count)} ${count === 1 ? 'event' : 'events'}`,
    rescanning: 'records were lost: everything is being read again',
    unmounted: 'unmounted: this is the last picture',
    failed: `not watched: ${failure?.message ?? 'it ended'}`,
  }[phase];
  // What is counted is not read out each time that it grows.
  return (
    <span className="live-standing cut" role={phase === 'watching' ? undefined : 'status'}>
      {text}
    </span>
  );
}
