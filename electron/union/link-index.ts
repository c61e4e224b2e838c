import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { Dentry } from './node.ts';

/**
 * The names of every object that has more than one, so that a hard link stays whole over copy-up and its link count is
 * that of the names which the union shows. Directories are named by their constant numbers: renaming one moves nothing
 * here but its own place.
 */
export class LinkIndex {
  readonly #names = new Map<bigint, Map<string, { directory: bigint; name: Bytes }>>();
  /** Where the directories are that such names, or redirects, lie in or below. */
  readonly #places = new Map<bigint, { parent: bigint; name: Bytes }>();

  static #key(directory: bigint, name: Bytes): string {
    return `${directory}/${name}`;
  }

  add(ino: bigint, directory: Dentry, name: Bytes): void {
    const names = this.#names.get(ino) ?? new Map<string, { directory: bigint; name: Bytes }>();
    this.#names.set(ino, names);
    names.set(LinkIndex.#key(directory.node.ino, name), { directory: directory.node.ino, name });
    this.notePlace(directory);
  }

  /** Notes a directory and those above it. */
  notePlace(directory: Dentry): void {
    for (let at = directory; at.parent; at = at.parent) {
      const known = this.#places.get(at.node.ino);
      if (known?.parent === at.parent.node.ino && known.name === at.name) return;
      this.#places.set(at.node.ino, { parent: at.parent.node.ino, name: at.name });
    }
  }

  remove(ino: bigint, directory: bigint, name: Bytes): void {
    this.leave(ino, directory, name);
    if (this.#names.get(ino)?.size === 0) this.#names.delete(ino);
  }

  /** Forgets those of these objects that turned out to have one name alone. */
  prune(objects: Iterable<bigint>): void {
    for (const ino of objects) if (this.count(ino) === 1) this.#names.delete(ino);
  }

  /** Takes a name out whose object gets another one at once. */
  leave(ino: bigint, directory: bigint, name: Bytes): void {
    this.#names.get(ino)?.delete(LinkIndex.#key(directory, name));
  }

  /** A directory stands elsewhere now; it is noted already, or nothing below it matters. */
  moved(directory: Dentry): void {
    if (this.#places.has(directory.node.ino)) {
      this.#places.delete(directory.node.ino);
      this.notePlace(directory);
    }
  }

  forgetPlace(ino: bigint): void {
    this.#places.delete(ino);
  }

  /** How many names an object has; undefined where it never had more than one. */
  count(ino: bigint): number | undefined {
    return this.#names.get(ino)?.size;
  }

  /** Paths of an object's names, each as names from the root; the root has the number `root`. */
  pathsOf(ino: bigint, root: bigint): Bytes[][] {
    return [...(this.#names.get(ino)?.values() ?? [])].map(({ directory, name }) => [
      ...this.pathOfDirectory(directory, root),
      name,
    ]);
  }

  /** Path of a noted directory as names from the root. */
  pathOfDirectory(ino: bigint, root: bigint): Bytes[] {
    const names: Bytes[] = [];
    for (let at = ino; at !== root; ) {
      const place = this.#places.get(at);
      if (!place) throw new Error(`directory ${at} was never noted`);
      names.unshift(place.name);
      at = place.parent;
    }
    return names;
  }
}
