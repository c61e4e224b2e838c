import { unionLinks } from '../../shared/inodes/links.ts';
import type { Former, NumberFacts, RealInode } from '../../shared/inodes/predict.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { ABSENT } from '../../shared/merge/tree.ts';
import { Formers } from './formers.ts';
import type { IndexEntry } from './index-entries.ts';
import type { OriginFact } from './origin-facts.ts';
import type { StackScan } from './scan.ts';

/**
 * States of an origin that leads nowhere though its lower inode may be alive, and so in memory. What is stale has no
 * inode there: with an overlay's inode on it, it would open.
 */
const MAY_BE_ALIVE = new Set(['empty', 'undecodable']);

/** Gathers what decides the numbers of an object, from what was read of the layers. */
export class NumberFinder {
  readonly #scan: StackScan;
  readonly #fsids: readonly number[];
  readonly #formers: Formers;
  /** Layers of lowers, and those of them of which a copy-up stores no handle (all, if there is none). */
  readonly #lowers: ReadonlySet<number>;
  readonly #unnamed: ReadonlySet<number>;
  /** The index, read whole, by the number of the upper inode. */
  #byUpper: Map<bigint, IndexEntry[]> | null = null;

  constructor(scan: StackScan, fsids: readonly number[]) {
    this.#scan = scan;
    this.#fsids = fsids;
    this.#formers = new Formers(scan);
    const { facts, marks } = scan.stack;
    const lowers = facts.layers.filter(({ role }) => role === 'lower');
    const isConfined = marks === 'none' || facts.userNamespace === true;
    this.#lowers = new Set(lowers.map(({ layer }) => layer));
    const unnamed = isConfined ? lowers : lowers.filter(({ fs }) => fs.handle === null);
    this.#unnamed = unnamed.length === 0 ? this.#lowers : new Set(unnamed.map(({ layer }) => layer));
  }

  /** Of a visible object; 'unknown' where an unread layer or a missing privilege decides. */
  of(id: number): NumberFacts | 'unknown' {
    const { objects, entries, stack } = this.#scan;
    const top = objects.tops[id] as number;
    if (top < 0) return 'unknown';
    const base: NumberFacts = {
      isRoot: id === 0,
      isDir: false,
      upper: null,
      lower: null,
      lowers: 0,
      origin: null,
      isMetacopy: false,
      indexedLinks: null,
      onlyIndexed: stack.options.nfsExport && stack.options.index,
      hidesHardLink: false,
      former: null,
    };
    if (objects.isDir(id)) return this.#directory(id, base);
    return entries.layer(top) === 0 ? this.#upper(id, top, base) : this.#lower(id, top, base);
  }

  #real(entry: number): RealInode {
    const { entries } = this.#scan;
    return {
      ino: entries.ino(entry),
      nlink: entries.kind(entry) === Kind.dir ? 1 : entries.nlink(entry),
      fsid: this.#fsids[entries.layer(entry)] as number,
    };
  }

  #directory(id: number, base: NumberFacts): NumberFacts | 'unknown' {
    const { upper, lowers } = this.#scan.objects.stack(id);
    if (upper < ABSENT) return 'unknown';
    const first = lowers[0];
    if (first !== undefined && first < 0 && !(base.isRoot && upper >= 0)) return 'unknown';
    const lower = first === undefined || first < 0 ? null : this.#real(first);
    if (base.onlyIndexed && upper >= 0 && lower && this.#scan.index?.unknown !== false) return 'unknown';
    const isIndexed = upper >= 0 && lower !== null && this.#isIndexedDir(upper, first as number);
    return {
      ...base,
      isDir: true,
      upper: upper < 0 ? null : this.#real(upper),
      lower,
      lowers: lowers.length,
      indexedLinks: isIndexed ? 1 : null,
    };
  }

  #isIndexedDir(upper: number, lower: number): boolean {
    const { entries, known } = this.#scan;
    const found = known.indexOf(entries.dev(lower), entries.ino(lower));
    return found !== undefined && !found.isWhiteout && found.upperIno === entries.ino(upper);
  }

  /** A name in a lower, which the index may have given an upper inode. */
  #lower(id: number, top: number, base: NumberFacts): NumberFacts {
    const { objects, entries, known } = this.#scan;
    const lower = this.#real(top);
    if (objects.indexed(id) === undefined) return { ...base, lower };
    const found = known.indexOf(entries.dev(top), entries.ino(top));
    const upper: RealInode = { ino: found?.ino ?? 0n, nlink: found?.nlink ?? 1, fsid: 0 };
    const indexedLinks = unionLinks(found?.unionLinks ?? null, upper.nlink, lower.nlink);
    return { ...base, upper, lower, origin: 'verified', isMetacopy: found?.isMetacopy ?? false, indexedLinks };
  }

  #upper(id: number, top: number, base: NumberFacts): NumberFacts | 'unknown' {
    const { objects, entries, origins, index } = this.#scan;
    const marks = entries.marks(top);
    if (marks & MarkBit.unknown || entries.blindLayers.has(0)) return 'unknown';
    const upper = this.#real(top);
    if (marks & MarkBit.metacopy) {
      const found = objects.lookup.run(objects.stack(objects.parents[id] as number), top, null, -1, true, null);
      const lower = found.lowers.find((component) => component >= 0);
      if (lower !== undefined) {
        const real = this.#real(lower);
        const indexedLinks = this.#indexedLinks(top, upper, real);
        if (indexedLinks === 'unknown') return 'unknown';
        return { ...base, upper, lower: real, origin: 'by-path', isMetacopy: true, indexedLinks };
      }
    }
    const fact = origins.facts.get(top);
    if (!fact) return this.#unmarked(id, top, { ...base, upper });
    if (fact.state === 'unknown' || fact.state === 'unverified') return 'unknown';
    if (index?.unknown && fact.state === 'ignored' && (fact.nlink ?? 1) > 1) return 'unknown';
    const isAlive = fact.state === 'verified' || (fact.state === 'ignored' && fact.mode !== 0);
    if (!isAlive) {
      const former = MAY_BE_ALIVE.has(fact.state) ? this.#former(id, top, fact) : null;
      return { ...base, upper, origin: fact.state, former };
    }
    const lower = this.#named(fact);
    const indexedLinks = lower && fact.state === 'verified' ? this.#indexedLinks(top, upper, lower) : null;
    if (indexedLinks === 'unknown') return 'unknown';
    return { ...base, upper, lower, origin: fact.state, indexedLinks };
  }

  /** An upper inode without origin: it was made there, or its copy-up could leave no mark. */
  #unmarked(id: number, top: number, facts: NumberFacts): NumberFacts {
    const { entries, stack } = this.#scan;
    const beneath = this.#formers.beneath(id, top);
    if (beneath >= 0 && entries.nlink(beneath) > 1) return { ...facts, hidesHardLink: true };
    // User attributes stand on files and directories alone; in a user namespace without them no mark counts.
    const isUnrecorded = stack.marks === 'none' || (stack.options.userxattr && entries.kind(top) !== Kind.file);
    if (!isUnrecorded) return facts;
    const found = this.#formers.find(id, top, this.#lowers);
    // What still has the time of its birth was not copied; but a file may have been, and written at that very moment.
    const isBorn = entries.btimeNs(top) === entries.mtimeNs(top) && entries.kind(top) !== Kind.file;
    if (found === null || (isBorn && (found === 'several' || !found.isSure))) return facts;
    if (found === 'several') return { ...facts, former: { inode: null, isSure: false } };
    return { ...facts, former: { inode: this.#real(found.entry), isSure: found.isSure } };
  }

  /** What the upper inode showed before its copy-up, where it has an origin that was stored but leads nowhere. */
  #former(id: number, top: number, fact: OriginFact): Former {
    const { entries, stack } = this.#scan;
    const { layers } = stack.facts;
    const uuid = layers.find(({ layer }) => layer === fact.layer)?.fs.uuid;
    const places =
      fact.state === 'empty'
        ? this.#unnamed
        : new Set(layers.filter(({ role, fs }) => role === 'lower' && fs.uuid === uuid).map(({ layer }) => layer));
    const ids = new Set([...places].map((layer) => this.#fsids[layer]));
    // One filesystem: the handle tells the number, and nobody need be found.
    if (fact.ino !== null && ids.size === 1) return { inode: this.#named(fact), isSure: true };
    if (fact.ino !== null) {
      const entry = this.#formers.numbered(fact.ino, entries.kind(top), places);
      return { inode: typeof entry === 'number' ? this.#real(entry) : null, isSure: true };
    }
    const found = this.#formers.find(id, top, places);
    return { inode: found === null || found === 'several' ? null : this.#real(found.entry), isSure: true };
  }

  /** The lower inode that a handle names. */
  #named({ ino, layer, nlink }: OriginFact): RealInode | null {
    return ino === null || layer < 0 ? null : { ino, nlink: nlink ?? 1, fsid: this.#fsids[layer] as number };
  }

  /** Links of the union where the index has the upper inode; null where it has not. */
  #indexedLinks(top: number, upper: RealInode, lower: RealInode): number | null | 'unknown' {
    const { entries, index } = this.#scan;
    if (!index) return null;
    this.#byUpper ??= Map.groupBy(index.entries, ({ ino }) => ino);
    const found = this.#byUpper.get(upper.ino)?.find((one) => one.lower?.ino === lower.ino);
    if (!found) return index.unknown ? 'unknown' : null;
    const value = entries.xattr(top, 'nlink');
    const text = value ? String.fromCharCode(...value) : null;
    return unionLinks(text, upper.nlink, lower.nlink);
  }
}
