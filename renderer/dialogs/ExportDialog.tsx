import { Download } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import { useSession } from '../state/session.ts';
import { countText } from '../tree/format.ts';
import { CancelButton, FailureLine, Frame } from './Frame.tsx';
import { closeDialog } from './open.ts';
import { saveFile } from './save-file.ts';

const FORMATS = {
  ndjson: { title: 'NDJSON', about: 'one JSON object a line, as the terminal’s scan prints them; exact, for programs' },
  csv: { title: 'CSV', about: 'the columns as they are shown, for spreadsheets' },
} as const;
type Format = keyof typeof FORMATS;

/** Writes the rows that the tree shows, in their order, to a file. */
export function ExportDialog() {
  const view = useSession((session) => session.stack?.view ?? null);
  const rows = useSession((session) => session.viewState?.rows ?? 0);
  const [format, setFormat] = useState<Format>('ndjson');
  const [bytes, setBytes] = useState<number | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function write(): Promise<void> {
    const { client } = useSession.getState();
    if (!client || view === null) return;
    const controller = new AbortController();
    running.current = controller;
    const chunks: BlobPart[] = [];
    let size = 0;
    setFailure(null);
    setBytes(0);
    const onChunk = (chunk: Uint8Array): void => {
      chunks.push(chunk.slice());
      size += chunk.length;
      setBytes(size);
    };
    try {
      await client.call('export', { view, format }, { onChunk, signal: controller.signal });
      if (controller.signal.aborted) return;
      saveFile(new Blob(chunks, { type: format === 'csv' ? 'text/csv' : 'application/x-ndjson' }), `entries.${format}`);
      closeDialog();
    } catch (error) {
      if (controller.signal.aborted) return;
      setFailure(failureOf(error));
      setBytes(null);
    }
  }

  return (
    <Frame
      title="Export the rows shown"
      about={`${countText(String(rows))} ${rows === 1 ? 'row' : 'rows'}, in the order in which they stand. Open more directories, or show what is hidden, to export more.`}
      onSubmit={() => void write()}
      actions={
        <>
          {bytes !== null && (
            <span className="two" role="status">
              {countText(String(bytes))} bytes
            </span>
          )}
          <CancelButton />
          <button type="submit" className="primary" disabled={bytes !== null || view === null}>
            <Download className="i" aria-hidden />
            {bytes === null ? 'Export' : 'Exporting…'}
          </button>
        </>
      }
    >
      <fieldset className="choices">
        <legend>Format</legend>
        {(Object.keys(FORMATS) as Format[]).map((one) => (
          <label key={one}>
            <input type="radio" name="format" checked={format === one} onChange={() => setFormat(one)} />
            <b>{FORMATS[one].title}</b>
            <span className="two">{FORMATS[one].about}</span>
          </label>
        ))}
      </fieldset>
      <FailureLine failure={failure} />
    </Frame>
  );
}
