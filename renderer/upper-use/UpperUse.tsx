import './upper-use.css';
import { OctagonAlert, X } from 'lucide-react';
import { type ReactNode, useMemo, useState } from 'react';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { UpperUse as Use } from '../../shared/ipc/engine.ts';
import { focusTree, revealPath } from '../actions/tree.ts';
import { whatFailed } from '../app/failure-words.ts';
import { useLayout } from '../state/layout.ts';
import { useSession } from '../state/session.ts';
import { countText, sizeText } from '../tree/format.ts';
import { Directories } from './Directories.tsx';
import { nest } from './figures.ts';
import { Growth } from './Growth.tsx';
import { Treemap } from './Treemap.tsx';
import { useUpper } from './use-upper.ts';

const close = (): void => {
  useLayout.setState({ main: 'tree' });
  // Once the tree stands again.
  setTimeout(focusTree, 0);
};

/** Shows a directory in the tree. */
const locate = (path: Bytes): void => {
  useLayout.setState({ main: 'tree' });
  setTimeout(() => void revealPath(path).then(focusTree), 0);
};

/** "What filled the upper?": its heaviest directories, and when it grew. Stands in place of the tree. */
export function UpperUse() {
  const [state, retry] = useUpper();
  const phase = useSession((session) => session.viewState?.phase);
  const reading = phase === 'reading' || phase === 'merging';
  const use = state.phase === 'ready' ? state.use : null;
  return (
    <section
      className="upper"
      aria-label="What filled the upper"
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <header className="upper-bar">
        <h2>What filled the upper</h2>
        <span className="two grow cut">{use && totalWord(use)}</span>
        {reading && <span className="two">still reading, sums grow</span>}
        <button type="button" onClick={close}>
          <X className="i" aria-hidden />
          Back to the tree
        </button>
      </header>
      {state.phase === 'reading' && <Blank title="Adding up…" text="" />}
      {state.phase === 'failed' && (
        <Blank title="The upper could not be added up" text={whatFailed(state.failure)} alert>
          <button type="button" onClick={retry}>
            Try again
          </button>
        </Blank>
      )}
      {state.phase === 'ready' &&
        (use === null ? (
          <Blank title="This stack has no upper" text="It is read-only: nothing can have been written to it." />
        ) : use.directories.length === 0 ? (
          <Blank title="The upper is empty" text="Nothing was written, changed or removed since it was made." />
        ) : (
          <Figures use={use} />
        ))}
    </section>
  );
}

function Figures({ use }: { use: Use }) {
  const roots = useMemo(() => nest(use.directories), [use]);
  const [lit, setLit] = useState<number | null>(null);
  return (
    <>
      <Growth use={use} />
      <div className="upper-where">
        <Directories roots={roots} lit={lit} onLit={setLit} onLocate={locate} />
        <Treemap roots={roots} lit={lit} onLit={setLit} onLocate={locate} />
      </div>
    </>
  );
}

function totalWord({ directories, undated }: Use): string {
  const first = directories.find((one) => one.path === '');
  const total = first ? `${sizeText(first.bytes)} allocated in ${countText(first.entries)} entries` : '';
  return undated === '0' ? total : `${total}, ${sizeText(undated)} of it undated`;
}

function Blank(props: { title: string; text: string; alert?: boolean; children?: ReactNode }) {
  return (
    <div className="upper-blank" role={props.alert ? 'alert' : 'status'}>
      <b>
        {props.alert && <OctagonAlert className="i f-error" aria-hidden />} {props.title}
      </b>
      <p className="two">{props.text}</p>
      {props.children}
    </div>
  );
}
