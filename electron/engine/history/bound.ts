import type Database from 'better-sqlite3';

/** Rows that are forgotten at a time. */
const FORGOTTEN = 2000;

/** Does work in slices, a piece after the other. False: it was stopped before its end. */
export type InSlices = (work: Iterator<void>) => Promise<boolean>;

/**
 * Forgets the stacks that were read longest ago, then the oldest of the one that is read now, until what is remembered
 * takes no more than `limit` bytes. True where something was forgotten.
 */
export async function keepBound(
  db: Database.Database,
  current: number,
  limit: number,
  inSlices: InSlices,
): Promise<boolean> {
  const number = (text: string): number => Number(db.prepare(text).pluck().get());
  const used = (): number =>
    (number('PRAGMA page_count') - number('PRAGMA freelist_count')) * number('PRAGMA page_size');
  if (used() <= limit) return false;
  const oldest = db.prepare('SELECT id FROM stack WHERE id <> ? ORDER BY read_at LIMIT 1').pluck();
  const former = db.prepare(
    `DELETE FROM former WHERE id IN (SELECT f.id FROM former f JOIN directory d ON d.id = f.directory
       WHERE d.stack = ? ORDER BY f.id LIMIT ${FORGOTTEN})`,
  );
  const directories = db.prepare(
    `DELETE FROM directory WHERE id IN (SELECT id FROM directory WHERE stack = ? LIMIT ${FORGOTTEN})`,
  );
  const stack = db.prepare('DELETE FROM stack WHERE id = ?');
  function* forget(): Generator<void> {
    while (used() > limit) {
      const other = oldest.get(current) as number | undefined;
      const one = other ?? current;
      // Another stack is forgotten whole; of this one, first what it showed before.
      while (former.run(one).changes > 0) {
        yield;
        if (other === undefined && used() <= limit) return;
      }
      while (directories.run(one).changes > 0) yield;
      stack.run(one);
      if (other === undefined) return;
    }
  }
  const isDone = await inSlices(forget());
  if (isDone) {
    db.pragma('incremental_vacuum');
    db.pragma('wal_checkpoint(TRUNCATE)');
  }
  return true;
}
