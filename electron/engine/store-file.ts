import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import Database from 'better-sqlite3';
import { codeOf, whyNot } from './store-errors.ts';

/** "strat" as the file's application id: a file of another program is known by it. */
const APPLICATION_ID = 0x73747261;
const VERSION = 1;

/** How long a file that another process holds is waited for, in milliseconds. */
const WAIT = 2000;

/** Opens the store's file, or a memory copy of it where it cannot be kept there. `notice`: what a person should know. */
export function openStoreFile(folder: string, file: string): { db: Database.Database; notice: string | null } {
  let notice: string | null = null;
  let db: Database.Database | null = null;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (existsSync(file)) {
      const why = whatIsWrong(file);
      if (why !== null) {
        const aside = setAside(file);
        notice = `Your settings in ${file} could not be used: ${why}. They were set aside as ${aside}, and new ones begun.`;
      }
    }
    db = new Database(file, { timeout: WAIT });
    prepare(db);
    return { db, notice };
  } catch (error) {
    db?.close();
    const memory = new Database(':memory:');
    prepare(memory);
    const isSeeded = codeOf(error).startsWith('SQLITE_BUSY') ? false : seed(memory, file);
    const until = isSeeded
      ? 'What it holds is used, and changes last until the app is closed.'
      : 'They last until the app is closed.';
    const why = `Settings cannot be kept in ${file}: ${whyNot(error)}. ${until}`;
    return { db: memory, notice: notice === null ? why : `${notice} ${why}` };
  }
}

/**
 * Copies what can be read of a store into an empty one in memory; false where nothing can. Where SQLite cannot open the
 * file for reading (in a folder that may not be written it has no room for the log's index), its bytes are read as they
 * are, without what a log beside it may hold.
 */
function seed(memory: Database.Database, file: string): boolean {
  for (const open of [
    () => new Database(file, { fileMustExist: true, readonly: true, timeout: WAIT }),
    () => new Database(withoutLog(readFileSync(file))),
  ]) {
    let source: Database.Database | null = null;
    try {
      source = open();
      if (wrongIn(source) !== null) continue;
      for (const [table, columns] of TABLES) {
        const put = memory.prepare(
          `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        );
        const rows = source
          .prepare(`SELECT ${columns.join(', ')} FROM ${table}`)
          .raw()
          .all() as unknown[][];
        memory.transaction(() => rows.forEach((row) => void put.run(...row)))();
      }
      return true;
    } catch {
      for (const [table] of TABLES) memory.exec(`DELETE FROM ${table}`);
    } finally {
      source?.close();
    }
  }
  return false;
}

/** A database's bytes with the mark of a log taken out (file format, 1.3.3): in memory there is none. */
function withoutLog(bytes: Buffer): Buffer {
  bytes.fill(1, 18, 20);
  return bytes;
}

/**
 * Why a file is no store of this program, or null where it is one. It is opened to be read alone, so that closing it
 * does not fold a foreign log into its file. Throws where nothing can be said: the file is busy, or cannot be read.
 */
function whatIsWrong(file: string): string | null {
  const db = new Database(file, { fileMustExist: true, readonly: true, timeout: WAIT });
  try {
    return wrongIn(db);
  } finally {
    db.close();
  }
}

function wrongIn(db: Database.Database): string | null {
  try {
    const id = db.pragma('application_id', { simple: true });
    const version = Number(db.pragma('user_version', { simple: true }));
    const tables = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number };
    if (id === 0 && tables.n === 0) return null;
    if (id !== APPLICATION_ID) return 'it is a database of another program';
    if (version > VERSION) return `it is of a newer version (${version})`;
    const check = db.pragma('quick_check', { simple: true });
    return check === 'ok' ? null : `it is damaged (${String(check)})`;
  } catch (error) {
    if (/^SQLITE_(NOTADB|CORRUPT)/.test(codeOf(error))) return `it is damaged (${(error as Error).message})`;
    throw error;
  }
}

const COMPANIONS = ['', '-wal', '-shm', '-journal'];

/** Renames a file and its companions to the first free name; returns it. */
function setAside(file: string): string {
  const isTaken = (name: string): boolean => COMPANIONS.some((suffix) => existsSync(name + suffix));
  let aside = `${file}.set-aside`;
  for (let n = 2; isTaken(aside); n++) aside = `${file}.set-aside-${n}`;
  for (const suffix of COMPANIONS) if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
  return aside;
}

/** The store's tables, with their columns in the order of the copy. */
const TABLES: readonly (readonly [string, readonly string[]])[] = [
  ['setting', ['key', 'value']],
  ['saved_stack', ['id', 'name', 'stack', 'saved_at']],
  ['recent', ['stack', 'opened_at']],
];

function prepare(db: Database.Database): void {
  db.pragma('journal_mode = WAL');
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.pragma(`user_version = ${VERSION}`);
  db.exec(`
    CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS saved_stack (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, stack TEXT NOT NULL, saved_at TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS recent (stack TEXT PRIMARY KEY, opened_at INTEGER NOT NULL) STRICT;
  `);
}
