import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { codeOf } from './store-errors.ts';

/** Files of the program's own in SQLite: made where they are not, and never written over where they are another's. */

/** How long a file that another process holds is waited for, in milliseconds. */
export const WAIT = 2000;
/** A larger file is not read whole to be checked: damage is met where it is. */
const CHECKED = 16 * 1024 * 1024;

export type OwnFile = {
  /** By which a file of another program is known. */
  applicationId: number;
  version: number;
  /** Makes the tables that are not there. */
  prepare: (db: Database.Database) => void;
};

/** A file that could not be used: why, and the name that it has now. */
export type Aside = { why: string; as: string };

/**
 * Opens a file, which is made where there is none, with its directory. One that is torn, another program's or a newer
 * version's is set aside under a new name, which `onAside` is told. Throws where it is locked, may not be written or cannot be opened: then it
 * is left as it is (see `whyNot`).
 */
export function openOwn(file: string, own: OwnFile, onAside: (aside: Aside) => void): Database.Database {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (existsSync(file)) {
    const why = whatIsWrong(file, own);
    if (why !== null) onAside({ why, as: setAside(file) });
  }
  const db = new Database(file, { timeout: WAIT });
  try {
    db.pragma('journal_mode = WAL');
    db.pragma(`application_id = ${own.applicationId}`);
    db.pragma(`user_version = ${own.version}`);
    own.prepare(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Why a file is none of these, or null where it is one. It is opened to be read alone, so that closing it does not fold
 * a foreign log into its file. Throws where nothing can be said: the file is busy, or cannot be read.
 */
export function whatIsWrong(file: string, own: OwnFile): string | null {
  const db = new Database(file, { fileMustExist: true, readonly: true, timeout: WAIT });
  try {
    return wrongIn(db, own, statSync(file).size <= CHECKED);
  } finally {
    db.close();
  }
}

/** The same of an open file; `isChecked`: it is read whole for that. */
export function wrongIn(db: Database.Database, own: OwnFile, isChecked: boolean): string | null {
  try {
    const id = db.pragma('application_id', { simple: true });
    const version = Number(db.pragma('user_version', { simple: true }));
    const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number };
    if (id === 0 && tables.n === 0) return null;
    if (id !== own.applicationId) return 'it is a database of another program';
    if (version > own.version) return `it is of a newer version (${version})`;
    const check = isChecked ? db.pragma('quick_check', { simple: true }) : 'ok';
    return check === 'ok' ? null : `it is damaged (${String(check)})`;
  } catch (error) {
    if (isDamage(error)) return `it is damaged (${(error as Error).message})`;
    throw error;
  }
}

/** The error says that the file is torn, or none. */
export const isDamage = (error: unknown): boolean => /^SQLITE_(NOTADB|CORRUPT)/.test(codeOf(error));

/** What SQLite keeps beside a file. */
const COMPANIONS = ['', '-wal', '-shm', '-journal'];
export const companionsOf = (file: string): string[] => COMPANIONS.map((suffix) => file + suffix);

/** Renames a file and its companions to the first free name; returns it. */
export function setAside(file: string): string {
  const isTaken = (name: string): boolean => COMPANIONS.some((suffix) => existsSync(name + suffix));
  let aside = `${file}.set-aside`;
  for (let n = 2; isTaken(aside); n++) aside = `${file}.set-aside-${n}`;
  for (const suffix of COMPANIONS) if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  return aside;
}
