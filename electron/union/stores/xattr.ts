import { asBytes } from '../../../shared/bytes/bytes.ts';
import { fail } from '../failure.ts';
import type { Layers } from '../layers.ts';
import { getXattr, removeXattr, setXattr } from '../syscalls/attributes.ts';
import { AtimeFiles } from './atime-file.ts';
import { decodeRecord, encodeRecord } from './record.ts';
import { Reverse } from './reverse.ts';
import type { Mapping, MappingStore, Origin, StoreFigures } from './store.ts';

const NAME = asBytes('trusted.stratoscope.lower');

/**
 * The map on the upper inodes themselves: a removal takes the mapping with it. A listing costs a look at each inode, so
 * the mark of directories that hold mapped entries (overlay.impure) saves it in the others. The reverse mapping is in
 * memory, gathered by the walk of the start.
 */
export class XattrStore implements MappingStore {
  readonly isOnInodes = true;
  readonly #reverse = new Reverse();
  readonly #atimes: AtimeFiles;
  #reads = 0;

  constructor(layers: Layers) {
    this.#atimes = new AtimeFiles(layers.work);
  }

  get(upperIno: bigint, place: () => number): Mapping | null {
    this.#reads++;
    const value = getXattr(place(), NAME);
    const mapping = value && decodeRecord(upperIno, value);
    if (mapping) this.#reverse.note(mapping);
    return mapping;
  }
  byLower(filesystem: number, ino: bigint): Mapping | null {
    return this.#reverse.get(filesystem, ino);
  }
  put(mapping: Mapping, place: () => number): void {
    setXattr(place(), NAME, encodeRecord(mapping) ?? fail('EOVERFLOW'));
    this.#reverse.note(mapping);
  }
  remove(mapping: Mapping, place: () => number): void {
    removeXattr(place(), NAME);
    this.#reverse.forget(mapping);
  }
  all(): Iterable<Mapping> {
    return this.#reverse.all();
  }
  atime(lower: Origin): bigint | null {
    return this.#atimes.get(lower);
  }
  setAtime(lower: Origin, atimeNs: bigint | null): void {
    this.#atimes.set(lower, atimeNs);
  }
  figures(): StoreFigures {
    return { mappings: this.#reverse.size, storeReads: this.#reads, storeSkips: 0 };
  }
  close(): void {
    this.#atimes.close();
  }
}
