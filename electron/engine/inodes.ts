import type { Shown } from '../../shared/contract/scan.ts';
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
  withFsid,
} from '../../shared/inodes/predict.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { ABSENT, Code, type Parent } from '../../shared/merge/tree.ts';
import { fuseLayers } from './fleeting.ts';
import { NumberFinder } from './number-facts.ts';
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

/** Predicts the inode numbers that the mount shows, from what was read of the layers alone. */
export class Inodes {
  readonly #scan: StackScan;
  readonly #mount: MountFacts;
  readonly #finder: NumberFinder;
  readonly #fsids: readonly number[];
  readonly #fuse: readonly number[];

  constructor(scan: StackScan) {
    this.#scan = scan;
    const { facts, inodes: mode, options, marks } = scan.stack;
    this.#fsids = mode.fsids.map((fsid) => (typeof fsid === 'number' ? fsid : 0));
    this.#finder = new NumberFinder(scan, this.#fsids);
    this.#fuse = fuseLayers(facts.layers).map(({ layer }) => layer);
    const decodable = new Map<number, boolean>();
    // A FUSE handle is good for as long as the server remembers the node.
    for (const { layer, role, fs } of facts.layers)
      if (role !== 'data')
        decodable.set(this.#fsids[layer] as number, fs.handle !== null && !this.#fuse.includes(layer));
    const confined = marks === 'none' || facts.userNamespace === true;
    this.#mount = {
      mode,
      copiesUp: !facts.readonly && facts.layers.some(({ role }) => role === 'upper'),
      index: options.index,
      keepsOrigin: (fsid) => !confined && decodable.get(fsid) === true && (fsid === 0 || !mode.badUuid[fsid]),
      marksFilesOnly: options.userxattr,
      changes: (fsid) => this.#hasFleeting(fsid),
    };
  }

  /** Layers whose numbers are no more than names of what is in memory. While the layers are read their listings tell. */
  get #fleeting(): ReadonlySet<number> {
    const { entries, fleeting } = this.#scan;
    return fleeting ?? entries.listedOtherwise(this.#fuse);
  }

  #hasFleeting(fsid: number): boolean {
    const fleeting = this.#fleeting;
    return fleeting.size > 0 && [...fleeting].some((layer) => this.#fsids[layer] === fsid);
  }

  /** What stat and readdir through the mount report; null for whiteouts and where stat answers an error. */
  shown(id: number): Shown | null {
    const { objects, entries } = this.#scan;
    if (objects.isWhiteout(id)) return null;
    if (!objects.isCertain(id)) return UNKNOWN;
    if (objects.codes[id] !== Code.ok) return null;
    const numbers = this.of(id);
    if (numbers === 'unknown') return UNKNOWN;
    const { facts, source, shown, listed } = numbers;
    const isFile = entries.kind(this.#top(id)) === Kind.file;
    const cached = this.#cached(numbers);
    const dino =
      id === 0 || this.#isFleeting(objects.tops[id] as number) ? null : this.#dinoUnknown(id) ? 'unknown' : listed;
    return {
      dev: shown.dev,
      ino: shown.ino === null ? null : String(shown.ino),
      dino: dino === null || dino === 'unknown' ? dino : String(dino),
      nlink: this.nlink(id, numbers),
      stable: isStable(this.#mount, facts, source, shown, isFile),
      why: source.row,
      ...(cached ? { cached } : {}),
    };
  }

  /** What memory may show instead. */
  #cached({ facts, shown, listed }: ObjectNumbers): Shown['cached'] | null {
    const { inodes: mode, marks } = this.#scan.stack;
    const text = (ino: bigint | null): string | null => (ino === null ? null : String(ino));
    const other = cachedNumber(mode, facts, shown);
    if (other === 'unknown') return { dev: 'unknown', ino: 'unknown' };
    if (other) return { dev: other.dev, ino: text(other.ino) };
    const own = { dev: shown.dev, ino: text(shown.ino) };
    const { upper, lower, indexedLinks, isDir } = facts;
    if (!upper || !lower) return null;
    // The index's own link is counted when the kernel meets the inode, not at its copy-up (inode.c:ovl_get_inode).
    if (!isDir && indexedLinks !== null && lower.nlink === 1) return { ...own, nlink: indexedLinks - 1 };
    if (!isDir && indexedLinks !== null && lower.nlink === 0) return { ...own, nlink: upper.nlink };
    // A mark that cannot be written stands in memory all the same (copy_up.c:ovl_do_copy_up, util.c:ovl_set_impure).
    if (isDir && marks === 'none' && listed !== null && shown.ino !== null && listed !== shown.ino)
      return { ...own, dino: String(shown.ino) };
    return null;
  }

  /** The numbers of an object that is found; 'unknown' where an unread layer or a missing privilege decides them. */
  of(id: number): ObjectNumbers | 'unknown' {
    const { stack } = this.#scan;
    const mode = stack.inodes;
    if (mode.mode === 'unknown') return 'unknown';
    const facts = this.#finder.of(id);
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

  /** Its number is one that a layer below counts, or makes up. */
  #isVolatile(id: number, source: NumberSource): boolean {
    const { objects, entries } = this.#scan;
    const top = objects.tops[id] as number;
    if (source.usesLower || entries.layer(top) !== 0) {
      const lower = this.#lowerEntry(id);
      if (lower >= 0) return !entries.hasNumber(lower) || this.#isFleeting(lower);
      return this.#hasFleeting(source.from.fsid);
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

  #listing(id: number): ListingFacts {
    const { objects, entries } = this.#scan;
    const top = objects.tops[id] as number;
    const parent = objects.parents[id] as number;
    const stack = objects.stack(parent);
    const { upper, lowers } = stack;
    const first = lowers.find((component) => component >= 0);
    return {
      raw: this.#raw(id, stack),
      inUpper: entries.layer(top) === 0,
      isMerged: objects.listingOf(parent).isMerged,
      isImpure: upper >= 0 && (entries.marks(upper) & MarkBit.impure) !== 0,
      parentFsid: upper >= 0 || first === undefined ? 0 : (this.#fsids[entries.layer(first)] as number),
    };
  }

  /** The number by which a directory of one layer lists a whiteout; null where it is not known. */
  listedWhiteout(id: number): bigint | null {
    const { objects, entries, stack } = this.#scan;
    const top = objects.tops[id] as number;
    const raw = entries.listedIno(top);
    if (raw === null || stack.inodes.mode !== 'xino') return raw;
    return withFsid(stack.inodes, raw, this.#fsids[entries.layer(top)] as number) ?? raw;
  }

  /** The number that the parent's listing begins with: that of the first directory which has the name. */
  #raw(id: number, { upper, lowers }: Parent): bigint | null {
    const { objects, entries } = this.#scan;
    const top = objects.tops[id] as number;
    if (!entries.hasRefused) return entries.listedIno(top);
    const own = entries.directoryEntry[entries.parents[top] as number] as number;
    for (const component of [upper, ...lowers]) {
      if (component === own) break;
      // A layer that is an overlay can list what it does not find.
      const entry = component < 0 ? ABSENT : entries.findLike(component, top);
      if (entry >= 0 && !entries.isUnlisted(entry)) return entries.listedIno(entry);
    }
    return entries.listedIno(top);
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
    const lower = this.#lowerEntry(id);
    // Of a layer on another overlay, whose memory decides.
    if (lower >= 0 && facts.upper === null && !entries.hasNumber(lower)) return 'unknown';
    return facts.indexedLinks ?? (facts.upper ?? (facts.lower as RealInode)).nlink;
  }
}
