import './verify.css';
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { textForEyes } from '../../shared/bytes/show.ts';
import { focusTree, isBoxOpen } from '../actions/tree.ts';
import { cancelVerify } from '../actions/verify.ts';
import { nextStep, whatFailed } from '../app/failure-words.ts';
import { runCommand } from '../commands/registry.ts';
import { isSameRef } from '../sources/which.ts';
import { useLayout } from '../state/layout.ts';
import type { OpenStack } from '../state/session.ts';
import { NOT_VERIFIED, useVerify, type Verifying, type VerifyScope } from '../state/verify.ts';
import { clockText, countText } from '../tree/format.ts';
import { Differences } from './Differences.tsx';
import { countsWords, linesOf, progressOf } from './words.ts';

const close = (): void => {
  useLayout.setState({ main: 'tree' });
  // Once the tree stands again.
  setTimeout(focusTree, 0);
};

/** What the kernel reports otherwise than the layers foretell. Stands in place of the tree. */
export function VerifyView({ stack }: { stack: OpenStack }) {
  const last = useVerify();
  const state = isSameRef(last.ref, stack.ref) ? last : NOT_VERIFIED;
  const lines = useMemo(() => linesOf(state.wrong), [state.wrong]);
  const isRunning = state.phase === 'running';
  const box = useRef<HTMLElement>(null);
  // The dialog gives the focus back to a button that went with the tree: it comes here instead.
  useEffect(() => {
    const timer = setTimeout(() => document.activeElement === document.body && box.current?.focus(), 0);
    // Wherever the focus is: the button that asked keeps it.
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented && !isBoxOpen()) close();
    };
    window.addEventListener('keydown', onKey);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('keydown', onKey);
    };
  }, []);
  return (
    <section ref={box} tabIndex={-1} className="verify" aria-label="Verify">
      <header className="verify-bar">
        <h2>Verify</h2>
        <span className="two cut" role="status" title={summary(state)}>
          {summary(state)}
        </span>
        <span className="grow" />
        {isRunning ? (
          <button type="button" onClick={cancelVerify}>
            Cancel
          </button>
        ) : (
          <button type="button" onClick={() => runCommand('verify')}>
            {state.phase === 'none' ? 'Verify…' : 'Verify again…'}
          </button>
        )}
        <button
          type="button"
          className="quiet only-icon"
          aria-label="Back to the tree"
          title="Back to the tree (Esc)"
          onClick={close}
        >
          <X className="i" aria-hidden />
        </button>
      </header>
      {isRunning && <Bar state={state} />}
      {lines.length > 0 ? <Differences lines={lines} state={state} /> : <Blank state={state} />}
    </section>
  );
}

const scopeWords = (scope: VerifyScope | null): string => {
  if (scope === null || scope.kind === 'all') return 'everything';
  if (scope.kind === 'beneath') return `${textForEyes(scope.path)} and all beneath it`;
  const [first] = scope.paths;
  return scope.paths.length === 1
    ? textForEyes(first ?? ('' as never)) || '/'
    : `${countText(scope.paths.length)} paths`;
};

function summary(state: Verifying): string {
  const { phase, scope, counts, at, wrong, further } = state;
  if (phase === 'none') return 'the kernel was not asked yet';
  if (phase === 'running') return `${scopeWords(scope)}: ${progressOf(state.progress).words}`;
  const when = at === null ? '' : ` · as of ${clockText(String(BigInt(at) * 1_000_000n))}`;
  if (counts !== null) return `${scopeWords(scope)}: ${countsWords(counts)}${when}`;
  const differ = countText(wrong.length + further);
  return `${scopeWords(scope)}: ${phase === 'cancelled' ? 'cancelled' : 'ended early'} · ${differ} differ so far${when}`;
}

function Bar({ state }: { state: Verifying }) {
  const { part, words } = progressOf(state.progress);
  return (
    <div
      className={part === null ? 'prog' : 'prog is-part'}
      role="progressbar"
      aria-label={words}
      {...(part === null ? {} : { 'aria-valuenow': Math.round(part * 100) })}
    >
      <i style={part === null ? undefined : { transform: `scaleX(${part})` }} />
    </div>
  );
}

function Blank({ state }: { state: Verifying }) {
  const { phase, failure, counts } = state;
  const [title, text, isBad]: [string, ReactNode, boolean] =
    phase === 'failed'
      ? ['The kernel could not be asked', failure ? `${whatFailed(failure)} ${nextStep(failure) ?? ''}` : '', true]
      : phase === 'running'
        ? ['Looking…', 'Nothing differs so far. What does is shown as soon as it is known.', false]
        : phase === 'cancelled'
          ? ['Cancelled', 'Nothing differed until then; the rest was not looked at.', false]
          : phase === 'none'
            ? [
                'The kernel was not asked yet',
                'Everything else here is told from the layers, without touching the mount. Verify asks the kernel through the mount, and shows what it says otherwise.',
                false,
              ]
            : ['The kernel says the same', agreement(counts), false];
  return (
    <div className="verify-blank" role={isBad ? 'alert' : 'status'}>
      <b>{title}</b>
      <p className="two">{text}</p>
      {(phase === 'none' || phase === 'failed') && (
        <button type="button" onClick={() => runCommand('verify')}>
          Verify…
        </button>
      )}
    </div>
  );
}

function agreement(counts: Verifying['counts']): string {
  if (counts === null) return '';
  const { checked, unpredictable } = counts;
  const rest =
    unpredictable === 0
      ? ''
      : ` ${countText(unpredictable)} more cannot be foretold: the kernel counts them, or what decides them is unknown.`;
  return `${countText(checked)} ${checked === 1 ? 'answer is' : 'answers are'} as the layers foretell.${rest}`;
}
