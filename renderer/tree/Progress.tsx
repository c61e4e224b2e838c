import { useEffect, useState } from 'react';
import type { ViewState } from '../../shared/ipc/engine.ts';
import { cancelReading, scanAgain } from '../actions/stacks.ts';
import { useRows } from '../state/rows.ts';
import { useSession } from '../state/session.ts';
import { countText, secondsText } from './format.ts';

/** A reading that is over sooner is not spoken of. */
const QUIET_MS = 250;

/**
 * How much there is. While layers are read: how much so far, how long, and how to stop. It keeps its place in the bar, so
 * that no row moves when a reading begins or ends.
 */
export function Progress() {
  const state = useSession((session) => session.viewState);
  const link = useSession((session) => session.link);
  const phase = state?.phase ?? 'reading';
  const isReading = link === 'up' && (phase === 'reading' || phase === 'merging');
  const elapsed = useElapsed(isReading);

  useEffect(() => {
    if (!isReading) return;
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLInputElement;
      if (event.key === 'Escape' && !event.defaultPrevented && !isTyping) cancelReading();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [isReading]);

  if (state === null) return <span className="n">reading</span>;
  if (phase === 'cancelled')
    return (
      <>
        <span className="n" role="status">
          <b>Cancelled.</b> {countText(state.rawEntries)} entries were read; the rest is{' '}
          <i className="unknown">unknown</i>.
        </span>
        <button type="button" onClick={() => void scanAgain()}>
          Scan again <kbd>F5</kbd>
        </button>
      </>
    );
  if (!isReading || elapsed < QUIET_MS) return <Counts state={state} />;
  const done = state.layers.filter((layer) => layer.done).length;
  return (
    <>
      <div className="prog is-over" role="progressbar" aria-label="Reading the layers">
        <i />
      </div>
      <span className="n">
        <b>{countText(state.rawEntries)}</b> entries read · {done} of {state.layers.length}{' '}
        {state.layers.length === 1 ? 'layer' : 'layers'} done · {secondsText(elapsed / 1000)}
        {phase === 'merging' && ' · merging'}
      </span>
      <button type="button" onClick={cancelReading}>
        Cancel <kbd>Esc</kbd>
      </button>
    </>
  );
}

function Counts({ state }: { state: ViewState }) {
  const rows = useRows(({ window }) => window.total);
  return (
    <span className="n">
      {countText(state.objects)} {state.objects === 1 ? 'object' : 'objects'}
      {rows !== state.objects && <span className="dim"> · {countText(rows)} rows</span>}
      {state.unknown > 0 && <span className="dim"> · {countText(state.unknown)} unknown</span>}
    </span>
  );
}

/** Milliseconds since `running` became true, told four times a second. */
function useElapsed(running: boolean): number {
  const [elapsed, setElapsed] = useState(0);
  useEffect(() => {
    setElapsed(0);
    if (!running) return;
    const from = performance.now();
    const timer = setInterval(() => setElapsed(performance.now() - from), QUIET_MS);
    return () => clearInterval(timer);
  }, [running]);
  return elapsed;
}
