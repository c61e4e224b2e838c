import type Database from 'better-sqlite3';
import type { OwnFile } from '../sqlite-file.ts';

/** The file of the history. Moments are nanoseconds since the epoch. */

/** "hist" as the file's application id. */
const APPLICATION_ID = 0x68697374;
const VERSION = 1;

export const HISTORY_FILE: OwnFile = { applicationId: APPLICATION_ID, version: VERSION, prepare };

function prepare(db: Database.Database): void {
  db.pragma('synchronous = NORMAL');
  db.pragma('foreign_keys = ON');
  const isEmpty = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
  if (isEmpty) {
    // What is forgotten gives its room back; that must be said before there is a table.
    db.pragma('auto_vacuum = INCREMENTAL');
    db.exec('VACUUM');
  }
  db.exec(`
    CREATE TABLE IF NOT EXISTS stack (
      id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, read_at INTEGER NOT NULL
    ) STRICT;
    -- Readings that something is remembered of, counted from 1 in each stack.
    CREATE TABLE IF NOT EXISTS reading (
      stack INTEGER NOT NULL REFERENCES stack ON DELETE CASCADE, seq INTEGER NOT NULL, at INTEGER NOT NULL,
      PRIMARY KEY (stack, seq)
    ) STRICT, WITHOUT ROWID;
    -- What each name of a merged directory shows (pack.ts).
    CREATE TABLE IF NOT EXISTS directory (
      id INTEGER PRIMARY KEY, stack INTEGER NOT NULL REFERENCES stack ON DELETE CASCADE, path BLOB NOT NULL,
      entries BLOB NOT NULL, UNIQUE (stack, path)
    ) STRICT;
    -- What a name showed before, and how that ended.
    CREATE TABLE IF NOT EXISTS former (
      id INTEGER PRIMARY KEY, directory INTEGER NOT NULL REFERENCES directory ON DELETE CASCADE, name BLOB NOT NULL,
      since INTEGER NOT NULL, until INTEGER NOT NULL, ending INTEGER NOT NULL, state BLOB NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS former_name ON former (directory, name);
  `);
}
