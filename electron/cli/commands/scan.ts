import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { ScanMeta, ScanObject, ScanSummary } from '../../../shared/contract/scan.ts';
import type { EngineContract } from '../../../shared/ipc/engine.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import { eyes, hasSize, sizeText, statusText, stripOf } from '../people.ts';
import { Lines } from '../rows.ts';
import type { Session } from '../session.ts';
import type { StackInput } from '../stack.ts';
import { paintFor, table } from '../text.ts';
import { showProgress, statusOfRead } from './read.ts';

const NEWLINE = 0x0a;

export type ScanOptions = {
  hidden: boolean;
  path: Bytes | null;
  depth: number | null;
  through: boolean;
};

/** Runs a scan and hands out its bytes as they come: first the meta line, then a line a name. Returns the status. */
async function scanChunks(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  options: ScanOptions,
  take: (chunk: Uint8Array) => void,
): Promise<number> {
  let head: Uint8Array = new Uint8Array(0);
  let meta: ScanMeta['meta'] | null = null;
  const { errors } = await engine.call(
    'scan',
    { stack, ...options },
    {
      signal: session.signal,
      onChunk: (chunk) => {
        if (meta === null) {
          head = Buffer.concat([head, chunk]);
          const end = head.indexOf(NEWLINE);
          if (end >= 0) meta = (JSON.parse(new TextDecoder().decode(head.subarray(0, end))) as ScanMeta).meta;
        }
        take(chunk);
      },
      onItem: ({ layers }) => showProgress(session, layers),
    },
  );
  session.progress.clear();
  // What was said is not the whole, and must not look like it.
  if (session.signal.aborted) throw new FailureError({ code: 'cancelled', message: 'interrupted' });
  if (meta === null) throw new FailureError({ code: 'internal', message: 'the scan gave no meta line' });
  return statusOfRead(session, meta, errors);
}

/** The same, cut into lines. */
export function scanLines(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  options: ScanOptions,
  take: (line: Uint8Array, isMeta: boolean) => void,
): Promise<number> {
  let isMeta = true;
  const lines = new Lines((line) => {
    take(line, isMeta);
    isMeta = false;
  });
  return scanChunks(session, engine, stack, options, (chunk) => lines.push(chunk));
}

/** `scan STACK`. */
export async function scan(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  options: ScanOptions,
): Promise<number> {
  const { format, rows, output } = session;
  if (format === 'table') return scanTable(session, engine, stack, options);
  // The engine's pieces are NDJSON as they are.
  if (format === 'ndjson') return scanChunks(session, engine, stack, options, (chunk) => output.write(chunk));
  const status = await scanLines(session, engine, stack, options, (line, isMeta) => {
    const text = new TextDecoder().decode(line);
    if (isMeta) rows.metaLine(text);
    else rows.rowLine(text);
  });
  rows.end();
  return status;
}

async function scanTable(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  options: ScanOptions,
): Promise<number> {
  const { output } = session;
  const paint = paintFor(output.isTerminal);
  let draw: ((object: ScanObject) => string) | null = null;
  return scanLines(session, engine, stack, options, (line, isMeta) => {
    const value = JSON.parse(new TextDecoder().decode(line));
    session.progress.clear();
    if (isMeta) {
      const strip = stripOf((value as ScanMeta).meta, paint);
      const width = Math.max(strip.width, 6);
      const pad = ' '.repeat(width - strip.width);
      draw = (object) => {
        const target = object.target === undefined ? '' : ` -> ${eyes(object.target, object.targetB64)}`;
        const size = hasSize(object) ? sizeText(object.size) : '';
        const name = object.path === '' ? '/' : eyes(object.path, object.pathB64);
        return `${strip.draw(object)}${pad}  ${statusText(object).padEnd(22)}  ${object.type.padEnd(8)}  ${size.padStart(6)}  ${name}${target}\n`;
      };
      output.write(
        `${strip.head.padEnd(width)}  ${'STATUS'.padEnd(22)}  ${'TYPE'.padEnd(8)}  ${'SIZE'.padStart(6)}  PATH\n`,
      );
    } else if (draw !== null) output.write(draw(value as ScanObject));
  });
}

/** `scan --summary STACK`. */
export async function summary(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  through: boolean,
): Promise<number> {
  const { format, rows, output } = session;
  const result = await engine.call(
    'summary',
    { stack, through },
    { signal: session.signal, onItem: ({ layers }) => showProgress(session, layers) },
  );
  session.progress.clear();
  if (format === 'table') output.write(summaryTable(result.summary));
  else {
    rows.meta(result.meta);
    rows.row(result.summary);
    rows.end();
  }
  return statusOfRead(session, result.meta, result.errors);
}

function summaryTable({ objects, rawEntries, byProvenance, byMark, seconds }: ScanSummary): string {
  const counts = (record: Record<string, number>): string[][] =>
    Object.entries(record).map(([key, count]) => [`  ${key}`, count.toLocaleString('en')]);
  const times = Object.entries(seconds).map(([key, value]) => [`  ${key}`, `${value.toFixed(3)} s`]);
  return table(
    ['objects', objects.toLocaleString('en')],
    [
      ['entries in layers', rawEntries.toLocaleString('en')],
      ['by provenance', ''],
      ...counts(byProvenance),
      ['by mark', ''],
      ...counts(byMark),
      ['time', ''],
      ...times,
    ],
    [1],
  );
}
