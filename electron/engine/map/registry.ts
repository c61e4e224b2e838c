import type Database from 'better-sqlite3';
import type { MapFilesystem } from '../../../shared/map/record.ts';

/** A filesystem as a map keeps it. */
export type StoredFilesystem = {
  id: number;
  key: string;
  type: string;
  /** st_dev as last seen; null once another filesystem was seen with that number. */
  dev: string | null;
};

/** Where a lower inode lies. */
export type Source = { filesystem: number; layer: number };

/** The filesystems and sources of a map by their ids: few, and kept in memory. */
export class Registry {
  readonly #db: Database.Database;
  readonly #filesystems = new Map<number, StoredFilesystem>();
  readonly #byKey = new Map<string, StoredFilesystem>();
  readonly #sources = new Map<number, Source>();
  /** The filesystem of all lower inodes, where it is one: then a lookup need not ask which. */
  onlyLower: number | null = null;

  constructor(db: Database.Database) {
    this.#db = db;
    type Row = { id: bigint; key: string; type: string; dev: string | null };
    const filesystems = db.prepare('SELECT id, key, type, dev FROM filesystem ORDER BY id').all() as Row[];
    for (const { id, ...rest } of filesystems) this.#remember({ id: Number(id), ...rest });
    const sources = db.prepare('SELECT id, filesystem, layer FROM source').raw().all() as [bigint, bigint, bigint][];
    for (const [id, filesystem, layer] of sources)
      this.#sources.set(Number(id), { filesystem: Number(filesystem), layer: Number(layer) });
    this.#seeSources();
  }

  #remember(one: StoredFilesystem): void {
    this.#filesystems.set(one.id, one);
    this.#byKey.set(one.key, one);
  }

  #seeSources(): void {
    const lowers = new Set([...this.#sources.values()].map(({ filesystem }) => filesystem));
    this.onlyLower = lowers.size === 1 ? ([...lowers][0] as number) : null;
  }

  get filesystems(): readonly StoredFilesystem[] {
    return [...this.#filesystems.values()];
  }
  filesystem(id: number): StoredFilesystem {
    return this.#filesystems.get(id) as StoredFilesystem;
  }
  byKey(key: string): StoredFilesystem | null {
    return this.#byKey.get(key) ?? null;
  }
  source(id: number): Source {
    return this.#sources.get(id) as Source;
  }

  /** Id of a filesystem, added where it is new; its device is noted. Another one's with the same device is forgotten. */
  noteFilesystem({ key, type, dev }: MapFilesystem): number {
    const known = this.#byKey.get(key);
    if (known && (known.dev === dev || dev === 'unknown')) return known.id;
    const own = dev === 'unknown' ? null : dev;
    if (own !== null) this.#db.prepare('UPDATE filesystem SET dev = NULL WHERE dev = ?').run(own);
    const id = this.#db
      .prepare(
        `INSERT INTO filesystem (key, type, dev) VALUES (?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET type = excluded.type, dev = excluded.dev RETURNING id`,
      )
      .pluck()
      .get(key, type, own) as bigint;
    for (const one of this.#filesystems.values()) if (own !== null && one.dev === own) one.dev = null;
    this.#remember({ id: Number(id), key, type, dev: own });
    return Number(id);
  }

  /** Id of where a lower inode lies, added where it is new. */
  noteSource(filesystem: number, layer: number): number {
    for (const [id, source] of this.#sources) if (source.filesystem === filesystem && source.layer === layer) return id;
    const { lastInsertRowid } = this.#db
      .prepare('INSERT INTO source (filesystem, layer) VALUES (?, ?)')
      .run(filesystem, layer);
    this.#sources.set(Number(lastInsertRowid), { filesystem, layer });
    this.#seeSources();
    return Number(lastInsertRowid);
  }
}
