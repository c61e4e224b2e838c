import { Lock, ShieldCheck } from 'lucide-react';
import { whyNotVerified } from '../actions/verify.ts';
import { runCommand } from '../commands/registry.ts';
import { showDialog } from '../dialogs/open.ts';
import { showBox } from '../jump/open.ts';
import { isFollowing, useLive } from '../state/live.ts';
import { useSession } from '../state/session.ts';
import { clockText, wholeTime } from '../tree/format.ts';
import { Logo } from './Logo.tsx';
import { plural, refTitle, stackFacts, stackTitle } from './words.ts';

/** What is open, how it was mounted, when and with which privilege it was read. */
export function TopBar() {
  const stack = useSession((session) => session.stack);
  const opening = useSession((session) => session.opening);
  const title = stack ? stackTitle(stack.facts) : opening ? refTitle(opening) : 'Stratoscope';
  const facts = stack ? stackFacts(stack.facts) : [opening ? 'opening' : 'no stack open'];
  return (
    <header className="top">
      <Logo />
      <h1 className="cut">{title}</h1>
      <ul className="facts" aria-label="How it is mounted" title={facts.join(' · ')}>
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      <span className="grow" />
      <Taken />
      <PrivilegeState />
      {stack && <VerifyButton />}
      {stack && (
        <button type="button" onClick={() => showBox('path')}>
          Jump <kbd>Ctrl P</kbd>
        </button>
      )}
      {!stack && (
        <button type="button" onClick={() => runCommand('palette')}>
          Commands <kbd>Ctrl Shift P</kbd>
        </button>
      )}
    </header>
  );
}

/** When the picture was taken, or that it is being taken. */
function Taken() {
  const state = useSession((session) => session.viewState);
  const link = useSession((session) => session.link);
  const isOpen = useSession((session) => session.stack !== null);
  const phase = useLive((live) => live.phase);
  const perSecond = useLive((live) => live.perSecond);
  if (!isOpen || state === null) return null;
  const isReading = (state.phase === 'reading' || state.phase === 'merging') && link === 'up';
  const text = isReading ? 'reading' : state.readAtNs === null ? null : `as of ${clockText(state.readAtNs)}`;
  if (text === null) return null;
  if (isFollowing(phase) && !isReading)
    return (
      <span className="state" title="What happens in this stack is followed as it happens.">
        <span className="dot is-live" />
        live · {plural(perSecond, 'event')}/s
      </span>
    );
  return (
    <span className="state" title={state.readAtNs === null ? undefined : wholeTime(state.readAtNs)}>
      <span className={isReading ? 'dot is-busy' : 'dot'} />
      {text}
    </span>
  );
}

/** Where there is no mount, its hint says why it does nothing. */
function VerifyButton() {
  useSession(({ link }) => link);
  const why = whyNotVerified();
  return (
    <button
      type="button"
      disabled={why !== null}
      title={why ?? 'Ask the kernel, through the mount, whether it is as foretold (Ctrl Alt V)'}
      onClick={() => runCommand('verify')}
    >
      Verify…
    </button>
  );
}

function PrivilegeState() {
  const hello = useSession((session) => session.hello);
  const raising = useSession((session) => session.raising);
  const isPartial = useSession(({ stack }) => stack?.facts.privilege === 'partial');
  if (hello === null) return null;
  if (hello.privilege.trusted && hello.privilege.handles)
    return (
      <span className="state" title={`The probe runs ${hello.readAs}.`}>
        <ShieldCheck className="i" aria-hidden="true" />
        read with privilege
      </span>
    );
  return (
    <>
      {isPartial && <span className="state narrow-goes">read without privilege</span>}
      <button type="button" disabled={raising} onClick={() => showDialog('privilege')}>
        <Lock className="i" aria-hidden="true" />
        {raising ? 'Asking…' : 'Read with privilege…'}
      </button>
    </>
  );
}
