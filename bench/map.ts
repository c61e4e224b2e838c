/** The inode map: how fast it is filled, asked and passed by, beside a bare table of one integer key in the same run. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Random } from '../e2e/kernel/random.ts';
import { fillMap } from '../electron/engine/map/fill.ts';
import { InodeMap } from '../electron/engine/map/inode-map.ts';
import { asBytes } from '../shared/bytes/bytes.ts';
import { HashedBitmap } from '../shared/map/bitmap.ts';
import type { Mapping } from '../shared/map/record.ts';
import { alone, alternate, compared, type Measure, round, type Sample } from './measure.ts';

const SIZES = { '1e4': 10_000, '1e5': 100_000, '1e6': 1_000_000 } as const;
type Size = keyof typeof SIZES;

const BARE = 'better-sqlite3, a table of one integer key';
const FS = '0123456789abcdef0123456789abcdef';
const FILESYSTEMS = [{ key: FS, type: 'ext4', dev: '7:1' }];
const SEED = 2017;
/** Numbers asked for in one round, and inserted one by one. */
const ASKED = 200_000;
const INSERTED = 2000;

/** Mappings as ext4 makes them: upper numbers in their order, every second one; lower ones in none. */
function mappingsOf(size: Size): Mapping[] {
  const count = SIZES[size];
  const random = new Random(SEED);
  const lowers = Array.from({ length: count }, (_, n) => 50_000 + n);
  for (let n = count - 1; n > 0; n--) {
    const other = random.below(n + 1);
    [lowers[n], lowers[other]] = [lowers[other] as number, lowers[n] as number];
  }
  return lowers.map((lower, n) => mapping(BigInt(1000 + 2 * n), BigInt(lower), n));
}

const handle = (ino: bigint): string =>
  `01:${(ino & 0xffffffffn).toString(16).padStart(8, '0')}${((ino * 2654435761n) & 0xffffffffn).toString(16).padStart(8, '0')}`;

const mapping = (upper: bigint, lower: bigint, n: number): Mapping => ({
  upper: { fs: FS, ino: upper, handle: handle(upper) },
  lower: { fs: FS, ino: lower, handle: handle(lower), layer: 1 },
  path: asBytes(`usr/lib/package-${n >> 6}/file-${n & 63}.so`),
  since: 1_790_000_000_000_000_000n + BigInt(n) * 1_000_000n,
});

/** Upper numbers that are mapped, at random. */
function present(size: Size, count: number, random: Random): bigint[] {
  return Array.from({ length: count }, () => BigInt(1000 + 2 * random.below(SIZES[size])));
}
/** Upper numbers between and beyond those that are mapped. */
function absent(size: Size, count: number, random: Random): bigint[] {
  return Array.from({ length: count }, () => BigInt(1001 + 2 * random.below(10 * SIZES[size])));
}

/** Files that are gone afterwards, in a folder of their own. */
class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'stratoscope-bench-map-'));
  #made = 0;

  fresh(): string {
    return join(this.folder, `${this.#made++}.db`);
  }
  drop(file: string): void {
    for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
  }
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function bareTable(file: string): Database.Database {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE bare (number INTEGER PRIMARY KEY, lower INTEGER NOT NULL) STRICT');
  return db;
}

type Took = { ms: number; cpuMs: number };

/** How long it takes, and how much of that this process runs. */
function timed(use: () => void): Took {
  const cpu = process.cpuUsage();
  const begun = performance.now();
  use();
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1000 };
}
const perSecond = ({ ms, cpuMs }: Took, count: number): Sample => ({ value: (count / ms) * 1000, cpuMs });
const microseconds = ({ ms, cpuMs }: Took, count: number): Sample => ({ value: (ms * 1000) / count, cpuMs });

/** Fills the bare table, a row a call, in one transaction. */
function fillBare(db: Database.Database, mappings: readonly Mapping[]): Took {
  const insert = db.prepare('INSERT INTO bare VALUES (?, ?)');
  return timed(
    db.transaction(() => {
      for (const { upper, lower } of mappings) insert.run(upper.ino, lower.ino);
    }),
  );
}

const fillOurs = (map: InodeMap, mappings: readonly Mapping[]): Took =>
  timed(() => fillMap(map, FILESYSTEMS, mappings));

/** Both, filled, for what is asked of them. */
async function withBoth<T>(size: Size, use: (map: InodeMap, bare: Database.Database) => Promise<T>): Promise<T> {
  const place = new Place();
  const mappings = mappingsOf(size);
  const map = InodeMap.open(place.fresh(), 'create');
  const bare = bareTable(place.fresh());
  try {
    fillOurs(map, mappings);
    fillBare(bare, mappings);
    for (const db of [map.db, bare]) db.pragma('wal_checkpoint(TRUNCATE)');
    return await use(map, bare);
  } finally {
    map.close();
    bare.close();
    place.remove();
  }
}

async function fill(size: Size, rounds: number): Promise<Measure> {
  const place = new Place();
  const mappings = mappingsOf(size);
  const closings: number[] = [];
  try {
    const ours = (): Sample => {
      const file = place.fresh();
      const map = InodeMap.open(file, 'create');
      const took = fillOurs(map, mappings);
      closings.push(timed(() => map.close()).ms);
      place.drop(file);
      return perSecond(took, mappings.length);
    };
    const theirs = (): Sample => {
      const file = place.fresh();
      const db = bareTable(file);
      const took = fillBare(db, mappings);
      db.close();
      place.drop(file);
      return perSecond(took, mappings.length);
    };
    const [bare = [], own = []] = await alternate(rounds, [theirs, ours]);
    const closing = closings.reduce((sum, ms) => sum + ms, 0) / closings.length;
    return { ...compared(`map-fill-${size}`, 'mappings/s', BARE, own, bare, 0), thenClosedInMs: round(closing, 0) };
  } finally {
    place.remove();
  }
}

const insert = (size: Size, rounds: number): Promise<Measure> =>
  withBoth(size, async (map, bare) => {
    const random = new Random(SEED + 1);
    const one = bare.prepare('INSERT OR REPLACE INTO bare VALUES (?, ?)');
    const some = (): bigint[] => absent(size, INSERTED, random);
    const ours = (): Sample => {
      const rows = some().map((ino, n) => mapping(ino, ino, n));
      const took = timed(() => {
        for (const row of rows) map.writing(() => map.put(row));
      });
      return microseconds(took, INSERTED);
    };
    const theirs = (): Sample => {
      const numbers = some();
      const took = timed(() => {
        for (const ino of numbers) one.run(ino, ino);
      });
      return microseconds(took, INSERTED);
    };
    const [own = [], other = []] = await alternate(rounds, [ours, theirs]);
    return compared(`map-insert-${size}`, 'µs', `${BARE}, each in a transaction of its own`, own, other, 1);
  });

const lookup = (size: Size, rounds: number): Promise<Measure> =>
  withBoth(size, async (map, bare) => {
    const random = new Random(SEED + 2);
    const fs = map.byKey(FS)?.id as number;
    const get = bare.prepare('SELECT lower FROM bare WHERE number = ?').pluck().safeIntegers();
    const ours = (): Sample => {
      const numbers = present(size, ASKED, random);
      const ask = (): void => {
        for (const ino of numbers) if (map.lowerOf(fs, ino) === null) throw new Error(`${ino} is not mapped`);
      };
      return microseconds(
        map.reading(() => timed(ask)),
        ASKED,
      );
    };
    const theirs = (): Sample => {
      const numbers = present(size, ASKED, random);
      const ask = (): void => {
        for (const ino of numbers) if (get.get(ino) === undefined) throw new Error(`${ino} is not there`);
      };
      return microseconds(bare.transaction(() => timed(ask))(), ASKED);
    };
    const [own = [], other = []] = await alternate(rounds, [ours, theirs]);
    return compared(`map-lookup-${size}`, 'µs', BARE, own, other, 3);
  });

const miss = (size: Size, rounds: number): Promise<Measure> =>
  withBoth(size, async (map) => {
    const random = new Random(SEED + 3);
    const fs = map.byKey(FS)?.id as number;
    const making = timed(() => map.bitmaps);
    const { bytes } = map.bitmaps.upper;
    const [samples = []] = await alternate(rounds, [
      (): Sample => {
        const numbers = absent(size, 5 * ASKED, random);
        const ask = (): void => {
          for (const ino of numbers) if (map.lowerOf(fs, ino) !== null) throw new Error(`${ino} is mapped`);
        };
        return microseconds(
          map.reading(() => timed(ask)),
          numbers.length,
        );
      },
    ]);
    return { ...alone(`map-miss-${size}`, 'µs', samples, 4), bitmapBytes: bytes, madeInMs: round(making.ms, 0) };
  });

async function falsePositives(size: Size, rounds: number): Promise<Measure> {
  const random = new Random(SEED + 4);
  const bitmap = new HashedBitmap(SIZES[size]);
  for (const { upper } of mappingsOf(size)) bitmap.add(upper.ino, 1);
  const [samples = []] = await alternate(rounds, [
    (): Sample => {
      const numbers = absent(size, 5 * ASKED, random);
      let passed = 0;
      for (const ino of numbers) if (bitmap.has(ino, 1)) passed++;
      return { value: (100 * passed) / numbers.length };
    },
  ]);
  return {
    ...alone(`map-false-positives-${size}`, '%', samples, 3),
    expected: round(100 * bitmap.expectedFalsePositives, 3),
    bitsPerMapping: round(bitmap.bits / SIZES[size], 1),
  };
}

async function bytesPerMapping(size: Size, rounds: number): Promise<Measure> {
  const place = new Place();
  const mappings = mappingsOf(size);
  let bitmaps = 0;
  try {
    const ours = (): Sample => {
      const file = place.fresh();
      const map = InodeMap.open(file, 'create');
      fillOurs(map, mappings);
      bitmaps = map.bitmaps.upper.bytes + map.bitmaps.lower.bytes;
      map.close();
      const { size: bytes } = statSync(file);
      place.drop(file);
      return { value: bytes / mappings.length };
    };
    const theirs = (): Sample => {
      const file = place.fresh();
      const db = bareTable(file);
      fillBare(db, mappings);
      db.close();
      const { size: bytes } = statSync(file);
      place.drop(file);
      return { value: bytes / mappings.length };
    };
    const [own = [], other = []] = await alternate(rounds, [ours, theirs]);
    return {
      ...compared(`map-bytes-per-mapping-${size}`, 'bytes', BARE, own, other, 1),
      bitmapsInMemory: round(bitmaps / mappings.length, 2),
    };
  } finally {
    place.remove();
  }
}

const KINDS = {
  'map-fill': fill,
  'map-insert': insert,
  'map-lookup': lookup,
  'map-miss': miss,
  'map-false-positives': falsePositives,
  'map-bytes-per-mapping': bytesPerMapping,
} as const;

/** By the name that --only takes. */
export const MAP_MEASURES: Record<string, (rounds: number) => Promise<Measure>> = Object.fromEntries(
  Object.entries(KINDS).flatMap(([name, take]) =>
    (Object.keys(SIZES) as Size[]).map((size) => [`${name}-${size}`, (rounds: number) => take(size, rounds)]),
  ),
);
