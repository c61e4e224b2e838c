import { ABSENT, type OriginRules } from '../../shared/merge/tree.ts';
import type { EntryTable } from './entries.ts';
import type { Index, IndexEntry } from './index-entries.ts';
import type { Origins } from './origins.ts';

/** What origins and index mean for the merge. They answer "not known" until both were read. */
export class KnownOrigins implements OriginRules {
  readonly #entries: EntryTable;
  readonly #origins: Origins;
  #index: Index | null = null;
  #byLower = new Map<string, IndexEntry>();

  constructor(entries: EntryTable, origins: Origins) {
    this.#entries = entries;
    this.#origins = origins;
  }

  /** The index was read; null where there is none. */
  setIndex(index: Index | null): void {
    this.#index = index;
    this.#byLower = new Map();
    for (const one of index?.entries ?? []) if (one.lower) this.#byLower.set(`${one.lower.dev}:${one.lower.ino}`, one);
  }

  hasOrigin(upper: number): boolean | null {
    const fact = this.#origins.facts.get(upper);
    if (!fact) return this.#origins.inodeNamedBy(upper, 0) === undefined ? false : null;
    if (fact.mode !== 0) return fact.mode >>> 12 === this.#entries.kind(upper);
    return fact.state === 'unverified' || fact.state === 'unknown' ? null : false;
  }

  originIs(upper: number, lower: number): boolean | null {
    const entries = this.#entries;
    const named = this.#origins.inodeNamedBy(upper, entries.layer(lower));
    // A directory without the mark gets it from the first lookup, and so matches.
    if (named === undefined) return true;
    if (named !== entries.ino(lower)) return false;
    const fact = this.#origins.facts.get(upper);
    if (!fact || fact.state === 'unverified' || fact.state === 'unknown') {
      if (fact?.dev === undefined || fact.dev === null) return null;
    }
    return fact?.dev === entries.dev(lower) && fact.ino === entries.ino(lower);
  }

  indexAllows(upper: number, lower: number): boolean | null {
    const one = this.#byLower.get(`${this.#entries.dev(lower)}:${this.#entries.ino(lower)}`);
    if (!one) return this.#index === null || this.#index.unknown ? null : true;
    if (one.isWhiteout || one.mode >>> 12 !== this.#entries.kind(lower)) return false;
    return upper !== ABSENT && one.upperIno === this.#entries.ino(upper);
  }

  /** Index entry of a lower inode; undefined where there is none. */
  indexOf(dev: string, ino: bigint): IndexEntry | undefined {
    return this.#byLower.get(`${dev}:${ino}`);
  }
}
