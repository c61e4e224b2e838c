import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { RawPlace } from '../../../shared/live/raw.ts';
import type { Key } from './keys.ts';

/** A directory of a watched layer. Its path follows from its parents, so that moving one moves all below it. */
export type Directory = {
  readonly key: Key;
  readonly layer: number;
  /** Null for the layer's root, and once it has left the layer. */
  parent: Directory | null;
  name: Bytes;
  isRoot: boolean;
  /** By name, where the map keeps them. */
  children: Map<Bytes, Directory> | null;
};

/**
 * The directories of watched layers by their keys: what tells whether a record concerns the stack, and under which
 * path. Records keep it up to date. A directory may be in several layers, of one stack or of several.
 */
export class DirectoryMap {
  readonly #byKey = new Map<Key, Directory | Directory[]>();
  readonly #keepsChildren: boolean;

  /** `keepsChildren`: directories are found by name too, where records do not tell of which they are. */
  constructor(keepsChildren = false) {
    this.#keepsChildren = keepsChildren;
  }

  get size(): number {
    return this.#byKey.size;
  }

  addRoot(layer: number, key: Key): Directory {
    return this.#add({ key, layer, parent: null, name: asBytes(''), isRoot: true, children: null });
  }

  /** Adds a directory below another, or moves it there where it is known in that layer. */
  put(parent: Directory, name: Bytes, key: Key): Directory {
    const known = this.at(key).find((one) => one.layer === parent.layer);
    if (known?.isRoot) return known;
    if (known) this.#leave(known);
    const directory = known ?? this.#add({ key, layer: parent.layer, parent, name, isRoot: false, children: null });
    directory.parent = parent;
    directory.name = name;
    if (this.#keepsChildren) {
      parent.children ??= new Map();
      parent.children.set(name, directory);
    }
    return directory;
  }

  /** The directory of this name below another; undefined where there is none, or nobody keeps them. */
  child(parent: Directory, name: Bytes): Directory | undefined {
    return parent.children?.get(name);
  }

  #leave(directory: Directory): void {
    const { parent, name } = directory;
    if (parent?.children?.get(name) === directory) parent.children.delete(name);
  }

  #add(directory: Directory): Directory {
    const there = this.#byKey.get(directory.key);
    if (there === undefined) this.#byKey.set(directory.key, directory);
    else if (Array.isArray(there)) there.push(directory);
    else this.#byKey.set(directory.key, [there, directory]);
    return directory;
  }

  /** Every directory that this key stands for, in one layer or several; most keys are of none. */
  at(key: Key): readonly Directory[] {
    const there = this.#byKey.get(key);
    return there === undefined ? [] : Array.isArray(there) ? there : [there];
  }

  has(key: Key): boolean {
    return this.#byKey.has(key);
  }

  /** The directory was removed or has left the layer; what is below it is forgotten when it is next met. */
  drop(directory: Directory): void {
    this.#leave(directory);
    directory.parent = null;
    if (directory.isRoot) return;
    const rest = this.at(directory.key).filter((one) => one !== directory);
    if (rest.length === 0) this.#byKey.delete(directory.key);
    else this.#byKey.set(directory.key, rest.length === 1 ? (rest[0] as Directory) : rest);
  }

  /** Where a name in the directory lies; the empty name: the directory itself. Null where it has left the layer. */
  placeOf(directory: Directory, name: Bytes): RawPlace | null {
    let path = name as string;
    let at = directory;
    while (!at.isRoot) {
      path = path === '' ? at.name : `${at.name}/${path}`;
      if (at.parent === null) {
        this.drop(directory);
        return null;
      }
      at = at.parent;
    }
    return { layer: directory.layer, path: asBytes(path) };
  }

  /** Forgets all of a layer, before it is read again. */
  clear(): void {
    this.#byKey.clear();
  }
}
