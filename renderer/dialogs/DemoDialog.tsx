import { FlaskConical } from 'lucide-react';
import { useState } from 'react';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import type { Failure } from '../../shared/ipc/rpc.ts';
import { endDemo, formWord, startDemo, useDemo } from './demo.ts';
import { CancelButton, FailureLine, Frame } from './Frame.tsx';
import { closeDialog } from './open.ts';
import { PathInput } from './PathInput.tsx';
import { bytesOfTyped } from './typed-path.ts';

/** Builds the demo where the person says; shows what was built, and removes it. */
export function DemoDialog() {
  const held = useDemo((demo) => demo.held);
  return held ? <Held stack={held.stack} form={held.form} /> : <Build />;
}

const ABOUT =
  'A small stack with one of everything: each status and mark, hard links, redirects, data-only layers, hostile names. Every entry says which command made it.';

function Build() {
  const busy = useDemo((demo) => demo.busy);
  const [folder, setFolder] = useState('');
  const [failure, setFailure] = useState<Failure | null>(null);
  const [problem, setProblem] = useState<string>();

  async function build(): Promise<void> {
    const text = folder.trim();
    if (text !== '' && !bytesOfTyped(text).startsWith('/')) return setProblem('The path must begin with a slash.');
    const failed = await startDemo(text === '' ? null : bytesOfTyped(text));
    setFailure(failed);
    if (failed === null) closeDialog();
  }

  return (
    <Frame
      title="Open the demo"
      about={ABOUT}
      onSubmit={() => void build()}
      actions={
        <>
          <CancelButton />
          <button type="submit" className="primary" disabled={busy}>
            <FlaskConical className="i" aria-hidden />
            {busy ? 'Building…' : 'Open the demo'}
          </button>
        </>
      }
    >
      <h3>Folder</h3>
      <PathInput
        label="Folder of the demo"
        placeholder="a temporary one, which is removed with the demo"
        value={folder}
        problem={problem}
        onChange={(text) => {
          setFolder(text);
          setProblem(undefined);
        }}
      />
      <p className="two dialog-note">
        It writes there and nowhere else. With privilege it is a real mount in a namespace of its own, without it one in
        a user namespace, and plain directories where the system refuses even that.
      </p>
      <FailureLine failure={failure} />
    </Frame>
  );
}

function Held({ stack, form }: { stack: StackRef; form: string }) {
  const busy = useDemo((demo) => demo.busy);
  const [failure, setFailure] = useState<Failure | null>(null);
  async function remove(): Promise<void> {
    const failed = await endDemo();
    setFailure(failed);
    if (failed === null) closeDialog();
  }
  return (
    <Frame
      title="The demo"
      about={ABOUT}
      actions={
        <>
          <CancelButton>Close</CancelButton>
          <button type="button" disabled={busy} onClick={() => void remove()}>
            {busy ? 'Removing…' : 'Remove the demo'}
          </button>
        </>
      }
    >
      <table className="dialog-table">
        <tbody>
          <tr>
            <th scope="row">Built as</th>
            <td>{formWord(form)}</td>
          </tr>
          <tr>
            <th scope="row">Where</th>
            <td className="mono selectable">{placeOf(stack)}</td>
          </tr>
          <tr>
            <th scope="row">Until</th>
            <td>it is removed, or this window is closed; nothing of it stays.</td>
          </tr>
        </tbody>
      </table>
      <FailureLine failure={failure} />
    </Frame>
  );
}

function placeOf(stack: StackRef): string {
  if (stack.kind === 'mount')
    return textForEyes(stack.mount) + (stack.pid === null ? '' : `, as process ${stack.pid} sees it`);
  if (stack.kind === 'directories') return textForEyes(stack.upper ?? stack.lowers[0] ?? ('' as never));
  return stack.kind === 'dev' ? `overlay ${stack.dev}` : textForEyes(stack.line);
}
