import { Lock, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import type { Failure } from '../../shared/ipc/rpc.ts';
import { readWithPrivilege } from '../actions/stacks.ts';
import { useSession } from '../state/session.ts';
import { CancelButton, FailureLine, Frame } from './Frame.tsx';
import { closeDialog } from './open.ts';

const GAINS: [what: string, how: string][] = [
  ['opaque, redirect, metacopy, origin', 'now unknown wherever they are trusted.* attributes'],
  ['Whether an origin is alive', 'its handle is opened, nothing else of it'],
  ['Mounts of other namespaces', 'containers of other users among them'],
  ['Closed directories', 'read without asking for their modes'],
  ['Access times of the layers', 'stay as they are: each is read through a clone of its mount'],
];

/** Says what reading with privilege does, before it is done. */
export function PrivilegeDialog() {
  const hello = useSession((session) => session.hello);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);
  const privilege = hello?.privilege;
  const full = privilege?.trusted === true && privilege.handles;

  async function read(): Promise<void> {
    setBusy(true);
    setFailure(null);
    const refused = await readWithPrivilege();
    setBusy(false);
    if (refused === null) closeDialog();
    else setFailure(refused);
  }

  return (
    <Frame
      title="Read with privilege"
      about="Starts the reader anew, by pkexec or, where that is not to be had, by sudo. The system asks for a password."
      onSubmit={() => void read()}
      actions={
        <>
          <CancelButton>{full ? 'Close' : 'Cancel'}</CancelButton>
          {!full && (
            <button type="submit" className="primary" disabled={busy}>
              <Lock className="i" aria-hidden />
              {busy ? 'Waiting for the system…' : 'Read with privilege'}
            </button>
          )}
        </>
      }
    >
      {full && privilege && (
        <p className="dialog-state">
          <ShieldCheck className="i f-ok" aria-hidden />
          <span>
            This picture is read with privilege already, started {hello.readAs}: uid {privilege.uid}
            {privilege.capabilities.length > 0 && `, ${privilege.capabilities.join(', ')}`}.
          </span>
        </p>
      )}
      <h3>What is then known</h3>
      <table className="dialog-table">
        <tbody>
          {GAINS.map(([what, how]) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td>{how}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>What it can do</h3>
      <p className="two">
        It runs as nobody with <code>CAP_SYS_ADMIN</code> and <code>CAP_DAC_READ_SEARCH</code> to read layers, and{' '}
        <code>CAP_SYS_PTRACE</code> and <code>CAP_SYS_CHROOT</code> to see other namespaces. It takes no path to write
        to, mounts nothing, changes no layer, and ends with this window.
      </p>
      <FailureLine failure={failure} />
    </Frame>
  );
}
