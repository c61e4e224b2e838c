import Database from 'better-sqlite3';
import { bytesOfText } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';

/** SQLite's result code by name, extended where there is one (SQLITE_IOERR_SHMSIZE); '' for any other error. */
export const codeOf = (error: unknown): string => (error instanceof Database.SqliteError ? error.code : '');

type Reason = { code: string; why: string; hint: string };

/** By SQLite's primary result code: why a file that may be whole cannot be used now. */
const REASONS: Record<string, Reason> = {
  BUSY: { code: 'busy', why: 'another program holds it locked', hint: 'end that program, and try again' },
  READONLY: { code: 'read-only', why: 'it may be read, but not written', hint: 'make it and its folder writable' },
  FULL: { code: 'disk-full', why: 'the disk is full', hint: 'make room on its disk, and try again' },
  CANTOPEN: { code: 'not-stored', why: 'it cannot be opened', hint: 'look at its folder’s permissions' },
  IOERR: {
    code: 'not-stored',
    why: 'the system could not read or write it',
    hint: 'look whether its disk is full or damaged',
  },
};

const reasonOf = (error: unknown): Reason | undefined => REASONS[/^SQLITE_([A-Z]+)/.exec(codeOf(error))?.[1] ?? ''];

/** Why a file cannot be used, as half a sentence. */
export function whyNot(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = reasonOf(error);
  return reason === undefined ? message : `${reason.why} (${message})`;
}

/** Runs what writes into the file; a refusal of SQLite becomes a Failure that says what, where, why and what to do. */
export function storing<T>(file: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    const reason = reasonOf(error);
    const path = textForEyes(bytesOfText(file));
    throw new FailureError({
      code: reason?.code ?? 'not-stored',
      message: `it could not be written to ${path}: ${whyNot(error)}`,
      path,
      hint: reason?.hint ?? 'what was kept before is unchanged; move the file away to begin a new one',
    });
  }
}
