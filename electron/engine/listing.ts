import type { Lookup } from '../../shared/merge/lookup.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import type { RuleId } from '../../shared/merge/rules.ts';
import { ABSENT, Code, type Found, type Parent } from '../../shared/merge/tree.ts';
import type { EntryTable } from './entries.ts';
import type { ObjectTable } from './objects.ts';

export const Listed = { no: 0, yes: 1, unknown: 2 } as const;
export type Listed = (typeof Listed)[keyof typeof Listed];

/** What decides a listing beside the merge: which directories' names the kernel looks up while it lists. */
export type ListingOptions = { sameFs: boolean; xino: boolean; unknownMode: boolean };

/** What a lookup says of one name, as its listing needs it. */
export type Answer = Pick<Found, 'code' | 'top' | 'certain' | 'isWhiteout'>;

export type Listing = {
  isMerged: boolean;
  looksAll: boolean;
  looksUpper: boolean;
  xwhiteouts: boolean;
  unknown: boolean;
  stack: Parent;
};

/** What counts of a directory for its listing. `xwhiteouts`: a directory of its stack has overlay.opaque x. */
export type Directory = { isRoot: boolean; isWhole: boolean; xwhiteouts: boolean };

/** Which names a listing of a directory gives, beside what their lookups answer (readdir.c). */
export class ListingRules {
  readonly options: ListingOptions;
  readonly #entries: EntryTable;
  readonly #lookup: Lookup;

  constructor(entries: EntryTable, lookup: Lookup, options: ListingOptions) {
    this.#entries = entries;
    this.#lookup = lookup;
    this.options = options;
  }

  /** How the kernel lists this directory (readdir.c:ovl_dir_is_real, ovl_calc_d_ino). */
  of({ isRoot, isWhole, xwhiteouts: hasXwhiteouts }: Directory, stack: Parent): Listing {
    const entries = this.#entries;
    const { sameFs, xino, unknownMode } = this.options;
    const components = stack.lowers.length + (stack.upper === ABSENT ? 0 : 1);
    const real = stack.upper >= 0 ? stack.upper : ((stack.lowers[0] ?? ABSENT) as number);
    const hasOrigin = real >= 0 && (entries.marks(real) & MarkBit.origin) !== 0;
    const isMerged = isRoot || components > 1 || hasOrigin || !this.#isOn('plain-lists-all');
    const isImpure = stack.upper >= 0 && (entries.marks(stack.upper) & MarkBit.impure) !== 0;
    const looksAll = isMerged && xino && this.#isOn('number-needs-lookup');
    const looksUpper = isMerged && sameFs && isImpure && this.#isOn('number-needs-lookup');
    const xwhiteouts = hasXwhiteouts && this.#isOn('xwhiteouts-listed-out');
    // Where the marks are unknown, so is whether this directory is merged at all.
    const unknown = !isWhole || (isMerged && unknownMode);
    return { isMerged, looksAll, looksUpper, xwhiteouts, unknown, stack };
  }

  listed(found: Answer, component: number, listing: Listing): Listed {
    const entries = this.#entries;
    if (!found.certain) return Listed.unknown;
    const top = found.top;
    if (top < 0 || component < 0) return Listed.unknown;
    if (entries.marks(top) & MarkBit.refused && !this.#isGiven(top, listing.stack)) return Listed.no;
    if (!listing.isMerged) {
      if (listing.unknown && found.isWhiteout) return Listed.unknown;
      return found.code === Code.ok ? Listed.yes : this.#by('plain-lists-all', top, Listed.yes);
    }
    const marks = entries.marks(top);
    if (marks & MarkBit.whiteout && this.#isOn('merged-lists-union'))
      return this.#by('merged-lists-union', top, Listed.no);
    if (found.code === Code.ok) return Listed.yes;
    if (listing.unknown) return Listed.unknown;
    const layer = entries.layer(top);
    if (listing.looksAll || (listing.looksUpper && layer === 0)) return this.#by('number-needs-lookup', top, Listed.no);
    if (listing.xwhiteouts && entries.kind(top) === Kind.file && layer !== 0) {
      const isAsked = (directory: number): boolean =>
        directory >= 0 && (entries.marks(directory) & MarkBit.xwhiteouts) !== 0;
      const root = this.#lookup.options.lowerRoots[layer - 1] as number;
      if (layer !== this.#lookup.options.lowerRoots.length && (isAsked(component) || isAsked(root)))
        return this.#by('xwhiteouts-listed-out', top, Listed.no);
      // It depends on whether the kernel has met such a directory of that layer since the mount.
      if (entries.hasXwhiteouts[layer]) return Listed.unknown;
    }
    return Listed.yes;
  }

  /** Whether any directory of the stack gives the name of an entry that its own layer, an overlay, refuses. */
  #isGiven(top: number, { upper, lowers }: Parent): boolean {
    const entries = this.#entries;
    return [upper, ...lowers].some((directory) => {
      const entry = directory < 0 ? ABSENT : entries.findLike(directory, top);
      return entry >= 0 && !entries.isUnlisted(entry);
    });
  }

  /** Counts the rule that decides whether the entry is listed. */
  #by(rule: RuleId, top: number, listed: Listed): Listed {
    this.#lookup.count(rule, top);
    return listed;
  }

  #isOn(rule: RuleId): boolean {
    return this.#lookup.isOn(rule);
  }
}

/**
 * A plain, impure directory of the upper is listed whole or not at all: the kernel looks every name up for its
 * number, and fails where one is refused (readdir.c:ovl_dir_read_impure).
 */
export function failImpureListings(objects: ObjectTable): void {
  const { sameFs, xino } = objects.listing.options;
  if ((!sameFs && !xino) || !objects.lookup.isOn('impure-listing-fails')) return;
  const { entries } = objects;
  for (let id = 1; id < objects.count; id++) {
    const top = objects.tops[id] as number;
    if (top < 0 || entries.layers[top] !== 0 || !((entries.markBits[top] as number) & MarkBit.impure)) continue;
    if (!objects.isDir(id) || objects.stack(id).lowers.length > 0) continue;
    if ((entries.markBits[top] as number) & MarkBit.origin) continue;
    const children = objects.children(id);
    let listed: Listed = Listed.yes;
    for (const child of children) {
      const isShared = objects.isShared(child);
      const isRefused = objects.codes[child] !== Code.ok && objects.codes[child] !== Code.ENOENT;
      if (isRefused && objects.isCertain(child)) listed = Listed.no;
      else if ((isShared || !objects.isCertain(child)) && listed === Listed.yes) listed = Listed.unknown;
    }
    if (listed === Listed.no) objects.lookup.count('impure-listing-fails', top);
    if (listed !== Listed.yes) for (const child of children) objects.list(child, listed);
  }
}

/**
 * What a layer that is an overlay looks up for its number while it lists, and is refused, ends the listing of every
 * directory that merges with it: the error comes up (readdir.c:ovl_dir_read), and no name is given.
 */
export function failNestedListings(objects: ObjectTable): void {
  const { entries } = objects;
  if (!entries.hasRefused) return;
  const failing = new Set<number>();
  for (let entry = 0; entry < entries.count; entry++) {
    const isRefused = ((entries.markBits[entry] as number) & MarkBit.refused) !== 0;
    if (isRefused && entries.isUnlisted(entry) && entries.refusal(entry) !== Code.ENOENT)
      failing.add(entries.directoryEntry[entries.parents[entry] as number] as number);
  }
  for (let id = 0; failing.size > 0 && id < objects.count; id++) {
    if (!objects.isDir(id) || !objects.listingOf(id).isMerged) continue;
    const { upper, lowers } = objects.stack(id);
    if (![upper, ...lowers].some((directory) => failing.has(directory))) continue;
    for (const child of objects.children(id)) objects.list(child, Listed.no);
  }
}
