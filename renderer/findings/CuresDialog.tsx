import { Copy, Download } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import { CancelButton, FailureLine, Frame } from '../dialogs/Frame.tsx';
import { closeDialog } from '../dialogs/open.ts';
import { saveFile } from '../dialogs/save-file.ts';
import { copyText } from '../inspector/clipboard.ts';
import { addNotice, useSession } from '../state/session.ts';

type Making = { phase: 'making' } | { phase: 'made'; text: string } | { phase: 'failed'; failure: Failure };

/** A script of the cures: read here, saved or copied, never run by this program. */
export function CuresDialog() {
  const [state, setState] = useState<Making>({ phase: 'making' });
  const running = useRef<AbortController | null>(null);

  const make = async (evenIfMounted: boolean): Promise<void> => {
    const { client, stack } = useSession.getState();
    if (!client || !stack) return;
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setState({ phase: 'making' });
    try {
      const params = { stack: stack.ref, script: { evenIfMounted } };
      const { script } = await client.call('doctor', params, { signal: controller.signal, onChunk: () => {} });
      if (!controller.signal.aborted) setState({ phase: 'made', text: script ?? '' });
    } catch (error) {
      if (!controller.signal.aborted) setState({ phase: 'failed', failure: failureOf(error) });
    }
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it opens
  useEffect(() => {
    void make(false);
    return () => running.current?.abort();
  }, []);

  const text = state.phase === 'made' ? state.text : null;
  const isMounted = state.phase === 'failed' && state.failure.code === 'mounted';
  const copy = async (): Promise<void> => {
    if (text !== null && !(await copyText(text))) addNotice('The clipboard could not be written.', 'warning');
  };
  return (
    <Frame
      title="A script of the cures"
      about="To read, change and run by hand, with nothing mounted on these layers. This program never runs it. Each command names the finding that it cures."
      size="wide"
      reads
      onSubmit={() => {
        if (text === null) return;
        saveFile(new Blob([text], { type: 'text/x-shellscript' }), 'cures.sh');
        closeDialog();
      }}
      actions={
        <>
          {isMounted && (
            <button type="button" onClick={() => void make(true)}>
              Write it all the same
            </button>
          )}
          <span className="grow" />
          <CancelButton />
          <button type="button" disabled={text === null} onClick={() => void copy()}>
            <Copy className="i" aria-hidden />
            Copy
          </button>
          <button type="submit" className="primary" disabled={text === null}>
            <Download className="i" aria-hidden />
            Save…
          </button>
        </>
      }
    >
      {state.phase === 'making' && (
        <p className="two" role="status">
          Reading the layers…
        </p>
      )}
      {state.phase === 'failed' && <FailureLine failure={state.failure} />}
      {text !== null && <pre className="script-text selectable">{text}</pre>}
    </Frame>
  );
}
