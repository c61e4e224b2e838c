import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { openOwn, WAIT, wrongIn } from './sqlite-file.ts';
import { codeOf, whyNot } from './store-errors.ts';

/** "strat" as the file's application id. */
const OWN = { applicationId: 0x73747261, version: 1, prepare };

/** Opens the store's file, or a memory copy of it where it cannot be kept there. `notice`: what a person should know. */
export function openStoreFile(file: string): { db: Database.Database; notice: string | null } {
  let notice: string | null = null;
  try {
    const db = openOwn(file, OWN, ({ why, as }) => {
      notice = `Your settings in ${file} could not be used: ${why}. They were set aside as ${as}, and new ones begun.`;
    });
    return { db, notice };
  } catch (error) {
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
      if (wrongIn(source, OWN, true) !== null) continue;
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

/** The store's tables, with their columns in the order of the copy. */
const TABLES: readonly (readonly [string, readonly string[]])[] = [
  ['setting', ['key', 'value']],
  ['saved_stack', ['id', 'name', 'stack', 'saved_at']],
  ['recent', ['stack', 'opened_at']],
];

function prepare(db: Database.Database): void {
  db.exec(`
    CREATE TABLE IF NOT EXISTS setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS saved_stack (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, stack TEXT NOT NULL, saved_at TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS recent (stack TEXT PRIMARY KEY, opened_at INTEGER NOT NULL) STRICT;
  `);
}
