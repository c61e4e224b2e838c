import type { Mapping, MappingStore, Origin, StoreFigures } from './store.ts';

const keyOf = (filesystem: number, ino: bigint): string => `${filesystem}:${ino}`;

/** The whole map in memory; a start rebuilds it from the origins that the upper inodes carry. */
export class MemoryStore implements MappingStore {
  readonly isOnInodes = false;
  readonly #byUpper = new Map<bigint, Mapping>();
  readonly #byLower = new Map<string, Mapping>();
  readonly #atimes = new Map<string, bigint>();

  get(upperIno: bigint): Mapping | null {
    return this.#byUpper.get(upperIno) ?? null;
  }
  byLower(filesystem: number, ino: bigint): Mapping | null {
    return this.#byLower.get(keyOf(filesystem, ino)) ?? null;
  }
  put(mapping: Mapping): void {
    const old = this.#byUpper.get(mapping.upperIno);
    if (old) this.remove(old);
    this.#byUpper.set(mapping.upperIno, mapping);
    this.#byLower.set(keyOf(mapping.lower.filesystem, mapping.lower.ino), mapping);
  }
  remove({ upperIno, lower }: Mapping): void {
    this.#byUpper.delete(upperIno);
    const key = keyOf(lower.filesystem, lower.ino);
    if (this.#byLower.get(key)?.upperIno === upperIno) this.#byLower.delete(key);
  }
  all(): Iterable<Mapping> {
    return this.#byUpper.values();
  }
  atime({ filesystem, ino }: Origin): bigint | null {
    return this.#atimes.get(keyOf(filesystem, ino)) ?? null;
  }
  setAtime({ filesystem, ino }: Origin, atimeNs: bigint | null): void {
    if (atimeNs === null) this.#atimes.delete(keyOf(filesystem, ino));
    else this.#atimes.set(keyOf(filesystem, ino), atimeNs);
  }
  figures(): StoreFigures {
    return { mappings: this.#byUpper.size, storeReads: 0, storeSkips: 0 };
  }
  close(): void {}
}
