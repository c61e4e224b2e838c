import type Database from 'better-sqlite3';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { RememberedState } from '../../../shared/contract/history.ts';
import { ENDINGS, endingSays, type PathState } from '../../../shared/history/state.ts';
import { partBlob, unpackFacts, unpackState } from './pack.ts';

const bytesOf = (text: Bytes): Buffer => Buffer.from(text, 'latin1');

/** What is remembered of a path of a stack, the newest state first. Throws a RangeError where the file is damaged. */
export function statesOf(db: Database.Database, identity: string, path: Bytes): RememberedState[] {
  const cut = path.lastIndexOf('/');
  const name = path.slice(cut + 1);
  const directory = db
    .prepare(
      'SELECT d.id, d.stack, d.entries FROM directory d JOIN stack s ON s.id = d.stack WHERE s.identity = ? AND d.path = ?',
    )
    .get(identity, bytesOf(asBytes(cut < 0 ? '' : path.slice(0, cut)))) as
    | { id: number; stack: number; entries: Buffer }
    | undefined;
  if (!directory) return [];
  const out: RememberedState[] = [];
  const { facts, since } = partBlob(directory.entries);
  const states = unpackFacts(facts);
  const place = [...states.keys()].indexOf(asBytes(name));
  const now = states.get(asBytes(name));
  if (now) {
    const at = db.prepare('SELECT at FROM reading WHERE stack = ? AND seq = ?').pluck().safeIntegers();
    const from = at.get(directory.stack, since()[place] ?? 1) as bigint | undefined;
    out.push(told(now, from ?? 0n, null, 'It is so now.'));
  }
  const former = db
    .prepare('SELECT since, until, ending, state FROM former WHERE directory = ? AND name = ? ORDER BY id DESC')
    .safeIntegers()
    .all(directory.id, bytesOf(asBytes(name))) as { since: bigint; until: bigint; ending: bigint; state: Buffer }[];
  for (const one of former) {
    const ending = ENDINGS[Number(one.ending)] ?? 'changed';
    out.push(told(unpackState(one.state), one.since, one.until, endingSays(ending)));
  }
  return out;
}

const told = (
  { ino, dev, layer, real, provenance, stable }: PathState,
  since: bigint,
  until: bigint | null,
  why: string,
): RememberedState => ({
  sinceNs: String(since),
  untilNs: until === null ? null : String(until),
  ino: ino === null ? null : String(ino),
  dev,
  real: { layer, ino: String(real) },
  provenance,
  stable,
  why,
});
