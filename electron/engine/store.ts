import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { SavedStack } from '../../shared/ipc/engine.ts';
import { StackRef } from '../../shared/ipc/probe.ts';

/** "strat" as the file's application id: a file of another program is known by it. */
const APPLICATION_ID = 0x73747261;
const VERSION = 1;
const RECENT = 20;

/** The user's data folder (XDG Base Directory specification). */
export function dataFolder(): string {
  const base = process.env.XDG_DATA_HOME;
  return join(base?.startsWith('/') ? base : join(homedir(), '.local', 'share'), 'stratoscope');
}

/**
 * Settings, saved stacks and recent things, in one SQLite file. A file that is torn or another program's is set aside
 * under a new name, never overwritten, and `notice` says so. A file that is locked, may not be written or cannot be
 * opened is left as it is: all is then kept in memory alone, and `notice` says why.
 */
export class Store {
  readonly notice: string | null;
  readonly #db: Database.Database;

  constructor(folder = dataFolder()) {
    const { db, notice } = openDatabase(folder);
    this.#db = db;
    this.notice = notice;
  }

  settings(): Record<string, unknown> {
    const rows = this.#db.prepare('SELECT key, value FROM setting').all() as { key: string; value: string }[];
    return Object.fromEntries(
      rows.map(({ key, value }) => [key, parsed(value)]).filter(([, value]) => value !== undefined),
    );
  }

  setSetting(key: string, value: unknown): void {
    this.#db
      .prepare('INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value')
      .run(key, JSON.stringify(value ?? null));
  }

  saved(): SavedStack[] {
    const rows = this.#db.prepare('SELECT id, name, stack, saved_at FROM saved_stack ORDER BY name, id').all() as {
      id: number;
      name: string;
      stack: string;
      saved_at: string;
    }[];
    return rows.flatMap(({ id, name, stack, saved_at }) => {
      const ref = StackRef.safeParse(parsed(stack));
      return ref.success ? [{ id, name, stack: ref.data, savedAt: saved_at }] : [];
    });
  }

  save(name: string, stack: StackRef): SavedStack {
    const savedAt = new Date().toISOString();
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO saved_stack (name, stack, saved_at) VALUES (?, ?, ?)')
      .run(name, JSON.stringify(stack), savedAt);
    return { id: Number(lastInsertRowid), name, stack, savedAt };
  }

  forget(id: number): void {
    this.#db.prepare('DELETE FROM saved_stack WHERE id = ?').run(id);
  }

  opened(stack: StackRef): void {
    const text = JSON.stringify(stack);
    this.#db
      .prepare(
        // Later than all others, also within one millisecond and after the clock was set back.
        `INSERT INTO recent (stack, opened_at)
         VALUES (?, max(?, (SELECT coalesce(max(opened_at), 0) + 1 FROM recent)))
         ON CONFLICT (stack) DO UPDATE SET opened_at = excluded.opened_at`,
      )
      .run(text, Date.now());
    this.#db
      .prepare('DELETE FROM recent WHERE stack NOT IN (SELECT stack FROM recent ORDER BY opened_at DESC LIMIT ?)')
      .run(RECENT);
  }

  recent(): StackRef[] {
    const rows = this.#db.prepare('SELECT stack FROM recent ORDER BY opened_at DESC').all() as { stack: string }[];
    return rows.flatMap(({ stack }) => {
      const ref = StackRef.safeParse(parsed(stack));
      return ref.success ? [ref.data] : [];
    });
  }

  close(): void {
    this.#db.close();
  }
}

/** The value of a JSON text; undefined where it is none, since a row that another hand wrote spoils itself alone. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How long a file that another process holds is waited for, in milliseconds. */
const WAIT = 2000;

function openDatabase(folder: string): { db: Database.Database; notice: string | null } {
  const file = join(folder, 'stratoscope.db');
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
    const why = `Settings cannot be kept in ${file}: ${whyNot(error)}. They last until the app is closed.`;
    return { db: memory, notice: notice === null ? why : `${notice} ${why}` };
  }
}

/**
 * Why a file is no store of this program, or null where it is one. It is opened to be read alone, so that closing it
 * does not fold a foreign log into its file. Throws where nothing can be said: the file is busy, or cannot be read.
 */
function whatIsWrong(file: string): string | null {
  const db = new Database(file, { fileMustExist: true, readonly: true, timeout: WAIT });
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
  } finally {
    db.close();
  }
}

/** SQLite's result code by name, extended where there is one (SQLITE_IOERR_SHMSIZE); '' for any other error. */
const codeOf = (error: unknown): string => (error instanceof Database.SqliteError ? error.code : '');

/** By SQLite's primary result code: why a file that may be whole cannot be used now. */
const REASONS: Record<string, string> = {
  BUSY: 'another program holds it locked',
  READONLY: 'it may be read, but not written',
  FULL: 'the disk is full',
  CANTOPEN: 'it cannot be opened',
  IOERR: 'the system could not read or write it',
};

function whyNot(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const reason = REASONS[/^SQLITE_([A-Z]+)/.exec(codeOf(error))?.[1] ?? ''];
  return reason === undefined ? message : `${reason} (${message})`;
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
