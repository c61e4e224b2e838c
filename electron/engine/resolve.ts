import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { RULE_INDEX, type RuleId } from '../../shared/merge/rules.ts';
import { ABSENT, Code } from '../../shared/merge/tree.ts';
import type { IndexEntry } from './index-entries.ts';
import { failImpureListings, failNestedListings, Listed } from './listing.ts';
import type { ObjectTable } from './objects.ts';
import type { StackScan } from './scan.ts';

/**
 * What follows from origins and index once everything is read: errors, names that share one upper inode, and paths of
 * which only the first that is looked up is answered.
 */
export function applyOrigins(scan: StackScan): void {
  const { entries } = scan;
  aliasIndexed(scan);
  doubtUnindexed(scan);
  if (entries.origins.length > 0 || scan.stack.facts.layers.some(({ role }) => role === 'upper')) shareOrigins(scan);
  failImpureListings(scan.objects);
  failNestedListings(scan.objects);
  sharedMetacopies(scan);
}

/**
 * Low bits of the inode numbers that matter, as a sieve: one look dismisses most objects.
 */
const SIEVE = 1 << 16;
const SIEVE_MASK = BigInt(SIEVE - 1);

/**
 * Non-directories whose lower inode the index has (namei.c:ovl_lookup_index): a lower name shows the upper inode that
 * the index gives, and where the index has something else than an inode of that type, the lookup is an error.
 */
function aliasIndexed(scan: StackScan): void {
  const { objects, entries, index, known, origins } = scan;
  if (!index || index.entries.length === 0) return;
  const isOn = (rule: RuleId): boolean => objects.options.rules[RULE_INDEX[rule]] !== 0;
  const sieve = new Uint8Array(SIEVE);
  for (const { lower } of index.entries) if (lower) sieve[Number(lower.ino & SIEVE_MASK)] = 1;
  /** The index entry of a lower of that type; null where there is none, or the object is refused for it. */
  const take = (id: number, kind: number, dev: string, ino: bigint): IndexEntry | null => {
    const found = known.indexOf(dev, ino);
    if (!found) return null;
    if (!found.isWhiteout && found.mode >>> 12 === kind) return found;
    if (isOn('index-refuses')) objects.refuse(id, Code.EIO, 'index-refuses');
    return null;
  };
  for (const id of upperObjects(objects)) {
    const top = objects.tops[id] as number;
    if (entries.kind(top) === Kind.dir) continue;
    const origin = objects.codes[id] === Code.ok ? origins.facts.get(top) : undefined;
    if (origin?.dev && origin.ino !== null && origin.mode >>> 12 === entries.kind(top))
      take(id, entries.kind(top), origin.dev, origin.ino);
  }
  for (let id = 1; id < objects.count; id++) {
    const top = objects.tops[id] as number;
    if (top < 0 || sieve[entries.inoLow(top) & (SIEVE - 1)] === 0) continue;
    if (objects.codes[id] !== Code.ok || entries.layer(top) === 0 || objects.isDir(id)) continue;
    const found = take(id, entries.kind(top), entries.dev(top), entries.ino(top));
    if (!found || !isOn('index-alias')) continue;
    objects.lookup.count('index-alias', top);
    const { refusal, entry } = found;
    if (refusal && isOn(refusal.rule)) objects.refuse(id, refusal.code, refusal.rule);
    else objects.alias(id, entry === ABSENT ? null : entry, found.isMetacopy);
  }
}

/** Where the index could not be read whole it may give any lower inode an upper that a copy-up would have entered. */
function doubtUnindexed({ objects, entries, index, known, stack }: StackScan): void {
  if (!index?.unknown) return;
  for (let id = 1; id < objects.count; id++) {
    const top = objects.tops[id] as number;
    if (top < 0 || objects.codes[id] !== Code.ok || entries.layer(top) === 0) continue;
    if (objects.isDir(id) || (entries.nlink(top) < 2 && !stack.options.nfsExport)) continue;
    if (known.indexOf(entries.dev(top), entries.ino(top)) === undefined) objects.doubt(id);
  }
}

/**
 * Names of one lower metacopy inode share one inode of the mount, and with it the data file that the first of them
 * found: where they would find different ones, which it is depends on the order (inode.c:ovl_hash_bylower).
 */
function sharedMetacopies({ objects, entries, stack }: StackScan): void {
  const hasUpper = stack.facts.layers.some(({ role }) => role === 'upper');
  if (hasUpper && !stack.options.index) return;
  const names = new Map<string, number[]>();
  for (let id = 1; id < objects.count; id++) {
    const top = objects.tops[id] as number;
    if (top < 0 || !((entries.markBits[top] as number) & MarkBit.metacopy) || entries.nlink(top) < 2) continue;
    if (entries.layers[top] === 0 || objects.codes[id] !== Code.ok) continue;
    const key = `${entries.dev(top)}:${entries.ino(top)}`;
    names.set(key, [...(names.get(key) ?? []), id]);
  }
  for (const ids of names.values())
    if (new Set(ids.map((id) => objects.data(id))).size > 1) for (const id of ids) objects.forgetData(id);
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
  const { index, nfsExport } = scan.stack.options;
  /** inode.c:ovl_hash_bylower: whether the kernel knows the object by its lower inode. */
  const isKnownByLower = (nlink: number, isDir: boolean, hasUpper: boolean): boolean =>
    !(!isDir && nlink > 1 && (hasUpper || !index)) && !(nfsExport && hasUpper);
  type Sharer = { id: number; dev: number; upper: number | string | null };
  const groups = new Map<number | string, Sharer[]>();
  const sieve = new Uint8Array(SIEVE);
  for (const id of upperObjects(objects)) {
    if (objects.codes[id] !== Code.ok) continue;
    const top = objects.tops[id] as number;
    const lower = lowerOf(scan, id, top);
    if (!lower || !isKnownByLower(lower.nlink, objects.isDir(id), true)) continue;
    sieve[lower.low & (SIEVE - 1)] = 1;
    const sharer = { id, dev: lower.dev, upper: entries.inoKey(top) };
    const group = groups.get(lower.key);
    if (group) group.push(sharer);
    else groups.set(lower.key, [sharer]);
  }
  doubtAlike(scan);
  if (groups.size === 0) return;
  for (let id = 1; id < objects.count; id++) {
    const top = objects.tops[id] as number;
    if (top < 0 || sieve[entries.inoLow(top) & (SIEVE - 1)] === 0) continue;
    if (objects.codes[id] !== Code.ok || entries.layers[top] === 0 || objects.isWhiteout(id)) continue;
    if (!isKnownByLower(entries.nlink(top), objects.isDir(id), false)) continue;
    const alias = objects.indexed(id);
    const upper = alias === undefined || alias === null ? null : entries.inoKey(alias);
    groups.get(entries.inoKey(top))?.push({ id, dev: entries.devNumber(top), upper });
  }
  for (const all of groups.values()) {
    if (all.length < 2) continue;
    for (const dev of new Set(all.map((one) => one.dev))) {
      const group = all.filter((one) => one.dev === dev);
      const first = group[0]?.upper ?? null;
      if (group.every(({ upper }) => upper !== null && upper === first)) continue;
      if (group.length < 2 || group.every(({ upper }) => upper === null)) continue;
      const ids = group.map(({ id }) => id);
      for (const id of ids) objects.markShared(id, ids);
    }
  }
}

/**
 * Upper inodes with one and the same overlay.origin, of which it is not known whether it opens: where it does, only the
 * first that is looked up is answered.
 */
function doubtAlike({ objects, entries, origins }: StackScan): void {
  const alike = new Map<string, number[]>();
  for (const id of upperObjects(objects)) {
    const top = objects.tops[id] as number;
    const state = origins.facts.get(top)?.state;
    if (objects.codes[id] !== Code.ok || (state !== 'unknown' && state !== 'unverified')) continue;
    const value = entries.xattr(top, 'origin');
    if (!value || value.length === 0) continue;
    const key = String.fromCharCode(...value);
    alike.set(key, [...(alike.get(key) ?? []), id]);
  }
  for (const ids of alike.values()) {
    if (new Set(ids.map((id) => entries.inoKey(objects.tops[id] as number))).size < 2) continue;
    for (const id of ids) {
      objects.doubt(id);
      objects.list(id, Listed.unknown);
    }
  }
}

type LowerInode = { key: number | string; low: number; dev: number; nlink: number };

/** The lower inode that an object with an upper entry is known by: topmost lower directory, metacopy's, or origin. */
function lowerOf({ objects, entries, origins }: StackScan, id: number, top: number): LowerInode | null {
  // What an overlay below counts, or shows on a device that nobody knows, tells no inode from another.
  const ofEntry = (entry: number | undefined): LowerInode | null =>
    entry === undefined || !entries.hasNumber(entry) || entries.devNumber(entry) === 0
      ? null
      : {
          key: entries.inoKey(entry),
          low: entries.inoLow(entry),
          dev: entries.devNumber(entry),
          nlink: entries.kind(entry) === Kind.dir ? 1 : entries.nlink(entry),
        };
  const isDir = objects.isDir(id);
  if (isDir) return ofEntry(objects.stack(id).lowers.find((component) => component >= 0));
  if (entries.marks(top) & MarkBit.metacopy) {
    const parent = objects.parents[id] as number;
    const found = objects.lookup.run(objects.stack(parent), top, null, 0, true, null);
    objects.lookup.uncount();
    return ofEntry(found.lowers.find((component) => component >= 0));
  }
  const origin = origins.facts.get(top);
  if (origin?.state !== 'verified' || origin.ino === null || origin.dev === null) return null;
  const [major, minor] = origin.dev.split(':').map(Number);
  const low = Number(origin.ino & 0xffffffffn);
  const high = Number(origin.ino >> 32n);
  return {
    key: high < 0x200000 ? high * 0x100000000 + low : `${high}:${low}`,
    low,
    dev: (major ?? 0) * 0x100000 + (minor ?? 0),
    nlink: origin.nlink ?? 1,
  };
}
