import { Info, OctagonAlert, RotateCcw, TriangleAlert, X } from 'lucide-react';
import { restartEngine } from '../actions/connect.ts';
import { dropNotice, useSession } from '../state/session.ts';

const ICONS = { info: Info, warning: TriangleAlert, error: OctagonAlert } as const;
const INKS = { info: 'f-note', warning: 'f-warning', error: 'f-error' } as const;

/** What must be seen whatever is open: the engine has ended, and messages that were not answers to anything. */
export function Banners() {
  const link = useSession((session) => session.link);
  const why = useSession((session) => session.endedWhy);
  const isOpen = useSession((session) => session.stack !== null);
  const notices = useSession((session) => session.notices);
  return (
    <div className="banners">
      {why !== null && (
        <div className="notice is-strong" role="alert">
          <OctagonAlert className="i f-error" aria-hidden="true" />
          <span>
            <b>The engine has ended.</b> <small>{why}</small>{' '}
            {isOpen && <small>What is shown here is from before and stays.</small>}
          </span>
          <span className="acts">
            <button type="button" className="primary" disabled={link === 'connecting'} onClick={restartEngine}>
              <RotateCcw className="i" aria-hidden="true" />
              {link === 'connecting' ? 'Starting…' : 'Start again'}
            </button>
          </span>
        </div>
      )}
      {notices.map(({ id, text, severity }) => {
        const Icon = ICONS[severity];
        return (
          <div key={id} className="notice" role={severity === 'error' ? 'alert' : 'status'}>
            <Icon className={`i ${INKS[severity]}`} aria-hidden="true" />
            <span>{text}</span>
            <span className="acts">
              <button type="button" className="quiet" aria-label="Dismiss" onClick={() => dropNotice(id)}>
                <X className="i" aria-hidden="true" />
              </button>
            </span>
          </div>
        );
      })}
    </div>
  );
}
