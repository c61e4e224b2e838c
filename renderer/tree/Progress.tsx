import { RefreshCw } from 'lucide-react';
import { useEffect, useState } from 'react';
import { cancelReading, scanAgain } from '../actions/stacks.ts';
import { useSession } from '../state/session.ts';
import { countText, secondsText } from './format.ts';

/** A reading that is over sooner is not spoken of. */
const QUIET_MS = 250;

/** While layers are read: how much, how long, and how to stop. What was read when it was cancelled is said too. */
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

  if (phase === 'cancelled')
    return (
      <div className="notice" role="status">
        <RefreshCw className="i" aria-hidden="true" />
        <span>
          <b>The reading was cancelled.</b>{' '}
          <small>
            {countText(state?.rawEntries ?? 0)} entries were read; what was not is <i className="unknown">unknown</i>.
          </small>
        </span>
        <span className="acts">
          <ScanAgain />
        </span>
      </div>
    );
  if (!isReading || elapsed < QUIET_MS || state === null) return null;
  const done = state.layers.filter((layer) => layer.done).length;
  return (
    <>
      <div className="prog" role="progressbar" aria-label="Reading the layers">
        <i />
      </div>
      <div className="notice">
        <RefreshCw className="i" aria-hidden="true" />
        <span>
          <b>{countText(state.rawEntries)}</b> entries read{' '}
          <small>
            · {done} of {state.layers.length} {state.layers.length === 1 ? 'layer' : 'layers'} done ·{' '}
            {secondsText(elapsed / 1000)}
            {phase === 'merging' && ' · merging'}
          </small>
        </span>
        <span className="acts">
          <button type="button" onClick={cancelReading}>
            Cancel <kbd>Esc</kbd>
          </button>
        </span>
      </div>
    </>
  );
}

const ScanAgain = () => (
  <button type="button" onClick={() => void scanAgain()}>
    Scan again <kbd>F5</kbd>
  </button>
);

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
