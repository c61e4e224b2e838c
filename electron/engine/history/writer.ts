import type Database from 'better-sqlite3';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { ENDINGS } from '../../../shared/history/state.ts';
import type { Ended } from './directory.ts';
import { packState } from './pack.ts';

const bytesOf = (text: Bytes): Buffer => Buffer.from(text, 'latin1');

/** Writes one reading of one stack. */
export class Writer {
  readonly seq: number;
  readonly stack: number;
  readonly #db: Database.Database;
  readonly #at: bigint;
  readonly #before: bigint;
  readonly #find: Database.Statement;
  readonly #insert: Database.Statement;
  readonly #update: Database.Statement;
  readonly #former: Database.Statement;
  readonly #times: Database.Statement;

  constructor(db: Database.Database, identity: string, at: bigint) {
    this.#db = db;
    this.#at = at;
    const [stack, before, seq] = db
      .transaction((): [number, bigint, number] => {
        db.prepare('INSERT INTO stack (identity, read_at) VALUES (?, 0) ON CONFLICT (identity) DO NOTHING').run(
          identity,
        );
        const row = db.prepare('SELECT id, read_at FROM stack WHERE identity = ?').safeIntegers().get(identity) as {
          id: bigint;
          read_at: bigint;
        };
        const last = db
          .prepare('SELECT coalesce(max(seq), 0) FROM reading WHERE stack = ?')
          .pluck()
          .get(row.id) as number;
        db.prepare('INSERT INTO reading (stack, seq, at) VALUES (?, ?, ?)').run(row.id, last + 1, at);
        return [Number(row.id), row.read_at, last + 1];
      })
      .immediate();
    this.stack = stack;
    this.#before = before;
    this.seq = seq;
    this.#find = db.prepare('SELECT id, entries FROM directory WHERE stack = ? AND path = ?');
    this.#insert = db.prepare('INSERT INTO directory (stack, path, entries) VALUES (?, ?, ?)');
    this.#update = db.prepare('UPDATE directory SET entries = ? WHERE id = ?');
    this.#former = db.prepare(
      'INSERT INTO former (directory, name, since, until, ending, state) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#times = db.prepare('SELECT at FROM reading WHERE stack = ? AND seq = ?').pluck().safeIntegers();
  }

  directory(path: Bytes): { id: number; entries: Buffer } | null {
    return (this.#find.get(this.stack, bytesOf(path)) as { id: number; entries: Buffer } | undefined) ?? null;
  }

  directories(): { id: number; path: Bytes }[] {
    const rows = this.#db.prepare('SELECT id, path FROM directory WHERE stack = ?').all(this.stack);
    return (rows as { id: number; path: Buffer }[]).map(({ id, path }) => ({
      id,
      path: asBytes(path.toString('latin1')),
    }));
  }

  entriesOf(directory: number): Buffer | null {
    return (
      (this.#db.prepare('SELECT entries FROM directory WHERE id = ?').pluck().get(directory) as Buffer | undefined) ??
      null
    );
  }

  /** Stores what changed of a directory; its id, null where nothing is stored of it. */
  store(id: number | null, path: Bytes, blob: Uint8Array | null, ended: readonly Ended[]): number | null {
    if (blob === null) return id;
    const directory = id ?? Number(this.#insert.run(this.stack, bytesOf(path), blob).lastInsertRowid);
    if (id !== null) this.#update.run(blob, id);
    for (const { name, state, since, ending, nextBornNs } of ended) {
      const from = (this.#times.get(this.stack, since) as bigint | undefined) ?? this.#before;
      this.#former.run(
        directory,
        bytesOf(name),
        from,
        this.#until(nextBornNs),
        ENDINGS.indexOf(ending),
        packState(state),
      );
    }
    return directory;
  }

  /** When a state ended: at the birth of what followed it, if that was since the last reading. */
  #until(nextBornNs: bigint | null): bigint {
    return nextBornNs !== null && nextBornNs > this.#before && nextBornNs <= this.#at ? nextBornNs : this.#at;
  }

  /** The reading is whole. */
  conclude(): void {
    this.#db.prepare('UPDATE stack SET read_at = max(read_at, ?) WHERE id = ?').run(this.#at, this.stack);
    // Readings that nothing stands since are not needed: the first and the last are cheap, and stay.
  }
}
