import { Kind } from '../../../shared/merge/marks.ts';
import type { EntryTable } from '../entries.ts';

/** The upper's entries in a scan by their inode numbers, but for directories, which have one name each. */
export class EntryNumbers {
  readonly #entries: EntryTable;
  /** Entries in the order of the low half of their numbers; made when first asked for. */
  #sorted: Uint32Array | null = null;
  /** Those low halves, as they were then: what changes later is known otherwise. */
  #lows = new Uint32Array(0);

  constructor(entries: EntryTable) {
    this.#entries = entries;
  }

  /** Entries with this number. */
  of(ino: string): number[] {
    const entries = this.#entries;
    const wanted = BigInt(ino);
    const low = Number(wanted & 0xffff_ffffn);
    this.#sorted ??= this.#sort();
    const sorted = this.#sorted;
    let at = 0;
    for (let end = sorted.length; at < end; ) {
      const middle = (at + end) >>> 1;
      if ((this.#lows[middle] as number) < low) at = middle + 1;
      else end = middle;
    }
    const out: number[] = [];
    for (; at < sorted.length && this.#lows[at] === low; at++) {
      const entry = sorted[at] as number;
      if (entries.ino(entry) === wanted) out.push(entry);
    }
    return out;
  }

  #sort(): Uint32Array {
    const entries = this.#entries;
    const all: number[] = [];
    for (let entry = 0; entry < entries.count; entry++)
      if (entries.layer(entry) === 0 && entries.kind(entry) !== Kind.dir) all.push(entry);
    const sorted = Uint32Array.from(all).sort((a, b) => entries.inoLow(a) - entries.inoLow(b));
    this.#lows = sorted.map((entry) => entries.inoLow(entry));
    return sorted;
  }
}
