import { OctagonAlert } from 'lucide-react';
import type { Failure } from '../../shared/ipc/rpc.ts';
import { nextStep, whatFailed } from '../app/failure-words.ts';
import { safe } from './Sentence.tsx';

/** Instead of an answer: what went wrong, the next step, and a way to ask again. */
export function Failed({ failure, retry }: { failure: Failure; retry: () => void }) {
  const next = nextStep(failure);
  return (
    <div className="insp-failed" role="alert">
      <p>
        <OctagonAlert className="f-error" aria-hidden /> <b>This entry could not be read.</b>
      </p>
      <p>{safe(whatFailed(failure))}</p>
      {next !== null && <p className="two">{safe(next)}</p>}
      <button type="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
