import type { Mapping } from './store.ts';

const keyOf = (filesystem: number, ino: bigint): string => `${filesystem}:${ino}`;

/** The reverse mapping in memory, for stores that can be asked by the upper number alone. */
export class Reverse {
  readonly #byLower = new Map<string, Mapping>();

  get(filesystem: number, ino: bigint): Mapping | null {
    return this.#byLower.get(keyOf(filesystem, ino)) ?? null;
  }
  note(mapping: Mapping): void {
    this.#byLower.set(keyOf(mapping.lower.filesystem, mapping.lower.ino), mapping);
  }
  forget({ lower, upperIno }: Mapping): void {
    const key = keyOf(lower.filesystem, lower.ino);
    if (this.#byLower.get(key)?.upperIno === upperIno) this.#byLower.delete(key);
  }
  get size(): number {
    return this.#byLower.size;
  }
  all(): Iterable<Mapping> {
    return this.#byLower.values();
  }
}
