import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { ABSENT, Code, type Parent } from '../../shared/merge/tree.ts';
import { grown } from './arena.ts';
import type { EntryTable } from './entries.ts';
import { Listed } from './listing.ts';

export const Flag = {
  isDir: 1 << 0,
  isWhiteout: 1 << 1,
  xwhiteouts: 1 << 2,
  /** The code is certain. */
  certain: 1 << 3,
  /** Nothing below it is unknown. */
  whole: 1 << 4,
  /** To be looked up again when more was read. */
  pending: 1 << 5,
  /** Its children are merged. */
  merged: 1 << 6,
  /** It shares its lower object with another path (origin-shared), or lies below one that does. */
  shared: 1 << 7,
  /** The finding itself stands here. */
  sharedHere: 1 << 8,
  /** It rests on a lower whose place was derived and not confirmed. */
  assumed: 1 << 9,
  /** Its name is gone: it is no object any more. */
  gone: 1 << 10,
} as const;

/** Room for this many objects at the beginning. */
const FIRST = 32 * 1024;

/** `data` of an object whose data file cannot be told. */
export const DATA_UNKNOWN = -2;

/** The columns of all merged objects, and what is read from them. An object is its index; 0 is the root. */
export class ObjectColumns {
  count = 0;
  /** Deciding entry: topmost used one, or the whiteout, or the one that an error is about. */
  tops = new Int32Array(FIRST);
  parents = new Uint32Array(FIRST);
  codes = new Uint8Array(FIRST);
  listed = new Uint8Array(FIRST);
  flags = new Uint16Array(FIRST);
  /** Offset in `stacks` of [count, upper, lower …]; -1: the top alone is the stack. */
  protected stackAt = new Int32Array(FIRST);
  firsts = new Uint32Array(FIRST);
  counts = new Uint32Array(FIRST);
  private stacks = new Int32Array(FIRST);
  private stacksLength = 0;

  readonly entries: EntryTable;

  constructor(entries: EntryTable) {
    this.entries = entries;
  }

  isDir(id: number): boolean {
    return ((this.flags[id] as number) & Flag.isDir) !== 0;
  }
  isWhiteout(id: number): boolean {
    return ((this.flags[id] as number) & Flag.isWhiteout) !== 0;
  }
  isCertain(id: number): boolean {
    return ((this.flags[id] as number) & (Flag.certain | Flag.shared)) === Flag.certain;
  }
  isWhole(id: number): boolean {
    return ((this.flags[id] as number) & Flag.whole) !== 0;
  }
  isPending(id: number): boolean {
    return ((this.flags[id] as number) & Flag.pending) !== 0;
  }
  isMerged(id: number): boolean {
    return ((this.flags[id] as number) & Flag.merged) !== 0;
  }
  isAssumed(id: number): boolean {
    return ((this.flags[id] as number) & Flag.assumed) !== 0;
  }
  isGone(id: number): boolean {
    return ((this.flags[id] as number) & Flag.gone) !== 0;
  }
  /** Objects that are there. */
  get living(): number {
    return this.count - this.goneCount;
  }
  protected goneCount = 0;

  /** Children of directories whose names changed since they were merged, by name. */
  protected readonly named = new Map<number, Map<Bytes, number>>();

  /** Ids of a directory's children, in no order. */
  children(id: number): Iterable<number> {
    const named = this.named.get(id);
    if (named) return named.values();
    const first = this.firsts[id] as number;
    return Array.from({ length: this.counts[id] as number }, (_, i) => first + i);
  }
  childCount(id: number): number {
    return this.named.get(id)?.size ?? (this.counts[id] as number);
  }

  /** What objects said before conclusions were drawn over all of them. */
  private readonly saved = new Map<number, { code: number; listed: number; flags: number; data: number | undefined }>();
  protected save(id: number): void {
    if (this.saved.has(id)) return;
    const [code, listed, flags] = [this.codes[id] as number, this.listed[id] as number, this.flags[id] as number];
    this.saved.set(id, { code, listed, flags, data: this.dataOf.get(id) });
  }

  /** Takes back what was concluded, before something changes and it is concluded anew. */
  takeBack(): void {
    for (const [id, { code, listed, flags, data }] of this.saved) {
      this.codes[id] = code;
      this.listed[id] = listed;
      this.flags[id] = flags;
      if (data === undefined) this.dataOf.delete(id);
      else this.dataOf.set(id, data);
    }
    this.saved.clear();
    this.sharing.clear();
    this.aliases.clear();
  }

  /** A listing gives the name, or not, for what stands beside it. */
  list(id: number, listed: Listed): void {
    this.save(id);
    this.listed[id] = listed;
  }

  isShared(id: number): boolean {
    return ((this.flags[id] as number) & Flag.sharedHere) !== 0;
  }
  /** Groups of objects that share a lower object, by each of them. */
  private readonly sharing = new Map<number, readonly number[]>();
  /** The other objects that share this one's lower object; none where nothing is shared. */
  sharers(id: number): readonly number[] {
    return this.sharing.get(id)?.filter((other) => other !== id) ?? [];
  }
  /** Marks a path whose answer depends on which of `group` is looked up first, and all below it. */
  markShared(id: number, group: readonly number[]): void {
    this.sharing.set(id, group);
    this.save(id);
    this.flags[id] = (this.flags[id] as number) | Flag.shared | Flag.sharedHere;
    const below = [id];
    for (let at = below.pop(); at !== undefined; at = below.pop()) {
      this.save(at);
      this.listed[at] = Listed.unknown;
      this.flags[at] = (this.flags[at] as number) | Flag.shared;
      for (const child of this.children(at)) below.push(child);
    }
  }

  /** Where the bytes come from, of those objects whose own deciding entry is not it. */
  protected readonly dataOf = new Map<number, number>();

  /** Entry that the bytes come from, ABSENT (a non-file, an error, data that is missing) or DATA_UNKNOWN. */
  data(id: number): number {
    const other = this.dataOf.get(id);
    if (other !== undefined) return other;
    const top = this.tops[id] as number;
    return this.codes[id] === Code.ok && top >= 0 && this.entries.kind(top) === Kind.file ? top : ABSENT;
  }

  /** Objects whose bytes come from another entry than their deciding one, and from which (or ABSENT, DATA_UNKNOWN). */
  get dataElsewhere(): ReadonlyMap<number, number> {
    return this.dataOf;
  }

  /** Which file the bytes come from cannot be told. */
  forgetData(id: number): void {
    this.save(id);
    this.dataOf.set(id, DATA_UNKNOWN);
  }

  /** Entry of the upper inode that the index gives a lower name, by object; null where it could not be read. */
  private readonly aliases = new Map<number, number | null>();

  /**
   * The index says that this lower name shows an upper inode: attributes are from there, and bytes but for a metacopy's.
   * An inode without a name in the upper has its bytes where no layer shows them.
   */
  alias(id: number, upper: number | null, isMetacopy: boolean): void {
    this.aliases.set(id, upper);
    this.save(id);
    if (upper === null) this.doubt(id);
    else if (!isMetacopy && this.entries.kind(upper) === Kind.file)
      this.dataOf.set(id, this.entries.isPlaced(upper) ? upper : DATA_UNKNOWN);
  }

  /** Lower names that the index has, by object: the upper entry that each shows, null where the upper has no name. */
  get indexedNames(): ReadonlyMap<number, number | null> {
    return this.aliases;
  }

  /** What a lookup of the object answers is not known after all. */
  doubt(id: number): void {
    this.save(id);
    this.flags[id] = (this.flags[id] as number) & ~Flag.certain;
  }

  /** Upper entry that the index gives this lower name; undefined where the index has nothing of it. */
  indexed(id: number): number | null | undefined {
    return this.aliases.get(id);
  }

  /** One entry alone makes the object. */
  isSingle(id: number): boolean {
    return (this.stackAt[id] as number) < 0;
  }

  /** Directories that merge here: the upper's entry or ABSENT, and the lowers'; both may be unknown components. */
  stack(id: number): Parent {
    const at = this.stackAt[id] as number;
    if (at < 0) {
      const top = this.tops[id] as number;
      if (top < 0) return { upper: ABSENT, lowers: [] };
      return this.entries.layer(top) === 0 ? { upper: top, lowers: [] } : { upper: ABSENT, lowers: [top] };
    }
    const stacks = this.stacks;
    const lowers: number[] = [];
    for (let i = at + 2, end = i + (stacks[at] as number); i < end; i++) lowers.push(stacks[i] as number);
    return { upper: stacks[at + 1] as number, lowers };
  }

  protected setStack(id: number, upper: number, lowers: readonly number[]): void {
    const top = this.tops[id] as number;
    const isSingle =
      (upper === top && lowers.length === 0) || (upper === ABSENT && lowers.length === 1 && lowers[0] === top);
    if (isSingle) {
      this.stackAt[id] = -1;
      return;
    }
    const at = this.stacksLength;
    this.stacks = grown(this.stacks, at + 2 + lowers.length);
    this.stacks[at] = lowers.length;
    this.stacks[at + 1] = upper;
    for (let i = 0; i < lowers.length; i++) this.stacks[at + 2 + i] = lowers[i] as number;
    this.stacksLength = at + 2 + lowers.length;
    this.stackAt[id] = at;
  }

  protected reserve(more: number): number {
    const first = this.count;
    const need = first + more;
    if (need > this.tops.length) {
      this.tops = grown(this.tops, need);
      const size = this.tops.length;
      this.parents = grown(this.parents, size);
      this.codes = grown(this.codes, size);
      this.listed = grown(this.listed, size);
      this.flags = grown(this.flags, size);
      this.stackAt = grown(this.stackAt, size);
      this.firsts = grown(this.firsts, size);
      this.counts = grown(this.counts, size);
    }
    this.count = need;
    return first;
  }

  /** Path of the object below the merged root; the root's is empty. */
  path(id: number): Bytes {
    const parts: string[] = [];
    for (let at = id; at !== 0; at = this.parents[at] as number) parts.push(this.name(at));
    return asBytes(parts.reverse().join('/'));
  }

  /** Own name, which its deciding entry has too; empty for the root. */
  name(id: number): Bytes {
    return id === 0 ? asBytes('') : this.entries.name(this.tops[id] as number);
  }

  /** Bytes held. */
  bytes(): number {
    return (
      this.tops.byteLength +
      this.parents.byteLength +
      this.codes.byteLength +
      this.listed.byteLength +
      this.flags.byteLength +
      this.stackAt.byteLength +
      this.firsts.byteLength +
      this.counts.byteLength +
      this.stacks.byteLength
    );
  }

  /** Gives spare room back. */
  trim(): void {
    for (const key of ['tops', 'parents', 'codes', 'listed', 'flags', 'firsts', 'counts'] as const)
      this[key] = this[key].slice(0, this.count) as never;
    this.stackAt = this.stackAt.slice(0, this.count);
    this.stacks = this.stacks.slice(0, this.stacksLength);
  }
}
