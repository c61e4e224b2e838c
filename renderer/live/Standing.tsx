import { plural } from '../app/words.ts';
import { useLive } from '../state/live.ts';
import { countText, sizeText } from '../tree/format.ts';

/** How the watch stands, in a line. */
export function Standing() {
  const phase = useLive((live) => live.phase);
  const { held, bytes, born } = useLive((live) => live.temporary);
  const text = {
    off: 'not watched',
    starting: 'starting: the layers are read once more, so that nothing is missed',
    watching: `${countText(held)} held now${bytes > 0n ? `, ${sizeText(String(bytes))}` : ''} · ${plural(born, 'temporary file')} in the last minute`,
    rescanning: 'everything is being read again',
    unmounted: 'not watched any more',
    failed: 'not watched',
  }[phase];
  // What is counted is not read out each time that it grows.
  return (
    <span className="live-standing cut" role={phase === 'watching' ? undefined : 'status'}>
      {text}
    </span>
  );
}
