import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import { Exit, errorLine, exitOf, messageOf } from './failures.ts';
import { Output, Progress } from './output.ts';
import { JsonRows } from './rows.ts';

export const FORMATS = ['table', 'json', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

/** What a command has while it runs. */
export type Session = {
  format: Format;
  output: Output;
  /** For formats json and ndjson. */
  rows: JsonRows;
  progress: Progress;
  /** Aborted by SIGINT, SIGTERM and SIGHUP, and when nobody reads the output any more. */
  signal: AbortSignal;
  /** Runs when the command is over, last first, however it ends. */
  defer(cleanup: () => void | Promise<void>): void;
};

export type SessionOptions = {
  /** What failed, in a message: `cannot scan`. */
  what: string;
  format: Format;
  debug: boolean;
};

/** The contract gives two seconds from the signal to the end; what cleans up gets most of it. */
const GRACE_MS = 1500;

/**
 * Runs one command and ends the process with its status. `body` returns the status. Whatever is thrown is told on
 * standard error, and in a JSON format on standard output too.
 */
export async function runSession(
  { what, format, debug }: SessionOptions,
  body: (session: Session) => Promise<number>,
): Promise<never> {
  const output = new Output();
  const progress = new Progress();
  const rows = new JsonRows(output, format === 'json' ? 'json' : 'ndjson');
  const interrupted = new AbortController();
  const cleanups: (() => void | Promise<void>)[] = [];
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interrupted.abort();
      output.abandon();
      setTimeout(() => process.exit(Exit.interrupted), GRACE_MS);
    });
  }
  const session: Session = {
    format,
    output,
    rows,
    progress,
    signal: AbortSignal.any([interrupted.signal, output.closed]),
    defer: (cleanup) => cleanups.push(cleanup),
  };
  let status: number;
  try {
    status = await body(session);
    if (interrupted.signal.aborted) status = Exit.interrupted;
  } catch (error) {
    status = report(error);
  }
  for (const cleanup of cleanups.reverse()) {
    try {
      await cleanup();
    } catch (error) {
      status = Math.max(status, report(error));
    }
  }
  progress.clear();
  await output.flushed();
  process.exit(status);

  function report(error: unknown): number {
    if (output.closed.aborted && !interrupted.signal.aborted) return Exit.done;
    const failure: Failure = interrupted.signal.aborted
      ? { code: 'cancelled', message: 'interrupted' }
      : failureOf(error, session.signal);
    progress.say(messageOf(what, failure));
    if (debug) progress.say(stackOf(error, failure));
    if (format !== 'table') rows.end(errorLine(failure));
    return exitOf(failure);
  }
}

function stackOf(error: unknown, failure: Failure): string {
  if (failure.code === 'internal' && failure.hint !== undefined) return failure.hint;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
