import { homedir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import type { SavedStack } from '../../shared/ipc/engine.ts';
import { StackRef } from '../../shared/ipc/probe.ts';
import { storing } from './store-errors.ts';
import { openStoreFile } from './store-file.ts';

const RECENT = 20;

/** The user's data folder (XDG Base Directory specification). */
export function dataFolder(): string {
  const base = process.env.XDG_DATA_HOME;
  return join(base?.startsWith('/') ? base : join(homedir(), '.local', 'share'), 'stratoscope');
}

/**
 * Settings, saved stacks and recent things, in one SQLite file. A file that is torn or another program's is set aside
 * under a new name, never overwritten, and `notice` says so. A file that is locked, may not be written or cannot be
 * opened is left as it is: all is then kept in memory alone, beginning with what can be read of it, and `notice` says why.
 * What cannot be stored fails with a Failure that says why and what to do.
 */
export class Store {
  readonly notice: string | null;
  readonly #file: string;
  readonly #db: Database.Database;

  constructor(folder = dataFolder()) {
    this.#file = join(folder, 'stratoscope.db');
    const { db, notice } = openStoreFile(this.#file);
    this.#db = db;
    this.notice = notice;
  }

  /** Throws a Failure where SQLite refuses. */
  #write<T>(run: (db: Database.Database) => T): T {
    return storing(this.#file, () => run(this.#db));
  }

  settings(): Record<string, unknown> {
    const rows = this.#db.prepare('SELECT key, value FROM setting').all() as { key: string; value: string }[];
    return Object.fromEntries(
      rows.map(({ key, value }) => [key, parsed(value)]).filter(([, value]) => value !== undefined),
    );
  }

  setSetting(key: string, value: unknown): void {
    this.#write((db) =>
      db
        .prepare(
          'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
        )
        .run(key, JSON.stringify(value ?? null)),
    );
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
    const { lastInsertRowid } = this.#write((db) =>
      db
        .prepare('INSERT INTO saved_stack (name, stack, saved_at) VALUES (?, ?, ?)')
        .run(name, JSON.stringify(stack), savedAt),
    );
    return { id: Number(lastInsertRowid), name, stack, savedAt };
  }

  forget(id: number): void {
    this.#write((db) => db.prepare('DELETE FROM saved_stack WHERE id = ?').run(id));
  }

  opened(stack: StackRef): void {
    const text = JSON.stringify(stack);
    this.#write((db) => {
      db.prepare(
        // Later than all others, also within one millisecond and after the clock was set back.
        `INSERT INTO recent (stack, opened_at)
         VALUES (?, max(?, (SELECT coalesce(max(opened_at), 0) + 1 FROM recent)))
         ON CONFLICT (stack) DO UPDATE SET opened_at = excluded.opened_at`,
      ).run(text, Date.now());
      db.prepare(
        'DELETE FROM recent WHERE stack NOT IN (SELECT stack FROM recent ORDER BY opened_at DESC LIMIT ?)',
      ).run(RECENT);
    });
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
