import { NO_DIRECTORY } from '../../shared/ipc/records.ts';
import { Lookup } from '../../shared/merge/lookup.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import type { RuleId } from '../../shared/merge/rules.ts';
import { ABSENT, Code, type Found, type MergeOptions, type Parent } from '../../shared/merge/tree.ts';
import type { EntryTable } from './entries.ts';
import { DirectoryState } from './entry-columns.ts';
import { Listed, type Listing, type ListingOptions, ListingRules } from './listing.ts';
import { NameUnion } from './name-union.ts';
import { DATA_UNKNOWN, Flag, ObjectColumns } from './object-columns.ts';

/**
 * The merged tree: an object a path, in arrays, made directory by directory as the layers are read. Children of one
 * directory follow each other, in no order. Object 0 is the root.
 */
export class ObjectTable extends ObjectColumns {
  readonly options: MergeOptions;
  readonly lookup: Lookup;
  /** How often each rule was met, by layer position (RULES × POSITIONS, row by row); null where nobody counts. */
  readonly hits: Uint32Array | null;
  readonly listing: ListingRules;
  #assumedLayers: Set<number>;
  #waiting = new Map<number, number[]>();
  #retry: number[] = [];
  #plain: boolean;
  protected readonly union: NameUnion;

  constructor(
    entries: EntryTable,
    options: MergeOptions,
    listing: ListingOptions,
    assumedLayers: Set<number>,
    hits: Uint32Array | null,
  ) {
    super(entries);
    this.options = options;
    this.hits = hits;
    this.lookup = new Lookup(entries, options, hits);
    this.listing = new ListingRules(entries, this.lookup, listing);
    this.#assumedLayers = assumedLayers;
    this.union = new NameUnion(entries);
    // Rules that are counted or switched off are all met on the general path.
    this.#plain = hits === null && !options.verifyLower && options.rules.every((on) => on === 1);
  }

  /** Makes the root from the layers' roots (entries or unknown components); `upper` is ABSENT where there is none. */
  addRoot(upper: number): void {
    const id = this.reserve(1);
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
    this.setStack(id, upper, lowers);
    this.merge(id);
  }

  /** A directory was read: what waited for it is merged, and all below that can be. */
  directoryRead(directory: number): void {
    const waiting = this.#waiting.get(directory);
    if (!waiting) return;
    this.#waiting.delete(directory);
    for (const id of waiting) this.merge(id);
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
        this.put(id, parent, found, this.#componentOf(parent, top), true);
        if (this.isDir(id)) this.merge(id);
      }
    }
  }

  #componentOf(parent: number, top: number): number {
    const stack = this.stack(parent);
    const directory = this.entries.directoryEntry[this.entries.parents[top] as number] as number;
    return stack.upper === directory ? stack.upper : (stack.lowers.find((lower) => lower === directory) ?? directory);
  }

  /** What was found is refused after all, by this rule. For non-directories. */
  refuse(id: number, code: Code, rule: RuleId): void {
    const top = this.tops[id] as number;
    this.lookup.count(rule, top);
    this.save(id);
    this.codes[id] = code;
    const parent = this.parents[id] as number;
    const component = this.#componentOf(parent, top);
    const answer = { code, top, certain: this.isCertain(id), isWhiteout: false };
    this.listed[id] = this.listing.listed(answer, component, this.#listingOf(parent, this.stack(parent)));
  }

  /** Merges the directory and all below it as far as they are read; puts the rest off. */
  protected merge(start: number): void {
    const entries = this.entries;
    const todo = [start];
    next: for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
      const single = (this.stackAt[id] as number) < 0;
      if (single) {
        const top = this.tops[id] as number;
        if (top < 0) continue;
        const directory = entries.directory(top);
        if (directory === NO_DIRECTORY) continue;
        if ((entries.directoryState[directory] as number) < DirectoryState.read) {
          this.#wait(directory, id);
          continue;
        }
        if (this.#plain && !entries.isEdited(directory)) this.#mergeSingle(id, top, directory);
        else this.#mergeMany(id, this.stack(id));
      } else {
        const stack = this.stack(id);
        for (const component of [stack.upper, ...stack.lowers]) {
          if (component < 0) continue;
          const directory = entries.directory(component);
          if (directory !== NO_DIRECTORY && (entries.directoryState[directory] as number) < DirectoryState.read) {
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
    const first = this.reserve(count);
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
      MarkBit.covered |
      MarkBit.refused;
    let parent: Parent | null = null;
    for (let i = 0; i < count; i++) {
      const entry = from + i;
      const child = first + i;
      if ((entries.markBits[entry] as number) & general) {
        parent ??= this.stack(id);
        const found = this.lookup.run(parent, entry, null, isUpper ? 0 : 1, certain, null);
        if (found.top === ABSENT) found.top = entry;
        this.put(child, id, found, top, false, listing);
        continue;
      }
      const isDir = entries.kind(entry) === Kind.dir;
      this.tops[child] = entry;
      this.parents[child] = id;
      this.codes[child] = Code.ok;
      this.listed[child] = certain ? Listed.yes : Listed.unknown;
      this.flags[child] = inherited | (isDir ? Flag.isDir : 0) | (inherited & Flag.certain ? Flag.whole : 0);
      this.stackAt[child] = -1;
      this.firsts[child] = 0;
      this.counts[child] = 0;
    }
  }

  #mergeMany(id: number, stack: Parent): void {
    const components = [stack.upper, ...stack.lowers];
    // Components above the first that was not read whole: beyond it nobody can say that a name is not above.
    let whole = 0;
    while (whole < components.length && this.isReadWhole(components[whole] as number)) whole++;
    // Names first, so that the children's ids follow each other.
    const { names, firstAt } = this.union.of(components);
    const first = this.reserve(names.length);
    this.firsts[id] = first;
    this.counts[id] = names.length;
    const certain = this.isCertain(id);
    const listing = this.#listingOf(id, stack);
    for (let i = 0; i < names.length; i++) {
      const at = firstAt[i] as number;
      const found = this.lookup.run(stack, names[i] as number, null, at <= whole ? at : -1, certain, null);
      if (found.top === ABSENT) found.top = names[i] as number;
      this.put(first + i, id, found, components[at] as number, false, listing);
    }
  }

  /** Nothing stands here, or a directory whose entries are all known. An unknown component is told by the lookup. */
  protected isReadWhole(component: number): boolean {
    return component < 0 || this.entries.isRead(component);
  }

  /** Writes a lookup's answer at `id`. `component` is the topmost directory that has the name. */
  protected put(id: number, parent: number, found: Found, component: number, again: boolean, listing?: Listing): void {
    const entries = this.entries;
    const inherited = (this.flags[parent] as number) & (Flag.shared | Flag.assumed);
    this.tops[id] = found.top;
    this.parents[id] = parent;
    this.codes[id] = found.code;
    const data = found.dataUnknown ? DATA_UNKNOWN : found.data;
    if (again) this.dataOf.delete(id);
    if (data !== this.data(id)) this.dataOf.set(id, data);
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
    if (found.isDir) this.setStack(id, found.upper, found.lowers);
    else this.stackAt[id] = -1;
    if (flags & Flag.pending) this.lookup.uncount();
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
}
