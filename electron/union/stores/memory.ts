import { Reverse } from './reverse.ts';
import type { Mapping, MappingStore, Origin, StoreFigures } from './store.ts';

/** The whole map in memory; a start rebuilds it from the origins that the upper inodes carry. */
export class MemoryStore implements MappingStore {
  readonly isOnInodes = false;
  readonly #byUpper = new Map<bigint, Mapping>();
  readonly #reverse = new Reverse();
  readonly #atimes = new Map<string, bigint>();

  get(upperIno: bigint): Mapping | null {
    return this.#byUpper.get(upperIno) ?? null;
  }
  byLower(filesystem: number, ino: bigint): Mapping | null {
    return this.#reverse.get(filesystem, ino);
  }
  put(mapping: Mapping): void {
    const old = this.#byUpper.get(mapping.upperIno);
    if (old) this.remove(old);
    this.#byUpper.set(mapping.upperIno, mapping);
    this.#reverse.note(mapping);
  }
  remove(mapping: Mapping): void {
    this.#byUpper.delete(mapping.upperIno);
    this.#reverse.forget(mapping);
  }
  all(): Iterable<Mapping> {
    return this.#byUpper.values();
  }
  atime(lower: Origin): bigint | null {
    return this.#atimes.get(keyOf(lower)) ?? null;
  }
  setAtime(lower: Origin, atimeNs: bigint | null): void {
    if (atimeNs === null) this.#atimes.delete(keyOf(lower));
    else this.#atimes.set(keyOf(lower), atimeNs);
  }
  figures(): StoreFigures {
    return { mappings: this.#byUpper.size, storeReads: 0, storeSkips: 0 };
  }
  close(): void {}
}

const keyOf = ({ filesystem, ino, handle }: Origin): string => `${filesystem}:${ino}:${handle}`;
