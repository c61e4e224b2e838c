import { Download } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import { exportEvents } from '../live/export.ts';
import { useShownEvents } from '../live/shown.ts';
import { useSession } from '../state/session.ts';
import { countText } from '../tree/format.ts';
import { CancelButton, FailureLine, Frame } from './Frame.tsx';
import { closeDialog } from './open.ts';
import { saveFile } from './save-file.ts';

type Format = 'ndjson' | 'csv';

type ExportProps = {
  title: string;
  about: string;
  /** What each format is good for. */
  formats: Record<Format, string>;
  /** The file's name without its ending. */
  name: string;
  /** Gives the file in parts. */
  write: (
    format: Format,
    onPart: (part: string | Uint8Array<ArrayBuffer>) => void,
    signal: AbortSignal,
  ) => Promise<unknown>;
};

const TITLES: Record<Format, string> = { ndjson: 'NDJSON', csv: 'CSV' };

/** Writes what a list shows to a file. */
function Export({ title, about, formats, name, write: parts }: ExportProps) {
  const [format, setFormat] = useState<Format>('ndjson');
  const [bytes, setBytes] = useState<number | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function write(): Promise<void> {
    const controller = new AbortController();
    running.current = controller;
    const { signal } = controller;
    const chunks: BlobPart[] = [];
    let size = 0;
    setFailure(null);
    setBytes(0);
    const onPart = (part: string | Uint8Array<ArrayBuffer>): void => {
      chunks.push(part);
      size += part.length;
      setBytes(size);
    };
    try {
      await parts(format, onPart, signal);
      if (signal.aborted) return;
      saveFile(new Blob(chunks, { type: format === 'csv' ? 'text/csv' : 'application/x-ndjson' }), `${name}.${format}`);
      closeDialog();
    } catch (error) {
      if (signal.aborted) return;
      setFailure(failureOf(error));
      setBytes(null);
    }
  }

  return (
    <Frame
      title={title}
      about={about}
      onSubmit={() => void write()}
      actions={
        <>
          {bytes !== null && (
            <span className="two" role="status">
              {countText(String(bytes))} bytes
            </span>
          )}
          <CancelButton />
          <button type="submit" className="primary" disabled={bytes !== null}>
            <Download className="i" aria-hidden />
            {bytes === null ? 'Export' : 'Exporting…'}
          </button>
        </>
      }
    >
      <fieldset className="choices">
        <legend>Format</legend>
        {(Object.keys(formats) as Format[]).map((one) => (
          <label key={one}>
            <input type="radio" name="format" checked={format === one} onChange={() => setFormat(one)} />
            <b>{TITLES[one]}</b>
            <span className="two">{formats[one]}</span>
          </label>
        ))}
      </fieldset>
      <FailureLine failure={failure} />
    </Frame>
  );
}

/** Writes the rows that the tree shows, in their order, to a file. */
export function ExportDialog() {
  const stack = useSession((session) => session.stack);
  const rows = useSession((session) => session.viewState?.rows ?? 0);
  return (
    <Export
      title="Export the rows shown"
      about={`${countText(String(rows))} ${rows === 1 ? 'row' : 'rows'}, in the order in which they stand. Open more directories, or show what is hidden, to export more.`}
      formats={{
        ndjson: 'one JSON object a line, as the terminal’s scan prints them; exact, for programs',
        csv: 'the columns as they are shown, for spreadsheets',
      }}
      name="entries"
      write={async (format, onPart, signal) => {
        if (!stack) return;
        const onChunk = (chunk: Uint8Array): void => onPart(chunk.slice());
        await stack.client.call('export', { view: stack.view, format }, { onChunk, signal });
      }}
    />
  );
}

/** Writes the events that the live lane shows, the oldest first, to a file. */
export function ExportEventsDialog() {
  const [count] = useState(() => useShownEvents.getState().shown().count);
  return (
    <Export
      title="Export the events shown"
      about={`${countText(String(count))} ${count === 1 ? 'event' : 'events'}, the oldest first, as the filter of the lane leaves them.`}
      formats={{
        ndjson: 'one JSON object a line, as the terminal’s watch prints them; exact, for programs',
        csv: 'a line an event, for spreadsheets',
      }}
      name="events"
      write={exportEvents}
    />
  );
}
