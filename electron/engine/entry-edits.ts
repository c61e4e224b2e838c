import type { Bytes } from '../../shared/bytes/bytes.ts';
import { NO_DIRECTORY } from '../../shared/ipc/records.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { DirectoryState, W, WORDS } from './entry-columns.ts';
import { EntryNames } from './entry-names.ts';

/** Changes of what was read: names that come, leave and move. An entry keeps its index for as long as its name stands. */
export class EntryEdits extends EntryNames {
  /** The names of a directory, to be changed. */
  #names(directory: number): Map<Bytes, number> {
    let names = this.edited.get(directory);
    if (!names) {
      names = new Map();
      for (const entry of this.entriesOf(directory)) names.set(this.name(entry), entry);
      this.edited.set(directory, names);
    }
    return names;
  }

  /** Makes an entry of a name that came into a directory; its facts are still to be written. */
  enter(directory: number, name: Bytes): number {
    const entry = this.reserve(1);
    const layer = this.layer(this.directoryEntry[directory] as number);
    this.void(entry);
    this.layers[entry] = layer;
    this.facts[entry * WORDS + W.last] = 0;
    this.perLayer[layer] = (this.perLayer[layer] ?? 0) + 1;
    this.#place(entry, directory, name);
    return entry;
  }

  #place(entry: number, directory: number, name: Bytes): void {
    const bytes = Uint8Array.from(name, (letter) => letter.charCodeAt(0));
    let hash = 0x811c9dc5;
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
    this.hashes[entry] = hash;
    this.facts[entry * WORDS + W.name] = this.names.add(bytes);
    const lengths = entry * WORDS + W.lengths;
    this.facts[lengths] = ((this.facts[lengths] as number) & 0xffff0000) | bytes.length;
    this.parents[entry] = directory;
    this.#names(directory).set(name, entry);
  }

  /** Takes an entry out of the directory that holds it, unless another has its name there already. */
  #unplace(entry: number): void {
    const directory = this.parents[entry] as number;
    if (directory === NO_DIRECTORY) return;
    const names = this.#names(directory);
    const name = this.name(entry);
    if (names.get(name) === entry) names.delete(name);
  }

  /** An entry, with all below it, now stands in another directory or by another name. */
  move(entry: number, directory: number, name: Bytes): void {
    this.#unplace(entry);
    this.#place(entry, directory, name);
    if (this.directory(entry) !== NO_DIRECTORY) this.hasMoved = true;
  }

  /** An entry is gone, with all below it. */
  leave(entry: number): void {
    this.#unplace(entry);
    const todo = [entry];
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      const directory = this.directory(at);
      if (directory !== NO_DIRECTORY) {
        todo.push(...this.entriesOf(directory));
        this.edited.set(directory, new Map());
      }
      const layer = this.layer(at);
      this.perLayer[layer] = (this.perLayer[layer] ?? 1) - 1;
      this.void(at);
      this.onGone(at);
    }
  }

  /** An entry that stands in no directory is gone. */
  leaveApart(entry: number): void {
    this.void(entry);
    this.onGone(entry);
  }

  /** Called with each entry that is gone. */
  onGone: (entry: number) => void = () => {};

  /** Gives an entry that is a directory one of its own, of which all names are known; takes it from what is none. */
  protected keepDirectory(entry: number): void {
    const isDirectory = this.kind(entry) === Kind.dir;
    if (isDirectory === (this.directory(entry) !== NO_DIRECTORY)) return;
    if (!isDirectory) {
      for (const child of this.entriesOf(this.directory(entry))) this.leave(child);
      this.facts[entry * WORDS + W.directory] = NO_DIRECTORY;
      return;
    }
    const directory = this.addDirectory(entry);
    this.directoryState[directory] = DirectoryState.read;
    this.directoryFirst[directory] = 0;
    this.directoryCount[directory] = 0;
    this.directoryErrno[directory] = 0;
    this.edited.set(directory, new Map());
    this.facts[entry * WORDS + W.directory] = directory;
  }

  /** Writes what one name of an inode shows at another name of it. */
  copyFacts(from: number, to: number): void {
    if (from === to) return;
    const [a, b] = [from * WORDS, to * WORDS];
    this.facts.copyWithin(b + W.mode, a + W.mode, a + W.nlink + 1);
    const items = (this.facts[a + W.lengths] as number) & 0xffff0000;
    this.facts[b + W.lengths] = ((this.facts[b + W.lengths] as number) & 0xffff) | items;
    this.facts[b + W.last] = this.facts[a + W.last] as number;
    this.itemsAt[to] = this.itemsAt[from] as number;
    this.markBits[to] = this.markBits[from] as number;
    this.deviceAt[to] = this.deviceAt[from] as number;
    const rdev = this.rdevs.get(from);
    if (rdev === undefined) this.rdevs.delete(to);
    else this.rdevs.set(to, rdev);
  }
}
