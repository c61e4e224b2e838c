import type Database from 'better-sqlite3';
import { signed } from '../../../shared/map/keys.ts';
import type { MapFilesystem, Mapping } from '../../../shared/map/record.ts';
import type { InodeMap } from './inode-map.ts';
import { dropIndexOf, indexOf } from './schema.ts';
import { storedHandles, storedPath } from './tables.ts';

/** Rows that one statement inserts: what a call costs is shared by them. */
const TOGETHER = 64;
/**
 * KiB of cache while an index is made. SQLite sorts in pieces of this size; those that fit the processor's cache are
 * sorted twice as fast as large ones.
 */
const SORTING = 2000;

/**
 * Fills an empty map: all of it or, where that fails, nothing. Each upper number comes once; in their order is fastest.
 * `alongside` is done in the same transaction, before. The log is folded into the file when that is closed.
 */
export function fillMap(
  map: InodeMap,
  filesystems: readonly MapFilesystem[],
  mappings: Iterable<Mapping>,
  alongside?: () => void,
): void {
  const { db } = map;
  const before = Number(db.pragma('wal_autocheckpoint', { simple: true }));
  const cache = Number(db.pragma('cache_size', { simple: true }));
  db.pragma('wal_autocheckpoint = 0');
  db.pragma(`cache_size = -${SORTING}`);
  try {
    map.writing(() => {
      alongside?.();
      for (const one of filesystems) map.noteFilesystem(one);
      fillTables(map, mappings);
      map.forgetNumbers();
    });
  } finally {
    db.pragma(`cache_size = ${cache}`);
    db.pragma(`wal_autocheckpoint = ${before}`);
  }
}

/** One table's statement for many rows, and for one. */
class Inserter {
  readonly #many: Database.Statement;
  readonly #one: Database.Statement;
  readonly #width: number;
  readonly #values: unknown[];
  #used = 0;

  constructor(db: Database.Database, table: string, width: number) {
    const row = `(${Array(width).fill('?').join(', ')})`;
    this.#one = db.prepare(`INSERT INTO ${table} VALUES ${row}`);
    this.#many = db.prepare(`INSERT INTO ${table} VALUES ${Array(TOGETHER).fill(row).join(', ')}`);
    this.#width = width;
    this.#values = new Array(width * TOGETHER);
  }

  /** Takes one value of the row that is being made. */
  add(value: unknown): void {
    this.#values[this.#used++] = value;
  }

  /** The row is whole. */
  next(): void {
    if (this.#used < this.#values.length) return;
    this.#many.run(this.#values);
    this.#used = 0;
  }

  /** Inserts what is left. */
  end(): void {
    for (let at = 0; at < this.#used; at += this.#width) this.#one.run(this.#values.slice(at, at + this.#width));
    this.#used = 0;
  }
}

type Filling = { id: number; mapping: Inserter; evidence: Inserter };

function fillTables(map: InodeMap, mappings: Iterable<Mapping>): void {
  const fillings = new Map<string, Filling>();
  const sources = new Map<string, number[]>();
  const begin = (fs: string): Filling => {
    const { id } = map.byKey(fs) as { id: number };
    map.noteUpper(id);
    map.db.exec(dropIndexOf(id));
    const filling = {
      id,
      mapping: new Inserter(map.db, `mapping_${id}`, 3),
      evidence: new Inserter(map.db, `evidence_${id}`, 4),
    };
    fillings.set(fs, filling);
    return filling;
  };
  const sourceOf = (fs: string, layer: number): number => {
    const byLayer = sources.get(fs) ?? [];
    if (byLayer.length === 0) sources.set(fs, byLayer);
    byLayer[layer] ??= map.noteSource((map.byKey(fs) as { id: number }).id, layer);
    return byLayer[layer] as number;
  };
  let fs = '';
  let filling: Filling | null = null;
  for (const { upper, lower, path, since } of mappings) {
    if (filling === null || upper.fs !== fs) {
      fs = upper.fs;
      filling = fillings.get(fs) ?? begin(fs);
    }
    const { mapping, evidence } = filling;
    const ino = signed(upper.ino);
    mapping.add(ino);
    mapping.add(signed(lower.ino));
    mapping.add(sourceOf(lower.fs, lower.layer));
    mapping.next();
    evidence.add(ino);
    evidence.add(since);
    evidence.add(storedHandles(upper.handle, lower.handle));
    evidence.add(storedPath(path));
    evidence.next();
  }
  for (const { id, mapping, evidence } of fillings.values()) {
    mapping.end();
    evidence.end();
    map.db.exec(indexOf(id));
  }
}
