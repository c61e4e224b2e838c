import type Database from 'better-sqlite3';
import { HashedBitmap } from '../../../shared/map/bitmap.ts';
import { unsigned } from '../../../shared/map/keys.ts';
import type { MapFilesystem, Mapping } from '../../../shared/map/record.ts';
import { closeMapFile, explained, type OpenMode, openMapFile } from './open.ts';
import { Registry, type Source, type StoredFilesystem } from './registry.ts';
import { filesystemOf, indexOf, type MapFact, tablesOf } from './schema.ts';
import { type StoredRow, UpperTables } from './tables.ts';

/** The lower inode of an upper number: its number, and the id of the filesystem that it is of. */
export type LowerNumber = { ino: bigint; filesystem: number };

/** Removed numbers keep their bits: once they are more than one in so many, the bitmaps are made anew. */
const STALE = 4;

/**
 * The seed's database: upper inode → lower inode, and back, in a file of its own. Every method throws a FailureError
 * that names the file and says what is wrong with it.
 */
export class InodeMap {
  readonly file: string;
  readonly db: Database.Database;
  #registry: Registry;
  #uppers = new Map<number, UpperTables>();
  /** In front of the upper and of the lower numbers; null until they are asked for. */
  #bitmaps: { upper: HashedBitmap; lower: HashedBitmap; removed: number } | null = null;
  #version: bigint;
  readonly #dataVersion: Database.Statement;
  /** Runs what it is given in a transaction. */
  readonly #together: Database.Transaction<(use: () => unknown) => unknown>;

  private constructor(file: string, db: Database.Database) {
    this.file = file;
    this.db = db;
    this.#dataVersion = db.prepare('PRAGMA data_version').pluck();
    this.#version = this.#dataVersion.get() as bigint;
    this.#together = db.transaction((use) => {
      this.#refresh();
      return use();
    });
    this.#registry = this.#learn();
  }

  /** Opens or makes a map. `:memory:` with `create` is one that lasts as long as it is open. */
  static open(file: string, mode: OpenMode): InodeMap {
    const db = openMapFile(file, mode);
    try {
      return new InodeMap(file, db);
    } catch (error) {
      db.close();
      throw explained(error, file);
    }
  }

  close(): void {
    closeMapFile(this.db);
  }

  /** Runs what uses the database; errors of SQLite become what they mean. */
  #guard<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      throw explained(error, this.file);
    }
  }

  /** Reads which filesystems, sources and tables there are. */
  #learn(): Registry {
    const tables = this.db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all() as string[];
    const ids = tables.map(filesystemOf).filter((id) => id !== null);
    this.#uppers = new Map(ids.sort((a, b) => a - b).map((id) => [id, new UpperTables(this.db, id)]));
    this.#bitmaps = null;
    this.#registry = new Registry(this.db);
    return this.#registry;
  }

  /** Takes notice of what other processes wrote since the last look. */
  #refresh(): void {
    const version = this.#dataVersion.get() as bigint;
    if (version === this.#version) return;
    this.#version = version;
    this.#learn();
  }

  /** Everything that `use` reads is of one moment. */
  reading<T>(use: () => T): T {
    return this.#guard(() => this.#together(use) as T);
  }

  /** The same for what takes its time: the moment is held until it resolves, and others may write meanwhile. */
  async holding<T>(use: () => Promise<T>): Promise<T> {
    try {
      this.db.exec('BEGIN');
      this.#refresh();
      return await use();
    } catch (error) {
      throw explained(error, this.file);
    } finally {
      if (this.db.inTransaction) this.db.exec('ROLLBACK');
    }
  }

  /** Everything that `use` writes is written, or nothing is. Throws what it throws; then nothing was. */
  writing<T>(use: () => T): T {
    return this.#guard(() => {
      try {
        return this.#together.immediate(use) as T;
      } catch (error) {
        // What was learnt on the way is not so.
        if (this.db.open) this.#learn();
        throw error;
      }
    });
  }

  fact(name: MapFact): string | null {
    const stored = this.#guard(() => this.db.prepare('SELECT value FROM fact WHERE name = ?').pluck().get(name));
    return (stored as string | undefined) ?? null;
  }
  setFact(name: MapFact, value: string): void {
    this.#guard(() => this.db.prepare('INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)').run(name, value));
  }

  get filesystems(): readonly StoredFilesystem[] {
    return this.#registry.filesystems;
  }
  byKey(key: string): StoredFilesystem | null {
    return this.#registry.byKey(key);
  }
  source(id: number): Source {
    return this.#registry.source(id);
  }
  get uppers(): readonly UpperTables[] {
    return [...this.#uppers.values()];
  }
  upper(id: number): UpperTables | null {
    return this.#uppers.get(id) ?? null;
  }

  /** Mappings in all. */
  get count(): number {
    return this.#guard(() => this.uppers.reduce((sum, tables) => sum + tables.count, 0));
  }

  // ── What stands in it

  /** False: the number is certainly not mapped, and nothing was read to know it. */
  mayHold(side: 'upper' | 'lower', filesystem: number, ino: bigint): boolean {
    return this.bitmaps[side].has(ino, filesystem);
  }

  /** The lower inode of an upper number; null where it is not mapped. Many are asked inside one `reading`. */
  lowerOf(filesystem: number, ino: bigint): LowerNumber | null {
    if (!this.mayHold('upper', filesystem, ino)) return null;
    const tables = this.#uppers.get(filesystem);
    if (tables === undefined) return null;
    const { onlyLower } = this.#registry;
    if (onlyLower !== null) {
      const number = tables.lowerIno(ino);
      return number === undefined ? null : { ino: unsigned(number), filesystem: onlyLower };
    }
    const found = tables.lower(ino);
    return found === undefined
      ? null
      : { ino: unsigned(found[0]), filesystem: this.source(Number(found[1])).filesystem };
  }

  /** The whole mapping of an upper number, or null. One such look alone is not worth making a bitmap for. */
  mappingOf(filesystem: number, ino: bigint): Mapping | null {
    if (this.#bitmaps && !this.mayHold('upper', filesystem, ino)) return null;
    const row = this.#uppers.get(filesystem)?.row(ino) ?? null;
    return row === null ? null : this.mapping(row);
  }

  /** The mappings of a lower number: several where upper inodes share an origin. */
  mappingsTo(filesystem: number, ino: bigint): Mapping[] {
    if (this.#bitmaps && !this.mayHold('lower', filesystem, ino)) return [];
    return this.uppers
      .flatMap((tables) => tables.reverse(ino))
      .filter((row) => this.source(row.source).filesystem === filesystem)
      .map((row) => this.mapping(row));
  }

  /** A row in words of the room: keys instead of ids, numbers unsigned. */
  mapping(row: StoredRow): Mapping {
    const { filesystem, layer } = this.source(row.source);
    return {
      upper: { fs: this.#registry.filesystem(row.filesystem).key, ino: unsigned(row.ino), handle: row.upperHandle },
      lower: {
        fs: this.#registry.filesystem(filesystem).key,
        ino: unsigned(row.lowerIno),
        handle: row.lowerHandle,
        layer,
      },
      path: row.path,
      since: row.since,
    };
  }

  /** The bitmaps, made from the indexes of numbers where they are not there (any more). */
  get bitmaps(): { upper: HashedBitmap; lower: HashedBitmap } {
    const now = this.#bitmaps;
    if (now && !now.upper.isFull && now.removed * STALE <= now.upper.count) return now;
    return this.#guard(() => {
      const count = this.count;
      const made = { upper: new HashedBitmap(count), lower: new HashedBitmap(count), removed: 0 };
      for (const { id } of this.uppers) {
        const rows = this.db.prepare(`SELECT lower_ino, ino, source FROM mapping_${id}`).raw();
        for (const [lower, ino, source] of rows.iterate() as IterableIterator<[bigint, bigint, bigint]>) {
          made.upper.add(ino, id);
          made.lower.add(lower, this.source(Number(source)).filesystem);
        }
      }
      this.#bitmaps = made;
      return made;
    });
  }

  // ── Changes, each inside `writing`

  noteFilesystem(one: MapFilesystem): number {
    return this.#registry.noteFilesystem(one);
  }
  noteSource(filesystem: number, layer: number): number {
    return this.#registry.noteSource(filesystem, layer);
  }

  /** The tables of an upper filesystem, made where there are none. */
  noteUpper(filesystem: number): UpperTables {
    const known = this.#uppers.get(filesystem);
    if (known) return known;
    this.db.exec(tablesOf(filesystem) + indexOf(filesystem));
    const tables = new UpperTables(this.db, filesystem);
    this.#uppers.set(filesystem, tables);
    this.#uppers = new Map([...this.#uppers].sort(([a], [b]) => a - b));
    return tables;
  }

  /** Adds a mapping, or puts it in the place of what its upper number mapped to. Its filesystems must be known. */
  put({ upper, lower, path, since }: Mapping): void {
    const upperId = (this.byKey(upper.fs) as StoredFilesystem).id;
    const lowerId = (this.byKey(lower.fs) as StoredFilesystem).id;
    this.noteUpper(upperId).put({
      ino: upper.ino,
      lowerIno: lower.ino,
      source: this.noteSource(lowerId, lower.layer),
      since,
      upperHandle: upper.handle,
      lowerHandle: lower.handle,
      path,
    });
    this.#bitmaps?.upper.add(upper.ino, upperId);
    this.#bitmaps?.lower.add(lower.ino, lowerId);
  }

  /** Removes the mapping of an upper number, unless its handle is another one by now. */
  remove({ fs, ino, handle }: Mapping['upper']): boolean {
    const tables = this.#uppers.get((this.byKey(fs) as StoredFilesystem).id);
    if (!tables || tables.row(ino)?.upperHandle !== handle) return false;
    if (this.#bitmaps) this.#bitmaps.removed++;
    return tables.remove(ino);
  }

  /** Many rows were written past `put`: what is remembered of numbers is read anew. */
  forgetNumbers(): void {
    this.#bitmaps = null;
  }
}
