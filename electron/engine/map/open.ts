import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { APPLICATION_ID, UPGRADES, VERSION } from './schema.ts';

/** How long a file that another process holds is waited for, in milliseconds. */
const WAIT = 2000;
/** KiB that an open map may keep of its file: the numbers of a million mappings. */
const CACHE = 32_000;
const MAGIC = 'SQLite format 3\0';

/** `read`: it must be there, and nothing of it changes. `write`: it must be there. `create`: it is made where it is not. */
export type OpenMode = 'read' | 'write' | 'create';

/** A failure about a map's file. */
const failed = (file: string, code: string, message: string, hint: string): FailureError =>
  new FailureError({ code, message, path: file, hint });

/**
 * Opens the file of a map. Throws a FailureError that says what is wrong with it: `not-found`, `map-foreign` (no map),
 * `map-torn`, `map-newer`, or what `explained` gives. A file that was never written (a build was killed before its
 * first transaction) is an empty map.
 */
export function openMapFile(file: string, mode: OpenMode): Database.Database {
  if (!existsSync(file)) {
    if (mode !== 'create')
      throw failed(file, 'not-found', 'there is no such file', 'make it with stratoscope map build STACK --db FILE');
    mustHaveFolder(file);
  } else mustBeDatabase(file);
  let db: Database.Database | null = null;
  try {
    db = new Database(file, { timeout: WAIT, readonly: mode === 'read', fileMustExist: mode !== 'create' });
    const version = versionOf(db, file);
    if (version === 0 && mode === 'read') {
      db.close();
      return prepared(new Database(':memory:'));
    }
    if (version < VERSION && mode === 'read') {
      // What reads an elder file must bring it up to date first.
      db.close();
      prepared(new Database(file, { timeout: WAIT, fileMustExist: true })).close();
      db = new Database(file, { timeout: WAIT, readonly: true, fileMustExist: true });
    } else if (mode !== 'read') prepared(db);
    db.pragma(`cache_size = -${CACHE}`);
    return db.defaultSafeIntegers(true);
  } catch (error) {
    db?.close();
    throw explained(error, file);
  }
}

/** Throws where the file's directory does not exist. */
export function mustHaveFolder(file: string): void {
  if (!existsSync(dirname(file)))
    throw failed(file, 'not-found', 'its directory does not exist', 'make it first, or name another file');
}

/** Throws where the file is something else than an SQLite database, or one cut short. */
function mustBeDatabase(file: string): void {
  const head = Buffer.alloc(100);
  const { size } = statSync(file);
  let got = 0;
  try {
    const fd = openSync(file, 'r');
    try {
      got = readSync(fd, head, 0, head.length, 0);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw failed(file, 'map-unopenable', `it cannot be read: ${(error as Error).message}`, 'name another file');
  }
  if (got === 0) return;
  const foreign = (): FailureError =>
    failed(file, 'map-foreign', 'it is no inode map, and was left alone', 'name another file with --db');
  if (head.toString('latin1', 0, Math.min(got, MAGIC.length)) !== MAGIC.slice(0, got)) throw foreign();
  // A log that was left behind has what the file lacks: SQLite folds it in.
  const hasLog = ['-wal', '-journal'].some((end) => existsSync(file + end));
  // The size that the header tells is of use where it was written with the last change (file format, 1.3.7).
  const pageSize = head.readUInt16BE(16) === 1 ? 65536 : head.readUInt16BE(16);
  const isCurrent = head.readUInt32BE(24) === head.readUInt32BE(92);
  if (got < head.length || (isCurrent && !hasLog && head.readUInt32BE(28) * pageSize > size))
    throw torn(file, 'it is cut short');
}

const torn = (file: string, why: string): FailureError =>
  failed(file, 'map-torn', `it is damaged (${why})`, 'set it aside, and build the map anew into another file');

/** The version of a map's file; 0 where nothing is in it yet. Throws where it is another program's, or of a newer one. */
function versionOf(db: Database.Database, file: string): number {
  const id = Number(db.pragma('application_id', { simple: true }));
  const version = Number(db.pragma('user_version', { simple: true }));
  const { n } = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number };
  if (id === 0 && version === 0 && n === 0) return 0;
  if (id !== APPLICATION_ID) {
    const why = 'it is a database of another program, and was left alone';
    throw failed(file, 'map-foreign', why, 'name another file with --db');
  }
  if (version > VERSION) {
    const why = `it is of a newer version (${version}; this program knows ${VERSION})`;
    throw failed(file, 'map-newer', why, 'use the newer program, or name another file');
  }
  return version;
}

/** Makes a file ready to be written: a log beside it, and this program's version. */
function prepared(db: Database.Database): Database.Database {
  db.pragma('journal_mode = WAL');
  // A power cut may lose the last transactions, and damages none (SQLite: pragma synchronous).
  db.pragma('synchronous = NORMAL');
  upgrade(db, UPGRADES);
  return db.defaultSafeIntegers(true);
}

/** Brings a file to the version that so many upgrades lead to, all of it or nothing. */
export function upgrade(db: Database.Database, upgrades: readonly string[]): void {
  const version = (): number => Number(db.pragma('user_version', { simple: true }));
  if (version() >= upgrades.length) return;
  db.transaction(() => {
    // Another process may have done it since.
    for (let v = version(); v < upgrades.length; v++) db.exec(upgrades[v] as string);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${upgrades.length}`);
  }).immediate();
}

/**
 * Closes a file that was written, as one plain file without a log beside it, so that it can be copied, and read where
 * nothing may be written. Where somebody else has it open it stays as it is.
 */
export function closeMapFile(db: Database.Database): void {
  if (!db.open) return;
  try {
    if (!db.readonly && !db.memory) {
      db.pragma('busy_timeout = 0');
      db.pragma('journal_mode = DELETE');
    }
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
  } finally {
    db.close();
  }
}

/** By SQLite's primary result code. */
const REASONS: Record<string, [code: string, message: string, hint: string]> = {
  BUSY: ['map-locked', 'another program holds it locked', 'try again once that is done'],
  LOCKED: ['map-locked', 'another program holds it locked', 'try again once that is done'],
  READONLY: ['map-read-only', 'it may be read, but not written', 'name a file that can be written'],
  FULL: ['map-disk-full', 'the disk is full', 'make room and build again; what the map held before is whole'],
  CANTOPEN: ['map-unopenable', 'it cannot be opened', 'name a file that can be opened, in a directory of its own'],
  IOERR: ['map-unreadable', 'the system could not read or write it', 'check the disk'],
  PERM: ['map-unopenable', 'it may not be opened', 'name another file'],
};

/** An error of SQLite as what it means for a map's file; others as they are. */
export function explained(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const primary = /^SQLITE_([A-Z]+)/.exec(error.code)?.[1] ?? '';
  if (primary === 'CORRUPT' || primary === 'NOTADB') return torn(file, error.message);
  const reason = REASONS[primary];
  return reason === undefined ? error : failed(file, reason[0], `${reason[1]} (${error.message})`, reason[2]);
}
