import { NO_DIRECTORY } from '../../shared/ipc/records.ts';
import type { EntryTable } from './entries.ts';

/** The names of directories that merge, each once: by the entries' hashes, without a text for any of them. */
export class NameUnion {
  readonly #entries: EntryTable;
  /** Open addressing: entry + 1, 0 for an empty slot. */
  #seen = new Uint32Array(64);

  constructor(entries: EntryTable) {
    this.#entries = entries;
  }

  /**
   * Topmost entry of each name in `components`, from the top (unknown ones hold nothing), and which component it
   * stands in.
   */
  of(components: readonly number[]): { names: number[]; firstAt: number[] } {
    const entries = this.#entries;
    const mask = this.#clear(components);
    const seen = this.#seen;
    const names: number[] = [];
    const firstAt: number[] = [];
    for (let k = 0; k < components.length; k++) {
      const component = components[k] as number;
      if (component < 0) continue;
      const directory = entries.directory(component);
      if (directory === NO_DIRECTORY) continue;
      if (entries.isEdited(directory)) {
        for (const entry of entries.entriesOf(directory)) take(entry, k);
        continue;
      }
      const from = entries.directoryFirst[directory] as number;
      const end = from + (entries.directoryCount[directory] as number);
      for (let entry = from; entry < end; entry++) take(entry, k);
    }
    return { names, firstAt };

    function take(entry: number, k: number): void {
      let slot = (entries.hashes[entry] as number) & mask;
      for (; seen[slot] !== 0; slot = (slot + 1) & mask)
        if (entries.sameName((seen[slot] as number) - 1, entry)) return;
      seen[slot] = entry + 1;
      names.push(entry);
      firstAt.push(k);
    }
  }

  /** Makes room for all names of the directories; the mask that gives a hash its slot. */
  #clear(components: readonly number[]): number {
    let total = 0;
    for (const component of components) if (component >= 0) total += this.#countOf(component);
    let size = 64;
    while (size < total * 2) size *= 2;
    if (this.#seen.length < size) this.#seen = new Uint32Array(size);
    else this.#seen.fill(0, 0, size);
    return size - 1;
  }

  #countOf(component: number): number {
    const directory = this.#entries.directory(component);
    return directory === NO_DIRECTORY ? 0 : this.#entries.countOf(directory);
  }
}
