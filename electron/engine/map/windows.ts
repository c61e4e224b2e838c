import type { Mapping } from '../../../shared/map/record.ts';
import type { InodeMap } from './inode-map.ts';
import { ALL, type RawRow, storedRow } from './tables.ts';

/** A part of a map's numbers that SQLite orders as people do: those above 2⁶³ are negative there, and come after. */
type Segment = { from: string; order: string; count: number };

/** The same, one upper filesystem after the other. */
function segmentsByUpper(map: InodeMap): Segment[] {
  return map.uppers.flatMap(({ id }) =>
    ['>=', '<'].map((sign) => counted(map, `SELECT ${id} AS fs, * FROM mapping_${id} WHERE ino ${sign} 0`, 'ino')),
  );
}

/** All upper filesystems together: by lower number, then by source. */
function segmentsByLower(map: InodeMap): Segment[] {
  if (map.uppers.length === 0) return [];
  return ['>=', '<'].map((sign) =>
    counted(
      map,
      map.uppers
        .map(({ id }) => `SELECT ${id} AS fs, * FROM mapping_${id} WHERE lower_ino ${sign} 0`)
        .join(' UNION ALL '),
      'lower_ino, source',
    ),
  );
}

function counted(map: InodeMap, from: string, order: string): Segment {
  const count = map.db.prepare(`SELECT count(*) FROM (${from})`).pluck().get() as bigint;
  return { from, order, count: Number(count) };
}

/** Entries [from, from + count) in the order of upper or lower numbers. To be used inside `reading`. */
export function windowOf(map: InodeMap, by: 'upper' | 'lower', from: number, count: number): Mapping[] {
  const out: Mapping[] = [];
  let skip = from;
  for (const segment of by === 'upper' ? segmentsByUpper(map) : segmentsByLower(map)) {
    if (out.length >= count) break;
    if (skip < segment.count) out.push(...rowsOf(map, segment, skip, count - out.length));
    skip = Math.max(0, skip - segment.count);
  }
  return out;
}

function rowsOf(map: InodeMap, { from, order }: Segment, offset: number, count: number): Mapping[] {
  // The narrow table is passed over alone; the evidence is looked up for what is shown.
  const window = `SELECT * FROM (${from}) ORDER BY ${order} LIMIT ? OFFSET ?`;
  const found = map.db.prepare(window).raw().all(count, offset) as [bigint, bigint, bigint, bigint][];
  return found.map(([fs, ino]) => {
    const row = map.upper(Number(fs))?.row(ino);
    return map.mapping(row as NonNullable<typeof row>);
  });
}

/** All of them, by upper filesystem and number. To be used inside `reading`, or on a map that nobody else writes. */
export function* everyMapping(map: InodeMap): Generator<Mapping> {
  for (const { id } of map.uppers)
    for (const sign of ['>=', '<']) {
      const rows = map.db
        .prepare(
          `SELECT ${ALL} FROM mapping_${id} m JOIN evidence_${id} e USING (ino) WHERE m.ino ${sign} 0 ORDER BY m.ino`,
        )
        .raw();
      for (const row of rows.iterate() as IterableIterator<RawRow>) yield map.mapping(storedRow(id, row));
    }
}
