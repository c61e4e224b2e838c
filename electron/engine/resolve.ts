import { Code } from '../../shared/merge/lookup.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { RULE_INDEX } from '../../shared/merge/rules.ts';
import { Listed, type ObjectTable } from './objects.ts';
import type { StackScan } from './scan.ts';

/**
 * What follows from origins and index once everything is read: errors, names that share one upper inode, and paths of
 * which only the first that is looked up is answered.
 */
export function applyOrigins(scan: StackScan): void {
  const { objects, entries } = scan;
  if (objects.options.rules[RULE_INDEX['origin-wrong-type']] !== 0) wrongTypes(scan);
  aliasIndexed(scan);
  if (entries.origins.length > 0 || scan.stack.facts.layers.some(({ role }) => role === 'upper')) shareOrigins(scan);
}

/** A non-directory whose origin is of another type is refused with EIO (namei.c:ovl_check_origin_fh). */
function wrongTypes({ objects, entries, origins }: StackScan): void {
  for (const id of upperObjects(objects)) {
    const top = objects.tops[id] as number;
    if (entries.kind(top) === Kind.dir || objects.codes[id] !== Code.ok) continue;
    const origin = origins.facts.get(top);
    if (!origin || origin.mode === 0 || origin.mode >>> 12 === entries.kind(top)) continue;
    objects.codes[id] = Code.EIO;
    objects.data[id] = -1;
    if (objects.listed[id] === Listed.yes) objects.relist(id);
  }
}

/** Lower names whose inode the index has: they show the upper inode (namei.c:ovl_lookup_index). */
function aliasIndexed(scan: StackScan): void {
  const { objects, entries, index } = scan;
  if (!index || index.entries.length === 0 || objects.options.rules[RULE_INDEX['index-alias']] === 0) return;
  const uppers = new Map<bigint, number>();
  for (const id of upperObjects(objects)) {
    const top = objects.tops[id] as number;
    if (entries.kind(top) !== Kind.dir) uppers.set(entries.ino(top), top);
  }
  const byLower = new Map<string, (typeof index.entries)[0]>();
  for (const one of index.entries) if (one.lowerIno !== null) byLower.set(`${one.uuid}:${one.lowerIno}`, one);
  const uuids = scan.stack.facts.layers.map((layer) => layer.fs.uuid ?? '0'.repeat(32));
  const layerAt = new Map(scan.stack.facts.layers.map((layer, i) => [layer.layer, i]));
  for (let id = 1; id < objects.count; id++) {
    const top = objects.tops[id] as number;
    if (objects.codes[id] !== Code.ok || top < 0 || entries.layer(top) === 0 || objects.isDir(id)) continue;
    const uuid = uuids[layerAt.get(entries.layer(top)) ?? -1];
    const found = byLower.get(`${uuid}:${entries.ino(top)}`);
    if (!found) continue;
    if (found.mode >>> 12 !== entries.kind(top)) {
      objects.codes[id] = Code.EIO;
      objects.data[id] = -1;
      continue;
    }
    const upper = uppers.get(found.ino);
    objects.alias(id, upper ?? null);
  }
}

/** Ids of the objects whose deciding entry is the upper's. */
function* upperObjects(objects: ObjectTable): Generator<number> {
  for (let id = 1; id < objects.count; id++) {
    const top = objects.tops[id] as number;
    if (top >= 0 && objects.entries.layers[top] === 0 && !objects.isWhiteout(id)) yield id;
  }
}

/**
 * Paths that resolve to one lower object, at least one of them with an upper entry, and not names of one upper inode:
 * which of them is answered depends on which is looked up first (inode.c:ovl_verify_inode, ovl_hash_bylower).
 */
function shareOrigins(scan: StackScan): void {
  const { objects, entries } = scan;
  const groups = new Map<string, { id: number; upper: bigint | null }[]>();
  // Low bits of the lower inode numbers that matter: most objects are dismissed by one look at them.
  const sieve = new Uint8Array(1 << 16);
  const hashesByLower = (nlink: number, isDir: boolean, hasUpper: boolean): boolean => {
    if (!isDir && nlink > 1 && (hasUpper || !scan.stack.options.index)) return false;
    return !(scan.stack.options.nfsExport && hasUpper);
  };
  for (let id = 1; id < objects.count; id++) {
    const top = objects.tops[id] as number;
    if (objects.codes[id] !== Code.ok || top < 0 || entries.layers[top] !== 0 || objects.isWhiteout(id)) continue;
    const lower = lowerOf(scan, id, top);
    if (!lower || !hashesByLower(lower.nlink, objects.isDir(id), true)) continue;
    const key = `${lower.dev}:${lower.ino}`;
    sieve[Number(lower.ino & 0xffffn)] = 1;
    const group = groups.get(key) ?? [];
    group.push({ id, upper: entries.ino(top) });
    groups.set(key, group);
  }
  if (groups.size === 0) return;
  for (let id = 1; id < objects.count; id++) {
    const top = objects.tops[id] as number;
    if (objects.codes[id] !== Code.ok || top < 0 || entries.layers[top] === 0 || objects.isWhiteout(id)) continue;
    if (sieve[entries.inoLow(top) & 0xffff] === 0) continue;
    if (!hashesByLower(entries.nlink(top), objects.isDir(id), false)) continue;
    groups.get(`${entries.dev(top)}:${entries.ino(top)}`)?.push({ id, upper: objects.aliasOf(id) });
  }
  for (const group of groups.values()) {
    if (group.length < 2 || group.every(({ upper }) => upper !== null && upper === group[0]?.upper)) continue;
    for (const { id } of group) objects.markShared(id);
  }
}

/** The lower inode that an object with an upper entry is known by: topmost lower directory, metacopy's, or origin. */
function lowerOf(scan: StackScan, id: number, top: number): { dev: string; ino: bigint; nlink: number } | null {
  const { objects, entries, origins } = scan;
  if (objects.isDir(id)) {
    const lower = objects.stack(id).lowers.find((component) => component >= 0);
    return lower === undefined ? null : { dev: entries.dev(lower), ino: entries.ino(lower), nlink: 1 };
  }
  if (entries.marks(top) & MarkBit.metacopy) {
    const parent = objects.parents[id] as number;
    const found = objects.lookup.run(objects.stack(parent), top, null, 0, true, null);
    const lower = found.lowers.find((component) => component >= 0);
    return lower === undefined
      ? null
      : { dev: entries.dev(lower), ino: entries.ino(lower), nlink: entries.nlink(lower) };
  }
  const origin = origins.facts.get(top);
  if (origin?.state !== 'verified' || origin.ino === null || origin.dev === null) return null;
  return { dev: origin.dev, ino: origin.ino, nlink: origin.nlink ?? 1 };
}
