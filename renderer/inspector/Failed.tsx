import { OctagonAlert } from 'lucide-react';
import type { Failure } from '../../shared/ipc/rpc.ts';
import { safe } from './Sentence.tsx';

/** Instead of an answer: what went wrong, the next step, and a way to ask again. */
export function Failed({ failure, retry }: { failure: Failure; retry: () => void }) {
  return (
    <div className="insp-failed" role="alert">
      <p>
        <OctagonAlert className="f-error" aria-hidden /> <b>This entry could not be read.</b>
      </p>
      <p>{safe(failure.message)}</p>
      {failure.hint && <p className="two">{safe(failure.hint)}</p>}
      <button type="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}
