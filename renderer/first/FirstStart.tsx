import './first.css';
import { Check, FlaskConical, FolderTree, Info, Lock, OctagonAlert, RefreshCw } from 'lucide-react';
import type { ReactNode } from 'react';
import type { StackRef } from '../../shared/ipc/probe.ts';
import type { Failure } from '../../shared/ipc/rpc.ts';
import { openSource, openStack, refreshSources } from '../actions/stacks.ts';
import { nextStep, whatFailed } from '../app/failure-words.ts';
import { refTitle, sourceText, stackTitle } from '../app/words.ts';
import { runCommand } from '../commands/registry.ts';
import { showDialog } from '../dialogs/open.ts';
import { safe } from '../inspector/Sentence.tsx';
import { sourceKey } from '../sources/which.ts';
import { useSession } from '../state/session.ts';

/** What stands in the middle while no stack is open: what there is to open, and what this user can be shown. */
export function FirstStart() {
  const failure = useSession((session) => session.openFailure);
  const opening = useSession((session) => session.opening);
  const link = useSession((session) => session.link);
  const sources = useSession((session) => session.sources.state);
  if (failure) return <Failed stack={failure.ref} failure={failure.failure} />;
  if (opening) return <Wait title={`Opening ${refTitle(opening)}`} text="Finding its layers and what may be read." />;
  if (link === 'ended') return <NoEngine />;
  if (link === 'connecting')
    return <Wait title="Starting the engine" text="It reads and remembers; this page only shows." />;
  if (sources === 'reading')
    return <Wait title="Looking for overlay mounts" text="In every mount namespace in sight." />;
  return <Choose />;
}

function Choose() {
  const { live, namespaces, closed } = useSession((session) => session.sources);
  const isTrusted = useSession(({ hello }) => hello?.privilege.trusted ?? false);
  const none = live.length === 0;
  return (
    <div className="first">
      <h2>
        {none
          ? 'No overlay mount in sight'
          : live.length === 1
            ? 'One overlay mount in sight'
            : `${live.length} overlay mounts in sight`}
      </h2>
      <p>{none ? whereText(namespaces, closed) : 'Open one to see every entry with the layers that it stands in.'}</p>
      <div className="acts">
        {none && <DemoButton isPrimary />}
        <button type="button" onClick={() => runCommand('open-directories')}>
          <FolderTree className="i" aria-hidden="true" />
          Open directories…
        </button>
        {!none && <DemoButton />}
        {!isTrusted && (
          <button type="button" onClick={() => showDialog('privilege')}>
            <Lock className="i" aria-hidden="true" />
            Read with privilege…
          </button>
        )}
      </div>
      {!none && (
        <ul className="first-live">
          {live.slice(0, 12).map((source, at) => (
            <li key={sourceKey.live(source)}>
              <button
                type="button"
                className={at === 0 ? 'primary' : ''}
                onClick={() => void openSource(source.stack, sourceKey.live(source))}
              >
                {stackTitle(source.facts)}
              </button>
              <span className="two">{sourceText(source)}</span>
            </li>
          ))}
        </ul>
      )}
      <WhatCanBeShown />
    </div>
  );
}

const DemoButton = ({ isPrimary = false }: { isPrimary?: boolean }) => (
  <button type="button" className={isPrimary ? 'primary' : ''} onClick={() => runCommand('demo')}>
    <FlaskConical className="i" aria-hidden="true" />
    Open the demo
  </button>
);

function whereText(namespaces: number, closed: number): string {
  if (closed === 0)
    return `No union is mounted in ${namespaces === 1 ? 'the one mount namespace' : `any of the ${namespaces} mount namespaces`} of this machine.`;
  const seen = Math.max(1, namespaces - closed);
  return `This user sees ${seen === 1 ? 'one mount namespace' : `${seen} mount namespaces`} of ${namespaces}, and no union is mounted there. Containers of other users may have some.`;
}

/** What reading as this user gives, row by row. The same table whoever it is: only its answers differ. */
function WhatCanBeShown() {
  const hello = useSession((session) => session.hello);
  const closed = useSession((session) => session.sources.closed);
  if (hello === null) return null;
  const { trusted, handles } = hello.privilege;
  return (
    <>
      <h3>What this user can be shown</h3>
      <table>
        <tbody>
          <Line isThere what="Names, sizes, modes, real inodes" where="where the directories may be read" />
          <Line isThere what="Whiteouts that are devices" where="everybody sees them" />
          <Line
            isThere={trusted}
            what="opaque, redirect, metacopy, origin"
            where={
              trusted ? (
                'trusted attributes can be read'
              ) : (
                <>
                  the kernel answers “absent” to this user; shown as <i className="unknown">unknown</i>
                </>
              )
            }
          />
          <Line
            isThere={handles}
            what="Whether an origin is alive"
            where={
              handles ? (
                'its handle can be opened'
              ) : (
                <>
                  depends on opening a handle; shown as <i className="unknown">unknown</i>
                </>
              )
            }
          />
          <Line
            isThere={closed === 0}
            what="Mounts of other namespaces"
            where={
              closed === 0 ? 'all of them' : closed === 1 ? '1 namespace is closed' : `${closed} namespaces are closed`
            }
          />
          <tr>
            <td>
              {trusted ? (
                <Check className="i f-ok" aria-hidden="true" />
              ) : (
                <Info className="i f-note" aria-hidden="true" />
              )}
              Access times of the layers
            </td>
            <td>{trusted ? 'untouched' : 'may move'}</td>
            <td>
              {trusted
                ? 'each layer is read through a clone of its mount'
                : 'a symlink’s, when its target is asked for'}
            </td>
          </tr>
        </tbody>
      </table>
      {!trusted && (
        <p className="rule">
          “Read with privilege” starts the probe by pkexec or sudo: a reader that holds only the capabilities that
          reading needs, takes no path to write to and ends with this window. Nothing is mounted, and no layer is
          changed.
        </p>
      )}
    </>
  );
}

function Line({ isThere, what, where }: { isThere: boolean; what: string; where: ReactNode }) {
  return (
    <tr>
      <td>
        {isThere ? <Check className="i f-ok" aria-hidden="true" /> : <Lock className="i" aria-hidden="true" />}
        {what}
      </td>
      <td>{isThere ? 'yes' : 'needs privilege'}</td>
      <td>{where}</td>
    </tr>
  );
}

function Failed({ stack, failure }: { stack: StackRef; failure: Failure }) {
  const next = nextStep(failure);
  return (
    <div className="first" role="alert">
      <h2>
        <OctagonAlert className="i f-error" aria-hidden="true" />
        {refTitle(stack)} could not be opened
      </h2>
      <p>{safe(whatFailed(failure))}</p>
      {next !== null && <p>{safe(next)}</p>}
      <div className="acts">
        <button type="button" className="primary" onClick={() => void openStack(stack)}>
          <RefreshCw className="i" aria-hidden="true" />
          Try again
        </button>
        <button
          type="button"
          onClick={() => {
            useSession.setState({ openFailure: null });
            void refreshSources();
          }}
        >
          Choose another
        </button>
      </div>
    </div>
  );
}

const NoEngine = () => (
  <div className="first">
    <h2>No engine is running</h2>
    <p>The bar above says why, and starts it again.</p>
  </div>
);

const Wait = ({ title, text }: { title: string; text: string }) => (
  <div className="first is-waiting" role="status">
    <h2>{title}</h2>
    <p>{text}</p>
    <div className="prog" role="progressbar" aria-label={title}>
      <i />
    </div>
  </div>
);
