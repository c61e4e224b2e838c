import { asBytes } from '../../shared/bytes/bytes.ts';
import { NO_DIRECTORY } from '../../shared/ipc/records.ts';
import { ABSENT, NOT_READ } from '../../shared/merge/tree.ts';
import { DirectoryState, EntryColumns, W, WORDS } from './entry-columns.ts';

/** Finds names in directories: by comparing hashes where there are few, else in a table made on first use. */
export class EntryNames extends EntryColumns {
  /** Open-addressing tables of entries, by directory; 0 is an empty slot. */
  readonly #tables = new Map<number, Uint32Array>();

  sameName(a: number, b: number): boolean {
    const length = this.nameLength(a);
    if (this.hashes[a] !== this.hashes[b] || length !== this.nameLength(b)) return false;
    const bytes = this.names.bytes;
    const x = this.facts[a * WORDS + W.name] as number;
    const y = this.facts[b * WORDS + W.name] as number;
    for (let i = 0; i < length; i++) if (bytes[x + i] !== bytes[y + i]) return false;
    return true;
  }

  #isNamed(entry: number, name: string): boolean {
    if (this.nameLength(entry) !== name.length) return false;
    const bytes = this.names.bytes;
    const at = this.facts[entry * WORDS + W.name] as number;
    for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name.charCodeAt(i)) return false;
    return true;
  }

  /** Whether a directory's entries are all here. */
  isRead(directoryEntry: number): boolean {
    return this.directoryState[this.directory(directoryEntry)] === DirectoryState.read;
  }

  findLike(directoryEntry: number, like: number): number {
    return this.#find(directoryEntry, this.hashes[like] as number, like, null);
  }

  findName(directoryEntry: number, name: string): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    return this.#find(directoryEntry, hash >>> 0, ABSENT, name);
  }

  #find(directoryEntry: number, hash: number, like: number, name: string | null): number {
    const directory = this.directory(directoryEntry);
    if (directory === NO_DIRECTORY) return NOT_READ;
    const edited = this.edited.get(directory);
    if (edited) {
      const failed = this.directoryState[directory] === DirectoryState.failed;
      return edited.get(name === null ? this.name(like) : asBytes(name)) ?? (failed ? NOT_READ : ABSENT);
    }
    const state = this.directoryState[directory];
    const first = this.directoryFirst[directory] as number;
    const count = this.directoryCount[directory] as number;
    if (state === DirectoryState.waiting || state === DirectoryState.reading) return NOT_READ;
    const missing = state === DirectoryState.failed ? NOT_READ : ABSENT;
    if (count <= 8) {
      for (let entry = first; entry < first + count; entry++)
        if (this.hashes[entry] === hash && (name === null ? this.sameName(entry, like) : this.#isNamed(entry, name)))
          return entry;
      return missing;
    }
    const table = this.#tables.get(directory) ?? this.#makeTable(directory, first, count);
    const mask = table.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const value = table[slot] as number;
      if (value === 0) return missing;
      const entry = value - 1;
      if (this.hashes[entry] === hash && (name === null ? this.sameName(entry, like) : this.#isNamed(entry, name)))
        return entry;
    }
  }

  #makeTable(directory: number, first: number, count: number): Uint32Array {
    let size = 16;
    while (size < count * 2) size *= 2;
    const table = new Uint32Array(size);
    const mask = size - 1;
    for (let entry = first; entry < first + count; entry++) {
      let slot = (this.hashes[entry] as number) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = entry + 1;
    }
    this.#tables.set(directory, table);
    return table;
  }

  override trim(): void {
    // They are made again on demand.
    this.#tables.clear();
    super.trim();
  }
}
