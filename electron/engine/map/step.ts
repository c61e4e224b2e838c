import type { ProbeContract } from '../../../shared/ipc/probe.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import type { MapChange, MapFilesystem, Mapping } from '../../../shared/map/record.ts';
import type { StackScan } from '../scan.ts';
import { ByUpper, countUnknown, fatesOf, isSame } from './fates.ts';
import { fillMap } from './fill.ts';
import type { InodeMap } from './inode-map.ts';
import type { Truth } from './truth.ts';
import { everyMapping } from './windows.ts';

/** What a map's being brought up to date did. `unknown`: upper inodes and entries of which nothing could be told. */
export type Stepped = {
  mappings: number;
  added: Mapping[];
  changed: Mapping[];
  removed: Mapping[];
  unknown: number;
  /** A later reading had been written already: nothing was done. */
  isLate: boolean;
};

/** What is to be done to a map. */
export type Changes = { added: Mapping[]; changed: Mapping[]; removed: Mapping[] };

const isUnchanged = (a: Mapping, b: Mapping): boolean =>
  isSame(a.lower, b.lower) && a.lower.layer === b.lower.layer && a.path === b.path && a.since === b.since;

/**
 * Brings a map up to date with a scan: what was copied up is appended, what is gone deleted, a renamed one gets its new
 * path, and a number that was used again what it means now. An entry of which nothing can be told stays as it is.
 * Everything is written in one transaction. `readAt`: when the scan began, ns since the epoch.
 */
export async function keepInStep(
  map: InodeMap,
  scan: StackScan,
  truth: Truth,
  readAt: bigint,
  probe: Client<ProbeContract>,
  signal: AbortSignal,
): Promise<Stepped> {
  const stored = map.reading(() => [...everyMapping(map)]);
  const changes = compare(stored, truth);
  const fates = await fatesOf(changes.removed, scan, truth, probe, signal);
  if (signal.aborted) throw new FailureError({ code: 'cancelled', message: 'cancelled' });
  const unknown = changes.removed.filter((_, i) => fates[i] === 'unknown');
  changes.removed = changes.removed.filter((_, i) => typeof fates[i] === 'object');
  const isLate = !applyChanges(map, truth.filesystems, changes, readAt, stored.length === 0);
  const done = isLate ? { added: [], changed: [], removed: [] } : changes;
  return { ...done, mappings: map.reading(() => map.count), unknown: countUnknown(unknown, scan, truth), isLate };
}

/** What differs between a map and the stack; `removed` are those that the stack does not map now. */
function compare(stored: readonly Mapping[], truth: Truth): Changes {
  const before = new ByUpper(stored);
  const now = new ByUpper(truth.mappings);
  const changes: Changes = { added: [], changed: [], removed: [] };
  for (const one of truth.mappings) {
    const old = before.get(one.upper.fs, one.upper.ino);
    // A number used again is another inode: its mapping is new, and takes the old one's place.
    if (!old || old.upper.handle !== one.upper.handle) changes.added.push(one);
    else if (!isUnchanged(old, one)) changes.changed.push(one);
  }
  for (const one of stored) if (!now.get(one.upper.fs, one.upper.ino)) changes.removed.push(one);
  return changes;
}

/** Writes changes, all or none. False: a later reading stands in the map already, and nothing was written. */
export function applyChanges(
  map: InodeMap,
  filesystems: readonly MapFilesystem[],
  changes: Changes,
  readAt: bigint,
  isEmpty: boolean,
): boolean {
  const isCurrent = (): boolean => {
    const last = BigInt(map.fact('readAt') ?? 0);
    // A moment to come is that of a clock that was set back.
    return last <= readAt || last > BigInt(Date.now()) * 1_000_000n;
  };
  let isLate = false;
  if (isEmpty && changes.added.length > 0) {
    fillMap(map, filesystems, changes.added, () => {
      if (map.count > 0)
        throw new FailureError({
          code: 'map-locked',
          message: 'another program filled it meanwhile',
          path: map.file,
          hint: 'build it again',
        });
      map.setFact('readAt', String(readAt));
    });
    return true;
  }
  map.writing(() => {
    isLate = !isCurrent();
    if (isLate) return;
    for (const one of filesystems) map.noteFilesystem(one);
    for (const { upper } of changes.removed) map.remove(upper);
    for (const one of changes.changed) map.put(one);
    for (const one of changes.added) map.put(one);
    map.setFact('readAt', String(readAt));
  });
  return !isLate;
}

/** In the order and with the word of what was done. */
export function* toldChanges({ removed, changed, added }: Changes): Generator<[MapChange, Mapping]> {
  for (const one of removed) yield ['removed', one];
  for (const one of changed) yield ['changed', one];
  for (const one of added) yield ['added', one];
}
