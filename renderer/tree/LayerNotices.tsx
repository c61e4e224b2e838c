import { Lock, OctagonAlert, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { scanAgain } from '../actions/stacks.ts';
import { nextStep, whatFailed } from '../app/failure-words.ts';
import { showDialog } from '../dialogs/open.ts';
import { type OpenStack, useSession } from '../state/session.ts';
import { layerProblems } from './problems.ts';

/** So many layers have a line each; the others are one line together until asked for. */
const LINES = 2;

/** What could not be read, beside what could; and what this user may not be told. */
export function LayerNotices({ stack }: { stack: OpenStack }) {
  const state = useSession((session) => session.viewState);
  const [all, setAll] = useState(false);
  const problems = layerProblems(stack.facts.layers, state?.layers ?? []);
  const shown = all || problems.length <= LINES + 1 ? problems : problems.slice(0, LINES);
  const more = problems.length - shown.length;
  return (
    <div className={all ? 'notices is-long' : 'notices'}>
      {state?.phase === 'failed' && state.error && (
        <div className="notice is-strong" role="alert">
          <OctagonAlert className="i f-error" aria-hidden="true" />
          <span>
            <b>This stack could not be read.</b>{' '}
            <small>{[whatFailed(state.error), nextStep(state.error)].filter(Boolean).join(' ')}</small>
          </span>
          <TryAgain />
        </div>
      )}
      {shown.map(({ layer, isError, title, text }) => (
        <div key={layer} className="notice" role="status" title={text}>
          {isError ? (
            <OctagonAlert className="i f-error" aria-hidden="true" />
          ) : (
            <TriangleAlert className="i f-warning" aria-hidden="true" />
          )}
          <span className="cut">
            <b>{title}</b> <small>{text}</small>
          </span>
          <TryAgain />
        </div>
      ))}
      {more > 0 && (
        <div className="notice">
          <TriangleAlert className="i f-warning" aria-hidden="true" />
          <span>and {more} more layers that can’t be read</span>
          <span className="acts">
            <button type="button" onClick={() => setAll(true)}>
              Show all
            </button>
          </span>
        </div>
      )}
      {stack.facts.privilege === 'partial' && <Partial />}
    </div>
  );
}

const TryAgain = () => (
  <span className="acts">
    <button type="button" onClick={() => void scanAgain()}>
      Try again
    </button>
  </span>
);

/** Read without privilege: what that leaves out, and the one thing to do about it. */
function Partial() {
  const [gone, setGone] = useState(false);
  const raising = useSession((session) => session.raising);
  if (gone) return null;
  return (
    <div className="notice" role="status">
      <Lock className="i" aria-hidden="true" />
      <span className="cut">
        <b>Read without privilege.</b>{' '}
        <small>
          Trusted marks and what depends on them are <i className="unknown">unknown</i>.
        </small>
      </span>
      <span className="acts">
        <button type="button" disabled={raising} onClick={() => showDialog('privilege')}>
          Read with privilege…
        </button>
        <button type="button" className="quiet" onClick={() => setGone(true)}>
          Not now
        </button>
      </span>
    </div>
  );
}
