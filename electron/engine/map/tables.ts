import type Database from 'better-sqlite3';
import { asBytes, type Bytes, bytesOfText, textOfBytes } from '../../../shared/bytes/bytes.ts';
import { signed } from '../../../shared/map/keys.ts';

/** A row as SQLite gives it: numbers signed, ids of tables. */
export type StoredRow = {
  /** Id of the upper filesystem. */
  filesystem: number;
  ino: bigint;
  lowerIno: bigint;
  source: number;
  since: bigint | null;
  upperHandle: string | null;
  lowerHandle: string | null;
  path: Bytes;
};

/** [ino, lower_ino, source, since, handles, path], as ALL selects it. */
export type RawRow = [bigint, bigint, bigint, bigint | null, string, string | Buffer];
export const ALL = 'm.ino, m.lower_ino, m.source, e.since, e.handles, e.path';

/** Both handles of a row in one column; `-` for one that the filesystem does not give. */
export const storedHandles = (upper: string | null, lower: string | null): string => `${upper ?? '-'} ${lower ?? '-'}`;
const handleOf = (stored: string | undefined): string | null =>
  stored === undefined || stored === '-' ? null : stored;

/** A name as it is kept: text where it is text, so that other programs can read it too, else a blob. */
export const storedPath = (path: Bytes): string | Buffer => textOfBytes(path) ?? Buffer.from(path, 'latin1');
const pathOf = (stored: string | Buffer): Bytes =>
  typeof stored === 'string' ? bytesOfText(stored) : asBytes(stored.toString('latin1'));

export function storedRow(filesystem: number, [ino, lowerIno, source, since, handles, path]: RawRow): StoredRow {
  const [upper, lower] = handles.split(' ');
  return {
    filesystem,
    ino,
    lowerIno,
    source: Number(source),
    since,
    upperHandle: handleOf(upper),
    lowerHandle: handleOf(lower),
    path: pathOf(path),
  };
}

/** What is asked of the tables of one upper filesystem, prepared once. */
export class UpperTables {
  readonly id: number;
  readonly #lower: Database.Statement;
  readonly #lowerIno: Database.Statement;
  readonly #row: Database.Statement;
  readonly #reverse: Database.Statement;
  readonly #put: Database.Statement;
  readonly #putEvidence: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #removeEvidence: Database.Statement;
  readonly #count: Database.Statement;

  constructor(db: Database.Database, id: number) {
    this.id = id;
    const joined = `SELECT ${ALL} FROM mapping_${id} m JOIN evidence_${id} e USING (ino)`;
    this.#lower = db.prepare(`SELECT lower_ino, source FROM mapping_${id} WHERE ino = ?`).raw();
    this.#lowerIno = db.prepare(`SELECT lower_ino FROM mapping_${id} WHERE ino = ?`).pluck();
    this.#row = db.prepare(`${joined} WHERE m.ino = ?`).raw();
    this.#reverse = db.prepare(`${joined} WHERE m.lower_ino = ? ORDER BY m.ino`).raw();
    this.#put = db.prepare(`INSERT OR REPLACE INTO mapping_${id} (ino, lower_ino, source) VALUES (?, ?, ?)`);
    this.#putEvidence = db.prepare(
      `INSERT OR REPLACE INTO evidence_${id} (ino, since, handles, path) VALUES (?, ?, ?, ?)`,
    );
    this.#remove = db.prepare(`DELETE FROM mapping_${id} WHERE ino = ?`);
    this.#removeEvidence = db.prepare(`DELETE FROM evidence_${id} WHERE ino = ?`);
    this.#count = db.prepare(`SELECT count(*) FROM mapping_${id}`).pluck();
  }

  /** Lower number and source of an upper number; undefined where it is not mapped. One look into one narrow table. */
  lower(ino: bigint): [lowerIno: bigint, source: bigint] | undefined {
    return this.#lower.get(signed(ino)) as [bigint, bigint] | undefined;
  }

  /** The number alone. */
  lowerIno(ino: bigint): bigint | undefined {
    return this.#lowerIno.get(signed(ino)) as bigint | undefined;
  }

  row(ino: bigint): StoredRow | null {
    const row = this.#row.get(signed(ino)) as RawRow | undefined;
    return row === undefined ? null : storedRow(this.id, row);
  }

  /** Every row with this lower number, whatever its source. */
  reverse(lowerIno: bigint): StoredRow[] {
    return (this.#reverse.all(signed(lowerIno)) as RawRow[]).map((row) => storedRow(this.id, row));
  }

  put(row: Omit<StoredRow, 'filesystem'>): void {
    const ino = signed(row.ino);
    this.#put.run(ino, signed(row.lowerIno), row.source);
    this.#putEvidence.run(ino, row.since, storedHandles(row.upperHandle, row.lowerHandle), storedPath(row.path));
  }

  /** Removes what a number maps to; false where there was nothing. */
  remove(ino: bigint): boolean {
    this.#removeEvidence.run(signed(ino));
    return this.#remove.run(signed(ino)).changes > 0;
  }

  get count(): number {
    return Number(this.#count.get());
  }
}
