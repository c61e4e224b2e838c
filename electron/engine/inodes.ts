import type { Shown } from '../../shared/contract/scan.ts';
import { unionLinks } from '../../shared/inodes/links.ts';
import {
  cachedNumber,
  isStable,
  type ListingFacts,
  listedNumber,
  type MountFacts,
  mapNumber,
  type NumberFacts,
  type NumberSource,
  numberSource,
  type RealInode,
  type ShownNumber,
} from '../../shared/inodes/predict.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { ABSENT, Code } from '../../shared/merge/tree.ts';
import type { OriginFact } from './origins.ts';
import type { StackScan } from './scan.ts';

/** The numbers of one object: what decides them, where they are from, and what the mount shows of it. */
export type ObjectNumbers = {
  facts: NumberFacts;
  source: NumberSource;
  shown: ShownNumber;
  /** d_ino; null where it is not known, or for the root. */
  listed: bigint | null;
};

const UNKNOWN: Shown = {
  dev: 'unknown',
  ino: 'unknown',
  dino: 'unknown',
  nlink: 'unknown',
  stable: 'unknown',
  why: 'what decides it could not be read',
};

/** Filesystems that make their numbers up as they are asked, unless the server says otherwise. */
const isFuse = (type: string): boolean => /^fuse(blk)?(\.|$)/.test(type);

/** Predicts the inode numbers that the mount shows, from what was read of the layers alone. */
export class Inodes {
  readonly #scan: StackScan;
  readonly #mount: MountFacts;
  readonly #fsids: readonly number[];
  #fleetingLayers: ReadonlySet<number> | null = null;

  constructor(scan: StackScan) {
    this.#scan = scan;
    const { facts, inodes: mode, options, marks } = scan.stack;
    this.#fsids = mode.fsids.map((fsid) => (typeof fsid === 'number' ? fsid : 0));
    const fuse = facts.layers.filter(({ fs }) => isFuse(fs.type)).map(({ layer }) => this.#fsids[layer] as number);
    const handles = new Map<number, boolean>();
    for (const { layer, role, fs } of facts.layers)
      if (role !== 'data') handles.set(this.#fsids[layer] as number, fs.handle !== null);
    const confined = marks === 'none' || facts.userNamespace === true;
    this.#mount = {
      mode,
      copiesUp: !facts.readonly && facts.layers.some(({ role }) => role === 'upper'),
      index: options.index,
      keepsOrigin: (fsid) => !confined && handles.get(fsid) === true && (fsid === 0 || !mode.badUuid[fsid]),
      marksFilesOnly: options.userxattr,
      changes: (fsid) => fuse.includes(fsid),
    };
  }

  /** FUSE layers whose listings and stat differ: their numbers are no more than names of what is in memory. */
  get #fleeting(): ReadonlySet<number> {
    if (this.#fleetingLayers) return this.#fleetingLayers;
    const { stack, entries, phase } = this.#scan;
    const layers = stack.facts.layers.filter(({ fs }) => isFuse(fs.type)).map(({ layer }) => layer);
    const found = entries.listedOtherwise(layers);
    if (phase !== 'reading') this.#fleetingLayers = found;
    return found;
  }

  /** What stat and readdir through the mount report; null for whiteouts and where stat answers an error. */
  shown(id: number): Shown | null {
    const { objects, entries, stack } = this.#scan;
    if (objects.isWhiteout(id)) return null;
    if (!objects.isCertain(id)) return UNKNOWN;
    if (objects.codes[id] !== Code.ok) return null;
    const numbers = this.of(id);
    if (numbers === 'unknown') return UNKNOWN;
    const { facts, source, shown, listed } = numbers;
    const isFile = entries.kind(this.#top(id)) === Kind.file;
    const cached = cachedNumber(stack.inodes, facts, shown);
    const dino =
      id === 0 || this.#isFleeting(objects.tops[id] as number) ? null : this.#dinoUnknown(id) ? 'unknown' : listed;
    return {
      dev: shown.dev,
      ino: shown.ino === null ? null : String(shown.ino),
      dino: dino === null || dino === 'unknown' ? dino : String(dino),
      nlink: this.nlink(id, numbers),
      stable: isStable(this.#mount, facts, source, shown, isFile),
      why: source.row,
      ...(cached ? { cached: { dev: cached.dev, ino: cached.ino === null ? null : String(cached.ino) } } : {}),
    };
  }

  /** The numbers of an object that is found; 'unknown' where an unread layer or a missing privilege decides them. */
  of(id: number): ObjectNumbers | 'unknown' {
    const { stack } = this.#scan;
    const mode = stack.inodes;
    if (mode.mode === 'unknown') return 'unknown';
    const facts = this.#facts(id);
    if (facts === 'unknown') return 'unknown';
    const source = numberSource(facts);
    const shown = mapNumber(mode, facts.isDir, source.from.ino, source.from.fsid);
    if (this.#isVolatile(id, source)) shown.ino = null;
    const listed = id === 0 ? null : listedNumber(mode, facts, source, shown, this.#listing(id));
    return { facts, source, shown, listed };
  }

  #top(id: number): number {
    const { objects } = this.#scan;
    return objects.indexed(id) ?? (objects.tops[id] as number);
  }

  #real(entry: number): RealInode {
    const { entries } = this.#scan;
    return {
      ino: entries.ino(entry),
      nlink: entries.kind(entry) === Kind.dir ? 1 : entries.nlink(entry),
      fsid: this.#fsids[entries.layer(entry)] as number,
    };
  }

  /** Its number is one that a layer below counts, or makes up. */
  #isVolatile(id: number, source: NumberSource): boolean {
    const { objects, entries } = this.#scan;
    const top = objects.tops[id] as number;
    if (source.usesLower || entries.layer(top) !== 0) {
      const lower = this.#lowerEntry(id);
      if (lower >= 0) return !entries.hasNumber(lower) || this.#isFleeting(lower);
      return this.#fleeting.size > 0 && [...this.#fleeting].some((layer) => this.#fsids[layer] === source.from.fsid);
    }
    return !entries.hasNumber(top) || this.#isFleeting(top);
  }

  #isFleeting(entry: number): boolean {
    return this.#fleeting.size > 0 && this.#fleeting.has(this.#scan.entries.layer(entry));
  }

  /** Entry of the lower that the object goes by; ABSENT for what a handle alone names. */
  #lowerEntry(id: number): number {
    const { objects, entries } = this.#scan;
    const top = objects.tops[id] as number;
    if (objects.isDir(id)) return objects.stack(id).lowers.find((component) => component >= 0) ?? ABSENT;
    return entries.layer(top) === 0 ? ABSENT : top;
  }

  #facts(id: number): NumberFacts | 'unknown' {
    const { objects, entries, stack } = this.#scan;
    const onlyIndexed = stack.options.nfsExport && stack.options.index;
    const isRoot = id === 0;
    const top = objects.tops[id] as number;
    if (top < 0) return 'unknown';
    const base = {
      isRoot,
      isDir: false,
      upper: null,
      lower: null,
      lowers: 0,
      origin: null,
      isMetacopy: false,
      indexedLinks: null,
      onlyIndexed,
      hidesHardLink: false,
      former: null,
    };
    if (objects.isDir(id)) {
      const { upper, lowers } = objects.stack(id);
      if (upper < ABSENT) return 'unknown';
      const first = lowers[0];
      if (first !== undefined && first < 0 && !(isRoot && upper >= 0)) return 'unknown';
      const lower = first === undefined || first < 0 ? null : this.#real(first);
      if (onlyIndexed && upper >= 0 && lower && this.#scan.index?.unknown !== false) return 'unknown';
      return {
        ...base,
        isDir: true,
        upper: upper < 0 ? null : this.#real(upper),
        lower,
        lowers: lowers.length,
        indexedLinks: upper >= 0 && lower && this.#isIndexedDir(upper, first as number) ? 1 : null,
      };
    }
    if (entries.layer(top) !== 0) return this.#lowerFacts(id, top, base);
    return this.#upperFacts(id, top, base);
  }

  #isIndexedDir(upper: number, lower: number): boolean {
    const { entries, known } = this.#scan;
    const found = known.indexOf(entries.dev(lower), entries.ino(lower));
    return found !== undefined && !found.isWhiteout && found.upperIno === entries.ino(upper);
  }

  /** A name in a lower, which the index may have given an upper inode. */
  #lowerFacts(id: number, top: number, base: NumberFacts): NumberFacts {
    const { objects, entries, known } = this.#scan;
    const lower = this.#real(top);
    if (objects.indexed(id) === undefined) return { ...base, lower };
    const found = known.indexOf(entries.dev(top), entries.ino(top));
    const upper: RealInode = { ino: found?.ino ?? 0n, nlink: found?.nlink ?? 1, fsid: 0 };
    const indexedLinks = unionLinks(found?.unionLinks ?? null, upper.nlink, lower.nlink);
    return { ...base, upper, lower, origin: 'verified', isMetacopy: found?.isMetacopy ?? false, indexedLinks };
  }

  #upperFacts(id: number, top: number, base: NumberFacts): NumberFacts | 'unknown' {
    const { objects, entries, origins, index } = this.#scan;
    const marks = entries.marks(top);
    if (marks & MarkBit.unknown || entries.blindLayers.has(0)) return 'unknown';
    const upper = this.#real(top);
    const fact = origins.facts.get(top);
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
    if (!fact) {
      const lower = this.#beneath(id, top);
      const hidesHardLink = lower !== null && lower.nlink > 1;
      const former = this.#isUnrecorded(top) && !hidesHardLink ? lower : null;
      return { ...base, upper, hidesHardLink, former };
    }
    if (fact.state === 'unknown' || fact.state === 'unverified') return 'unknown';
    if (index?.unknown && fact.state === 'ignored' && (fact.nlink ?? 1) > 1) return 'unknown';
    const lower = this.#named(fact);
    const indexedLinks = lower && fact.state === 'verified' ? this.#indexedLinks(top, upper, lower) : null;
    if (indexedLinks === 'unknown') return 'unknown';
    const isAlive = fact.state === 'verified' || (fact.state === 'ignored' && fact.mode !== 0);
    const former = isAlive ? null : (lower ?? this.#beneath(id, top));
    return { ...base, upper, lower: isAlive ? lower : null, origin: fact.state, indexedLinks, former };
  }

  /** A copy-up here may have left no mark: user.* attributes stand on files and directories alone, or none counts. */
  #isUnrecorded(top: number): boolean {
    const { entries, stack } = this.#scan;
    return stack.marks === 'none' || (stack.options.userxattr && entries.kind(top) !== Kind.file);
  }

  /** The lower inode that a handle names. */
  #named({ ino, layer, nlink }: OriginFact): RealInode | null {
    return ino === null || layer < 0 ? null : { ino, nlink: nlink ?? 1, fsid: this.#fsids[layer] as number };
  }

  /** The topmost lower inode of that type that lies hidden at the same path. */
  #beneath(id: number, top: number): RealInode | null {
    const { objects, entries } = this.#scan;
    for (const component of objects.stack(objects.parents[id] as number).lowers) {
      if (component < 0) continue;
      const entry = entries.findLike(component, top);
      if (entry < 0) continue;
      return entries.kind(entry) === entries.kind(top) && entries.hasNumber(entry) ? this.#real(entry) : null;
    }
    return null;
  }

  /** Links of the union where the index has the upper inode; null where it has not. */
  #indexedLinks(top: number, upper: RealInode, lower: RealInode): number | null | 'unknown' {
    const { entries, index } = this.#scan;
    if (!index) return null;
    const found = index.entries.find(({ ino, lower: named }) => ino === upper.ino && named?.ino === lower.ino);
    if (!found) return index.unknown ? 'unknown' : null;
    const value = entries.xattr(top, 'nlink');
    const text = value ? String.fromCharCode(...value) : null;
    return unionLinks(text, upper.nlink, lower.nlink);
  }

  #listing(id: number): ListingFacts {
    const { objects, entries } = this.#scan;
    const top = objects.tops[id] as number;
    const parent = objects.parents[id] as number;
    const { upper, lowers } = objects.stack(parent);
    const first = lowers.find((component) => component >= 0);
    return {
      raw: entries.listedIno(top),
      inUpper: entries.layer(top) === 0,
      isMerged: objects.listingOf(parent).isMerged,
      isImpure: upper >= 0 && (entries.marks(upper) & MarkBit.impure) !== 0,
      parentFsid: upper >= 0 || first === undefined ? 0 : (this.#fsids[entries.layer(first)] as number),
    };
  }

  /** Whether the parent is impure cannot be told, or its listing hangs on a layer that could not be read. */
  #dinoUnknown(id: number): boolean {
    const { objects, entries, stack } = this.#scan;
    if (stack.inodes.mode === 'none') return false;
    const parent = objects.parents[id] as number;
    const { upper } = objects.stack(parent);
    if (upper < ABSENT || !objects.isWhole(parent)) return true;
    return upper >= 0 && ((entries.marks(upper) & MarkBit.unknown) !== 0 || entries.blindLayers.has(0));
  }

  /** st_nlink (inode.c:ovl_getattr): 1 for directories that merge, the union's count for what the index has. */
  nlink(id: number, { facts }: ObjectNumbers): number | 'unknown' {
    const { objects, entries } = this.#scan;
    if (facts.isDir) {
      const { upper, lowers } = objects.stack(id);
      const known = [upper, ...lowers].filter((component) => component >= 0).length;
      if (known > 1) return 1;
      return objects.isWhole(id) ? entries.nlink(objects.tops[id] as number) : 'unknown';
    }
    return facts.indexedLinks ?? (facts.upper ?? (facts.lower as RealInode)).nlink;
  }
}
