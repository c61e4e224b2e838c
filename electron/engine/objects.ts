import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { Lookup } from '../../shared/merge/lookup.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { RULES, type RuleId } from '../../shared/merge/rules.ts';
import { ABSENT, Code, type Found, type MergeOptions, type Parent } from '../../shared/merge/tree.ts';
import { grown } from './arena.ts';
import type { EntryTable } from './entries.ts';
import { DirectoryState } from './entry-columns.ts';
import { Listed, type Listing, type ListingOptions, ListingRules } from './listing.ts';

const Flag = {
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
} as const;

/** Room for this many objects at the beginning. */
const FIRST = 32 * 1024;

/** `data` of an object whose data file cannot be told. */
export const DATA_UNKNOWN = -2;

/**
 * The merged tree: an object a path, in arrays, made directory by directory as the layers are read. Children of one
 * directory follow each other, in no order. Object 0 is the root.
 */
export class ObjectTable {
  count = 0;
  /** Deciding entry: topmost used one, or the whiteout, or the one that an error is about. */
  tops = new Int32Array(FIRST);
  parents = new Uint32Array(FIRST);
  codes = new Uint8Array(FIRST);
  listed = new Uint8Array(FIRST);
  flags = new Uint16Array(FIRST);
  /** Offset in `#stacks` of [count, upper, lower …]; -1: the top alone is the stack. */
  #stackAt = new Int32Array(FIRST);
  firsts = new Uint32Array(FIRST);
  counts = new Uint32Array(FIRST);
  #stacks = new Int32Array(FIRST);
  #stacksLength = 0;

  readonly entries: EntryTable;
  readonly options: MergeOptions;
  readonly lookup: Lookup;
  /** How often each rule was met, by layer position (4 a rule); null where nobody counts. */
  readonly hits: Uint32Array | null;
  readonly listing: ListingRules;
  #assumedLayers: Set<number>;
  #waiting = new Map<number, number[]>();
  #retry: number[] = [];
  #plain: boolean;
  #seen = new Uint32Array(64);

  constructor(
    entries: EntryTable,
    options: MergeOptions,
    listing: ListingOptions,
    assumedLayers: Set<number>,
    hits: Uint32Array | null,
  ) {
    this.entries = entries;
    this.options = options;
    this.hits = hits;
    this.lookup = new Lookup(entries, options, hits);
    this.listing = new ListingRules(entries, this.lookup, listing);
    this.#assumedLayers = assumedLayers;
    // Rules that are counted or switched off are all met on the general path.
    this.#plain = hits === null && !options.verifyLower && options.rules.every((on) => on === 1);
  }

  /** Makes the root from the layers' roots (entries or unknown components); `upper` is ABSENT where there is none. */
  addRoot(upper: number): void {
    const id = this.#reserve(1);
    const lowers = this.options.lowerRoots;
    const known = [upper, ...lowers].find((component) => component >= 0);
    this.tops[id] = known ?? ABSENT;
    this.parents[id] = 0;
    this.codes[id] = Code.ok;
    this.listed[id] = Listed.yes;
    let flags = Flag.isDir | Flag.certain;
    if ([upper, ...lowers].every((component) => component >= ABSENT)) flags |= Flag.whole;
    // super.c:ovl_get_root: the lowest layer's root is not asked.
    if (lowers.slice(0, -1).some((root) => root >= 0 && this.entries.marks(root) & MarkBit.xwhiteouts))
      flags |= Flag.xwhiteouts;
    this.flags[id] = flags;
    this.#setStack(id, upper, lowers);
    this.#try(id);
  }

  /** A directory was read: what waited for it is merged, and all below that can be. */
  directoryRead(directory: number): void {
    const waiting = this.#waiting.get(directory);
    if (!waiting) return;
    this.#waiting.delete(directory);
    for (const id of waiting) this.#try(id);
  }

  /** Nothing more is read: directories that were not are unknown from now on, and what was put off is looked up. */
  finish(): void {
    const entries = this.entries;
    for (let directory = 0; directory < entries.directories; directory++)
      if ((entries.directoryState[directory] as number) < DirectoryState.read)
        entries.directoryState[directory] = DirectoryState.failed;
    while (this.#waiting.size > 0 || this.#retry.length > 0) {
      for (const directory of [...this.#waiting.keys()]) this.directoryRead(directory);
      const retry = this.#retry;
      this.#retry = [];
      for (const id of retry) {
        const parent = this.parents[id] as number;
        const top = this.tops[id] as number;
        const found = this.lookup.run(this.stack(parent), top, null, -1, this.isCertain(parent), null);
        // What stood there before still names it, where nothing can be said of it.
        if (found.top === ABSENT) found.top = top;
        this.#put(id, parent, found, this.#componentOf(parent, top), true);
        if (this.isDir(id)) this.#try(id);
      }
    }
  }

  #componentOf(parent: number, top: number): number {
    const stack = this.stack(parent);
    const directory = this.entries.directoryEntry[this.entries.parents[top] as number] as number;
    return stack.upper === directory ? stack.upper : (stack.lowers.find((lower) => lower === directory) ?? directory);
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
  isShared(id: number): boolean {
    return ((this.flags[id] as number) & Flag.sharedHere) !== 0;
  }
  /** Marks a path whose answer depends on which of several is looked up first, and all below it. */
  markShared(id: number): void {
    this.flags[id] = (this.flags[id] as number) | Flag.shared | Flag.sharedHere;
    const below = [id];
    for (let at = below.pop(); at !== undefined; at = below.pop()) {
      this.listed[at] = Listed.unknown;
      this.flags[at] = (this.flags[at] as number) | Flag.shared;
      const first = this.firsts[at] as number;
      for (let child = first; child < first + (this.counts[at] as number); child++) below.push(child);
    }
  }

  /** Where the bytes come from, of those objects whose own deciding entry is not it. */
  readonly #data = new Map<number, number>();

  /** Entry that the bytes come from, ABSENT (a non-file, an error, data that is missing) or DATA_UNKNOWN. */
  data(id: number): number {
    const other = this.#data.get(id);
    if (other !== undefined) return other;
    const top = this.tops[id] as number;
    return this.codes[id] === Code.ok && top >= 0 && this.entries.kind(top) === Kind.file ? top : ABSENT;
  }

  /** Which file the bytes come from cannot be told. */
  forgetData(id: number): void {
    this.#data.set(id, DATA_UNKNOWN);
  }

  /** Upper entry that the index gives a lower name, by object; null where the upper has no name for it. */
  readonly #aliases = new Map<number, number | null>();

  /** The index says that this lower name shows an upper inode: attributes are from there, and bytes but for a metacopy's. */
  alias(id: number, upper: number | null, isMetacopy: boolean): void {
    this.#aliases.set(id, upper);
    if (upper !== null && !isMetacopy && this.data(id) !== ABSENT) this.#data.set(id, upper);
  }
  /** What was found is refused after all, by this rule. For non-directories. */
  refuse(id: number, code: Code, rule: RuleId): void {
    const top = this.tops[id] as number;
    this.lookup.count(rule, top);
    this.codes[id] = code;
    const parent = this.parents[id] as number;
    const component = this.#componentOf(parent, top);
    const answer = { code, top, certain: this.isCertain(id), isWhiteout: false };
    this.listed[id] = this.listing.listed(answer, component, this.#listingOf(parent, this.stack(parent)));
  }

  /** Upper entry that the index gives this lower name; undefined where the index has nothing of it. */
  indexed(id: number): number | null | undefined {
    return this.#aliases.get(id);
  }

  /** Directories that merge here: the upper's entry or ABSENT, and the lowers'; both may be unknown components. */
  stack(id: number): Parent {
    const at = this.#stackAt[id] as number;
    if (at < 0) {
      const top = this.tops[id] as number;
      if (top < 0) return { upper: ABSENT, lowers: [] };
      return this.entries.layer(top) === 0 ? { upper: top, lowers: [] } : { upper: ABSENT, lowers: [top] };
    }
    const stacks = this.#stacks;
    const lowers: number[] = [];
    for (let i = at + 2, end = i + (stacks[at] as number); i < end; i++) lowers.push(stacks[i] as number);
    return { upper: stacks[at + 1] as number, lowers };
  }

  #setStack(id: number, upper: number, lowers: readonly number[]): void {
    const top = this.tops[id] as number;
    const isSingle =
      (upper === top && lowers.length === 0) || (upper === ABSENT && lowers.length === 1 && lowers[0] === top);
    if (isSingle) {
      this.#stackAt[id] = -1;
      return;
    }
    const at = this.#stacksLength;
    this.#stacks = grown(this.#stacks, at + 2 + lowers.length);
    this.#stacks[at] = lowers.length;
    this.#stacks[at + 1] = upper;
    for (let i = 0; i < lowers.length; i++) this.#stacks[at + 2 + i] = lowers[i] as number;
    this.#stacksLength = at + 2 + lowers.length;
    this.#stackAt[id] = at;
  }

  #reserve(more: number): number {
    const first = this.count;
    const need = first + more;
    if (need > this.tops.length) {
      this.tops = grown(this.tops, need);
      const size = this.tops.length;
      this.parents = grown(this.parents, size);
      this.codes = grown(this.codes, size);
      this.listed = grown(this.listed, size);
      this.flags = grown(this.flags, size);
      this.#stackAt = grown(this.#stackAt, size);
      this.firsts = grown(this.firsts, size);
      this.counts = grown(this.counts, size);
    }
    this.count = need;
    return first;
  }

  /** Merges the directory and all below it as far as they are read; puts the rest off. */
  #try(start: number): void {
    const entries = this.entries;
    const todo = [start];
    next: for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
      const single = (this.#stackAt[id] as number) < 0;
      if (single) {
        const top = this.tops[id] as number;
        if (top < 0) continue;
        const directory = entries.directory(top);
        if (directory === 0xffffffff) continue;
        if ((entries.directoryState[directory] as number) < DirectoryState.read) {
          this.#wait(directory, id);
          continue;
        }
        if (this.#plain) this.#mergeSingle(id, top, directory);
        else this.#mergeMany(id, this.stack(id));
      } else {
        const stack = this.stack(id);
        for (const component of [stack.upper, ...stack.lowers]) {
          if (component < 0) continue;
          const directory = entries.directory(component);
          if (directory !== 0xffffffff && (entries.directoryState[directory] as number) < DirectoryState.read) {
            this.#wait(directory, id);
            continue next;
          }
        }
        this.#mergeMany(id, stack);
      }
      this.flags[id] = (this.flags[id] as number) | Flag.merged;
      const first = this.firsts[id] as number;
      const end = first + (this.counts[id] as number);
      for (let child = first; child < end; child++)
        if (((this.flags[child] as number) & (Flag.isDir | Flag.pending)) === Flag.isDir) todo.push(child);
    }
  }

  #wait(directory: number, id: number): void {
    const waiting = this.#waiting.get(directory);
    if (waiting) waiting.push(id);
    else this.#waiting.set(directory, [id]);
  }

  /** A directory that stands in one layer alone: its children are what is there, but for whiteouts and redirects. */
  #mergeSingle(id: number, top: number, directory: number): void {
    const entries = this.entries;
    const from = entries.directoryFirst[directory] as number;
    const count = entries.directoryCount[directory] as number;
    const first = this.#reserve(count);
    this.firsts[id] = first;
    this.counts[id] = count;
    const layer = entries.layer(top);
    const isUpper = layer === 0;
    const parentFlags = this.flags[id] as number;
    const certain = this.isCertain(id);
    const listing = this.#listingOf(id, { upper: isUpper ? top : ABSENT, lowers: isUpper ? [] : [top] });
    const inherited = parentFlags & (Flag.certain | Flag.shared | Flag.assumed);
    const general =
      MarkBit.whiteout |
      MarkBit.xattrWhiteout |
      MarkBit.redirect |
      MarkBit.metacopy |
      MarkBit.opaque |
      MarkBit.xwhiteouts |
      MarkBit.unknown |
      MarkBit.covered;
    let parent: Parent | null = null;
    for (let i = 0; i < count; i++) {
      const entry = from + i;
      const child = first + i;
      if ((entries.markBits[entry] as number) & general) {
        parent ??= this.stack(id);
        const found = this.lookup.run(parent, entry, null, isUpper ? 0 : 1, certain, null);
        if (found.top === ABSENT) found.top = entry;
        this.#put(child, id, found, top, false, listing);
        continue;
      }
      const isDir = entries.kind(entry) === Kind.dir;
      this.tops[child] = entry;
      this.parents[child] = id;
      this.codes[child] = Code.ok;
      this.listed[child] = certain ? Listed.yes : Listed.unknown;
      this.flags[child] = inherited | (isDir ? Flag.isDir : 0) | (inherited & Flag.certain ? Flag.whole : 0);
      this.#stackAt[child] = -1;
      this.firsts[child] = 0;
      this.counts[child] = 0;
    }
  }

  #mergeMany(id: number, stack: Parent): void {
    const entries = this.entries;
    const components = [stack.upper, ...stack.lowers];
    let total = 0;
    for (const component of components) if (component >= 0) total += this.#countOf(component);
    let size = 64;
    while (size < total * 2) size *= 2;
    if (this.#seen.length < size) this.#seen = new Uint32Array(size);
    else this.#seen.fill(0, 0, size);
    const seen = this.#seen;
    const mask = size - 1;
    // Names first, so that the children's ids follow each other.
    const names: number[] = [];
    const firstAt: number[] = [];
    // Components above the first that was not read whole: beyond it nobody can say that a name is not above.
    let whole = 0;
    while (whole < components.length && this.#isWhole(components[whole] as number)) whole++;
    for (let k = 0; k < components.length; k++) {
      const component = components[k] as number;
      if (component < 0) continue;
      const directory = entries.directory(component);
      if (directory === 0xffffffff) continue;
      const from = entries.directoryFirst[directory] as number;
      const end = from + (entries.directoryCount[directory] as number);
      next: for (let entry = from; entry < end; entry++) {
        let slot = (entries.hashes[entry] as number) & mask;
        for (; seen[slot] !== 0; slot = (slot + 1) & mask)
          if (entries.sameName((seen[slot] as number) - 1, entry)) continue next;
        seen[slot] = entry + 1;
        names.push(entry);
        firstAt.push(k);
      }
    }
    const first = this.#reserve(names.length);
    this.firsts[id] = first;
    this.counts[id] = names.length;
    const certain = this.isCertain(id);
    const listing = this.#listingOf(id, stack);
    for (let i = 0; i < names.length; i++) {
      const at = firstAt[i] as number;
      const found = this.lookup.run(stack, names[i] as number, null, at <= whole ? at : -1, certain, null);
      if (found.top === ABSENT) found.top = names[i] as number;
      this.#put(first + i, id, found, components[at] as number, false, listing);
    }
  }

  /** Nothing stands here, or a directory whose entries are all known. An unknown component is told by the lookup. */
  #isWhole(component: number): boolean {
    return component < 0 || this.entries.isRead(component);
  }

  #countOf(component: number): number {
    const directory = this.entries.directory(component);
    return directory === 0xffffffff ? 0 : (this.entries.directoryCount[directory] as number);
  }

  /** Writes a lookup's answer at `id`. `component` is the topmost directory that has the name. */
  #put(id: number, parent: number, found: Found, component: number, again: boolean, listing?: Listing): void {
    const entries = this.entries;
    const inherited = (this.flags[parent] as number) & (Flag.shared | Flag.assumed);
    this.tops[id] = found.top;
    this.parents[id] = parent;
    this.codes[id] = found.code;
    const data = found.dataUnknown ? DATA_UNKNOWN : found.data;
    if (again) this.#data.delete(id);
    if (data !== this.data(id)) this.#data.set(id, data);
    let flags = inherited;
    if (found.isDir) flags |= Flag.isDir;
    if (found.isWhiteout) flags |= Flag.isWhiteout;
    if (found.xwhiteouts) flags |= Flag.xwhiteouts;
    if (found.certain) flags |= Flag.certain;
    if (found.whole) flags |= Flag.whole;
    if (found.top >= 0 && this.#assumedLayers.has(entries.layer(found.top))) flags |= Flag.assumed;
    if (found.pending && !again && this.#isReading()) {
      flags |= Flag.pending;
      this.#retry.push(id);
    }
    this.flags[id] = flags;
    this.listed[id] = this.listing.listed(found, component, listing ?? this.#listingOf(parent, this.stack(parent)));
    if (!again) {
      this.firsts[id] = 0;
      this.counts[id] = 0;
    }
    if (found.isDir) this.#setStack(id, found.upper, found.lowers);
    else this.#stackAt[id] = -1;
  }

  #reading = true;
  #isReading(): boolean {
    return this.#reading;
  }
  /** Called before `finish`: from now on what is not read never will be. */
  endReading(): void {
    this.#reading = false;
  }

  /** How the kernel lists this directory. */
  listingOf(id: number): Listing {
    return this.#listingOf(id, this.stack(id));
  }

  #listingOf(id: number, stack: Parent): Listing {
    const xwhiteouts = ((this.flags[id] as number) & Flag.xwhiteouts) !== 0;
    return this.listing.of({ isRoot: id === 0, isWhole: this.isWhole(id), xwhiteouts }, stack);
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
      this.#stackAt.byteLength +
      this.firsts.byteLength +
      this.counts.byteLength +
      this.#stacks.byteLength
    );
  }

  /** Gives spare room back. */
  trim(): void {
    for (const key of ['tops', 'parents', 'codes', 'listed', 'flags', 'firsts', 'counts'] as const)
      this[key] = this[key].slice(0, this.count) as never;
    this.#stackAt = this.#stackAt.slice(0, this.count);
    this.#stacks = this.#stacks.slice(0, this.#stacksLength);
  }
}

/** A fresh switchboard: every rule on, but those named. */
export function ruleSwitches(off: readonly string[] = []): Uint8Array {
  return Uint8Array.from(RULES, (rule) => (off.includes(rule.id) ? 0 : 1));
}
