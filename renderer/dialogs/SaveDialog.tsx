import { useState } from 'react';
import { bytesOfBase64, bytesOfText } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import { refreshSaved } from '../actions/stacks.ts';
import { useSession } from '../state/session.ts';
import { CancelButton, FailureLine, Frame } from './Frame.tsx';
import { closeDialog } from './open.ts';

/** Keeps the open stack under a name, among the saved ones. */
export function SaveDialog() {
  const stack = useSession((session) => session.stack);
  const [name, setName] = useState(() => (stack ? nameOf(stack.facts) : ''));
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure | null>(null);

  async function save(): Promise<void> {
    const { client } = useSession.getState();
    if (!client || !stack || name.trim() === '') return;
    setBusy(true);
    try {
      await client.call('save', { name: name.trim(), stack: stack.ref });
      await refreshSaved();
      closeDialog();
    } catch (error) {
      setFailure(failureOf(error));
      setBusy(false);
    }
  }

  return (
    <Frame
      title="Save stack"
      about="Keeps which layers and options are open, to be opened again with one click. Nothing of what they hold is stored."
      onSubmit={() => void save()}
      actions={
        <>
          <CancelButton />
          <button type="submit" className="primary" disabled={busy || stack === null || name.trim() === ''}>
            {busy ? 'Saving…' : 'Save'}
          </button>
        </>
      }
    >
      <label className="dialog-field">
        <h3>Name</h3>
        <input
          type="text"
          className="input"
          aria-label="Name"
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.target.value)}
          onFocus={(event) => event.target.select()}
        />
      </label>
      <FailureLine failure={failure} />
    </Frame>
  );
}

/** A first name: the container's, the mount's last directory, or the top lower's. */
function nameOf(facts: ListObject): string {
  if (facts.name !== null) return facts.name;
  const layer = facts.layers.find((one) => one.role === 'lower');
  const path = facts.mount ?? layer?.shown ?? '';
  const b64 = facts.mount === null ? layer?.shownB64 : facts.mountB64;
  const text = textForEyes(b64 === undefined ? bytesOfText(path) : bytesOfBase64(b64));
  return facts.mount ?? `layers of ${text.split('/').filter(Boolean).at(-1) ?? text}`;
}
