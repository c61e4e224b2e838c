import { Kind, MarkBit } from '../../../shared/merge/marks.ts';
import { Code } from '../../../shared/merge/tree.ts';
import { NUMBER_UNKNOWN } from '../entry-columns.ts';
import type { StackScan } from '../scan.ts';
import { beneath } from './around.ts';
import type { Surroundings } from './surroundings.ts';

/** It has to be looked at on its own. */
export const ALONE = -1;

/** Marks of an entry that say something to those below it alone, or nothing at all. */
const HARMLESS = MarkBit.impure | MarkBit.protattr;
/** A lower's marks change what is found, not what its number is. */
const OF_LOWER =
  HARMLESS | MarkBit.origin | MarkBit.metacopy | MarkBit.redirect | MarkBit.opaque | MarkBit.nlink | MarkBit.xwhiteouts;

/** What an object is, of the kinds that are told apart. */
const Role = { lower: 0, pureUpper: 1, copiedUp: 2, mergedUpper: 3 } as const;

/**
 * Most objects of a tree are plain: one lower entry without attributes, a file of the upper alone, one that was copied
 * up and goes by its lower, in a directory like many others. What findings ask of those depends on little, so that the
 * answer for one is the answer for all that are alike in it: role, filesystem id, type, whether it has several names,
 * whether its two numbers are equal by chance, and how its parent is listed. All that could make a difference beside
 * these stands alone. A test holds the answers against those of every object on its own.
 */
export class Classes {
  readonly #scan: StackScan;
  readonly #surroundings: Surroundings;
  /** By layer: its filesystem id; -1 where its entries are all looked at on their own. */
  readonly #fsids: Int32Array;
  /** Whether a directory may be moved hangs on the length of its path. */
  readonly #measures: boolean;
  readonly #indexed: boolean;
  readonly #closed: boolean;
  #parent = -1;
  #parentClass = ALONE;

  constructor(scan: StackScan, surroundings: Surroundings) {
    this.#scan = scan;
    this.#surroundings = surroundings;
    const { facts, inodes, options } = scan.stack;
    this.#measures = options.redirectDir === 'on';
    this.#indexed = options.index;
    // Where the index decides which number counts, where no mark can be read, where numbers cannot be told.
    this.#closed =
      options.nfsExport ||
      inodes.mode === 'unknown' ||
      scan.entries.blindLayers.size > 0 ||
      !scan.objects.lookup.isOn('plain-lists-all');
    this.#fsids = new Int32Array(facts.layers.length + 1).fill(-1);
    for (const { layer, role, fs } of facts.layers) {
      const fsid = inodes.fsids[layer];
      // The numbers of these may be made up.
      const isOdd = role === 'data' || /^(fuse|overlay)/.test(fs.type);
      if (typeof fsid === 'number' && !isOdd) this.#fsids[layer] = fsid;
    }
  }

  /** A number that alike objects share, or ALONE. */
  of(id: number): number {
    const { objects, entries } = this.#scan;
    const top = objects.tops[id] as number;
    if (this.#closed || id === 0 || top < 0 || objects.codes[id] !== Code.ok) return ALONE;
    if (!objects.isCertain(id) || !this.#isSmall(top)) return ALONE;
    const layer = entries.layers[top] as number;
    const isDir = objects.isDir(id);
    if (isDir && (!objects.isWhole(id) || (this.#measures && this.#surroundings.isFar(id)))) return ALONE;
    if (this.#surroundings.isSame(id) || this.#surroundings.mayHaveOwner(top)) return ALONE;
    const what = layer !== 0 ? this.#ofLower(id, top) : isDir ? this.#ofUpperDir(id, top) : this.#ofUpper(id, top);
    if (what === ALONE) return ALONE;
    const parent = this.#classOfParent(objects.parents[id] as number);
    if (parent === ALONE) return ALONE;
    const linked = !isDir && entries.nlink(top) > 1 ? 1 : 0;
    return ((parent * 4096 + what) * 16 + entries.kind(top)) * 2 + linked;
  }

  /** Under xino a number of more than 32 bits may not fit, and any may be beyond a double. */
  #isSmall(entry: number): boolean {
    const { entries } = this.#scan;
    return entries.inoHigh(entry) === 0 && (entries.flags(entry) & NUMBER_UNKNOWN) === 0;
  }

  #ofLower(id: number, top: number): number {
    const { objects, entries } = this.#scan;
    const marks = entries.markBits[top] as number;
    if (!objects.isSingle(id) || marks & ~OF_LOWER || !entries.hasOwnMarksOnly(top)) return ALONE;
    if (this.#indexed && objects.indexed(id) !== undefined) return ALONE;
    return this.#key(Role.lower, entries.layers[top] as number, false);
  }

  #ofUpperDir(id: number, top: number): number {
    const { objects, entries } = this.#scan;
    const marks = entries.markBits[top] as number;
    if (!entries.hasOwnMarksOnly(top) || marks & ~(HARMLESS | MarkBit.origin | MarkBit.opaque)) return ALONE;
    const lower = objects.isSingle(id) ? -1 : (objects.stack(id).lowers[0] as number);
    if (lower < 0) {
      if (marks & MarkBit.origin || this.#surroundings.lostMarks.holdsWhiteout(top)) return ALONE;
      return this.#key(Role.pureUpper, 0, false);
    }
    if (!(marks & MarkBit.origin) || !this.#isSmall(lower) || this.#surroundings.mayHaveOwner(lower)) return ALONE;
    return this.#key(Role.mergedUpper, entries.layers[lower] as number, entries.inoLow(lower) === entries.inoLow(top));
  }

  #ofUpper(id: number, top: number): number {
    const { entries, origins } = this.#scan;
    const marks = entries.markBits[top] as number;
    const kind = entries.kind(top);
    if (marks & ~(HARMLESS | MarkBit.origin | MarkBit.metacopy | MarkBit.redirect) || kind === Kind.char) return ALONE;
    if (!entries.hasOwnMarksOnly(top)) return ALONE;
    if (marks & MarkBit.metacopy) return this.#ofMetacopy(id, top);
    if (!(marks & MarkBit.origin)) return beneath(this.#scan, id) < 0 ? this.#key(Role.pureUpper, 0, false) : ALONE;
    const fact = origins.facts.get(top);
    if (fact?.state !== 'verified' || fact.ino === null || fact.ino > 0xffffffffn || fact.layer < 0) return ALONE;
    if ((fact.nlink ?? 2) > 1) return ALONE;
    if (this.#surroundings.knowsOwners) {
      const lower = beneath(this.#scan, id);
      if (lower >= 0 && this.#surroundings.mayHaveOwner(lower)) return ALONE;
    }
    return this.#key(Role.copiedUp, fact.layer, Number(fact.ino) === entries.inoLow(top));
  }

  /** A metacopy goes by the lower that its path leads to, or its redirect. */
  #ofMetacopy(id: number, top: number): number {
    const { entries, objects } = this.#scan;
    let lower: number;
    if (entries.marks(top) & MarkBit.redirect) {
      const { lowers } = objects.lookup.run(objects.stack(objects.parents[id] as number), top, null, -1, true, null);
      lower = lowers.find((component) => component >= 0) ?? -1;
    } else lower = beneath(this.#scan, id);
    if (lower < 0 || entries.nlink(lower) > 1 || !this.#isSmall(lower)) return ALONE;
    if (!(entries.marks(top) & MarkBit.origin) || this.#surroundings.knowsOwners) return ALONE;
    return this.#key(Role.copiedUp, entries.layers[lower] as number, entries.inoLow(lower) === entries.inoLow(top));
  }

  /** `equal`: its own number is that of its lower, by chance. */
  #key(role: number, layer: number, equal: boolean): number {
    const fsid = this.#fsids[layer] as number;
    return fsid < 0 || fsid > 500 ? ALONE : (fsid * 4 + role) * 2 + (equal ? 1 : 0);
  }

  /** How the directory's listing finds numbers, which is what it means to its entries. */
  #classOfParent(parent: number): number {
    if (parent === this.#parent) return this.#parentClass;
    this.#parent = parent;
    this.#parentClass = this.#listing(parent);
    return this.#parentClass;
  }

  #listing(parent: number): number {
    const { objects, entries } = this.#scan;
    const top = objects.tops[parent] as number;
    if (!objects.isWhole(parent) || top < 0) return ALONE;
    const marks = entries.markBits[top] as number;
    if (marks & MarkBit.unknown) return ALONE;
    const inUpper = entries.layers[top] === 0;
    const isMerged =
      objects.isSingle(parent) && parent !== 0 ? (marks & MarkBit.origin) !== 0 : objects.listingOf(parent).isMerged;
    const fsid = this.#fsids[inUpper ? 0 : (entries.layers[top] as number)] as number;
    if (fsid < 0) return ALONE;
    return fsid * 8 + (isMerged ? 1 : 0) + (inUpper && marks & MarkBit.impure ? 2 : 0) + (inUpper ? 4 : 0);
  }
}
