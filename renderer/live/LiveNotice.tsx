import { Info, Lock, OctagonAlert, RotateCcw, TriangleAlert } from 'lucide-react';
import { useMemo } from 'react';
import type { ListObject } from '../../shared/contract/scan.ts';
import { runCommand } from '../commands/registry.ts';
import { showDialog } from '../dialogs/open.ts';
import { useLive } from '../state/live.ts';
import { type LiveSaying, sayingsOf } from './state-words.ts';
import { useTurn } from './useTurn.ts';

const ICONS = { note: Info, warning: TriangleAlert, error: OctagonAlert } as const;

/** What must be said of the watch: the gravest of it, the rest in its tooltip and to screen readers. */
export function LiveNotice({ facts }: { facts: ListObject }) {
  const phase = useLive((live) => live.phase);
  const state = useLive((live) => live.state);
  const failure = useLive((live) => live.failure);
  const past = useLive((live) => live.past);
  const turn = useTurn(500);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it grows in place
  const changed = useMemo(() => [...past.layersChanged], [past, turn]);
  const sayings = sayingsOf({ phase, state, failure }, facts, changed);
  if (sayings.length === 0) return null;
  return (
    <div className="live-notices">
      {sayings.map((saying) => (
        <Saying key={saying.what} saying={saying} />
      ))}
    </div>
  );
}

function Saying({ saying: { severity, what, so, act } }: { saying: LiveSaying }) {
  const Icon = ICONS[severity];
  return (
    <div className="live-notice" role={severity === 'error' ? 'alert' : 'status'}>
      <Icon className={`i f-${severity}`} aria-hidden="true" />
      <span className="cut" title={`${what} ${so}`}>
        <b>{what}</b> <span className="two">{so}</span>
      </span>
      {act === 'privilege' && (
        <button type="button" onClick={() => showDialog('privilege')}>
          <Lock className="i" aria-hidden="true" />
          Read with privilege…
        </button>
      )}
      {act === 'scan' && (
        <button type="button" onClick={() => runCommand('scan')}>
          <RotateCcw className="i" aria-hidden="true" />
          Scan again
        </button>
      )}
    </div>
  );
}
