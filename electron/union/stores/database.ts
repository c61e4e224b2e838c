import type Database from 'better-sqlite3';
import { asBytes } from '../../../shared/bytes/bytes.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { signed } from '../../../shared/map/keys.ts';
import type { Mapping as MapMapping } from '../../../shared/map/record.ts';
import { InodeMap } from '../../engine/map/inode-map.ts';
import { everyMapping } from '../../engine/map/windows.ts';
import { fail } from '../failure.ts';
import type { Filesystems } from '../filesystems.ts';
import type { Mapping, MappingStore, Origin, StoreFigures } from './store.ts';

const ATIMES = `CREATE TABLE IF NOT EXISTS scheme_atime (
  filesystem INTEGER NOT NULL, ino INTEGER NOT NULL, handle TEXT NOT NULL, atime INTEGER NOT NULL,
  PRIMARY KEY (filesystem, ino)
) STRICT, WITHOUT ROWID`;

/**
 * The map in an SQLite file with a log beside it (WAL): the inode map that the engine builds and shows, and a table of
 * access times. With `hasBitmap` a hashed bitmap in memory says of most numbers that they are not in it.
 */
export class DatabaseStore implements MappingStore {
  readonly isOnInodes = false;
  readonly #map: InodeMap;
  readonly #filesystems: Filesystems;
  readonly #upperKey: string;
  readonly #hasBitmap: boolean;
  readonly #atime: Database.Statement;
  readonly #setAtime: Database.Statement;
  readonly #dropAtime: Database.Statement;
  #atimes: number;
  #reads = 0;
  #skips = 0;

  /** Throws a FailureError that says what is wrong with the file. */
  constructor(file: string, filesystems: Filesystems, hasBitmap: boolean) {
    this.#filesystems = filesystems;
    this.#hasBitmap = hasBitmap;
    this.#map = InodeMap.open(file, 'create');
    const { db } = this.#map;
    db.exec(ATIMES);
    this.#atime = db.prepare('SELECT handle, atime FROM scheme_atime WHERE filesystem = ? AND ino = ?').raw();
    this.#setAtime = db.prepare('INSERT OR REPLACE INTO scheme_atime VALUES (?, ?, ?, ?)');
    this.#dropAtime = db.prepare('DELETE FROM scheme_atime WHERE filesystem = ? AND ino = ?');
    this.#atimes = Number(db.prepare('SELECT count(*) FROM scheme_atime').pluck().get());
    const upper = filesystems.filesystem(0);
    this.#upperKey = upper.key;
    this.#map.writing(() => this.#map.noteUpper(this.#map.noteFilesystem(upper)));
  }

  get #upperId(): number {
    return this.#map.byKey(this.#upperKey)?.id as number;
  }

  get(upperIno: bigint): Mapping | null {
    if (this.#hasBitmap && !this.#map.mayHold('upper', this.#upperId, upperIno)) {
      this.#skips++;
      return null;
    }
    this.#reads++;
    return this.#own(this.#map.mappingOf(this.#upperId, upperIno));
  }

  byLower(filesystem: number, ino: bigint): Mapping | null {
    const id = this.#map.byKey(this.#filesystems.filesystem(filesystem).key)?.id;
    if (id === undefined) return null;
    this.#reads++;
    const found = this.#map.mappingsTo(id, ino).find(({ upper }) => upper.fs === this.#upperKey);
    return this.#own(found ?? null);
  }

  /** A mapping of the map in words of the union; null where its lower filesystem is known no more. */
  #own(mapping: MapMapping | null): Mapping | null {
    if (mapping === null) return null;
    const filesystem = this.#filesystems.byKey(mapping.lower.fs);
    if (filesystem === null) return null;
    const lower = { filesystem, ino: mapping.lower.ino, handle: mapping.lower.handle };
    return { upperIno: mapping.upper.ino, upperHandle: mapping.upper.handle, lower, path: mapping.path };
  }

  put({ upperIno, upperHandle, lower, path }: Mapping): void {
    const fs = this.#filesystems.filesystem(lower.filesystem);
    this.#writing(() => {
      this.#map.noteFilesystem(fs);
      this.#map.put({
        upper: { fs: this.#upperKey, ino: upperIno, handle: upperHandle },
        lower: {
          fs: fs.key,
          ino: lower.ino,
          handle: lower.handle,
          layer: this.#filesystems.lowersOn(lower.filesystem)[0] ?? 0,
        },
        path: path ?? asBytes(''),
        since: BigInt(Date.now()) * 1_000_000n,
      });
    });
  }

  remove({ upperIno, upperHandle }: Mapping): void {
    this.#writing(() => this.#map.remove({ fs: this.#upperKey, ino: upperIno, handle: upperHandle }));
  }

  /** One transaction; what the file refuses becomes the errno of the operation. */
  #writing(use: () => void): void {
    try {
      this.#map.writing(use);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      fail(error.failure.code === 'map-disk-full' ? 'ENOSPC' : 'EIO');
    }
  }

  *all(): Iterable<Mapping> {
    for (const one of [...everyMapping(this.#map)]) {
      const own = one.upper.fs === this.#upperKey ? this.#own(one) : null;
      if (own) yield own;
    }
  }

  atime({ filesystem, ino, handle }: Origin): bigint | null {
    if (this.#atimes === 0) return null;
    const row = this.#atime.get(filesystem, signed(ino)) as [string, bigint] | undefined;
    return row && row[0] === (handle ?? '') ? row[1] : null;
  }

  setAtime({ filesystem, ino, handle }: Origin, atimeNs: bigint | null): void {
    if (atimeNs === null) {
      if (this.#atimes > 0) this.#atimes -= this.#dropAtime.run(filesystem, signed(ino)).changes;
      return;
    }
    const isNew = this.#atimes === 0 || this.#atime.get(filesystem, signed(ino)) === undefined;
    this.#setAtime.run(filesystem, signed(ino), handle ?? '', atimeNs);
    if (isNew) this.#atimes++;
  }

  figures(): StoreFigures {
    return { mappings: this.#map.count, storeReads: this.#reads, storeSkips: this.#skips };
  }

  close(): void {
    this.#map.close();
  }
}
