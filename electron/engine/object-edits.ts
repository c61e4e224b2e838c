import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { ABSENT, Code, type Parent } from '../../shared/merge/tree.ts';
import { Listed } from './listing.ts';
import { Flag } from './object-columns.ts';
import { ObjectTable } from './objects.ts';

export type ObjectChange = 'new' | 'changed' | 'gone';

/** What a directory's children depend on, beside the directories that merge in it. */
const INHERITED = Flag.certain | Flag.whole | Flag.xwhiteouts | Flag.shared | Flag.assumed;

type Before = { isDir: boolean; isMerged: boolean; flags: number; stack: Parent };

/** Changes of the merged tree after raw entries changed. An object keeps its id for as long as its name stands. */
export class ObjectEdits extends ObjectTable {
  /** Directories that are to be merged again. */
  #todo: number[] = [];
  /** Upper directories whose own marks changed: what they hold is looked up anew. */
  #remarked: ReadonlySet<number> = new Set();
  #told: (id: number, change: ObjectChange) => void = () => {};

  /**
   * Looks up these names of a merged directory anew, and all below that follows from them. `remarked`: raw directories
   * whose marks changed. `told` is called with each object that came, may be another, or is about to go.
   */
  lookAgain(
    id: number,
    names: Iterable<Bytes>,
    remarked: ReadonlySet<number>,
    told: (id: number, change: ObjectChange) => void,
  ): void {
    this.#remarked = remarked;
    this.#told = told;
    const stack = this.stack(id);
    const look = this.#looking(id, stack);
    for (const name of names) {
      let first: { entry: number; at: number } | null = null;
      for (const [at, component] of [stack.upper, ...stack.lowers].entries()) {
        const entry = component < 0 ? ABSENT : this.entries.findName(component, name);
        if (entry < 0) continue;
        first = { entry, at };
        break;
      }
      if (first) look(name, first.entry, first.at);
      else this.#drop(id, name);
    }
    for (let next = this.#todo.pop(); next !== undefined; next = this.#todo.pop()) this.#mergeAgain(next);
  }

  /** The root's own marks changed. */
  lookAgainAtRoot(remarked: ReadonlySet<number>, told: (id: number, change: ObjectChange) => void): void {
    this.#todo.push(0);
    this.lookAgain(0, [], remarked, told);
  }

  /** Id of the object at a path; null where there is none. */
  at(path: Bytes): number | null {
    let id = 0;
    for (const name of path === '' ? [] : path.split('/')) {
      const child = this.isDir(id) ? this.#names(id).get(asBytes(name)) : undefined;
      if (child === undefined) return null;
      id = child;
    }
    return id;
  }

  #names(id: number): Map<Bytes, number> {
    let names = this.named.get(id);
    if (!names) {
      names = new Map();
      for (const child of this.children(id)) names.set(this.name(child), child);
      this.named.set(id, names);
    }
    return names;
  }

  /** What looks up a name of this directory, of which the topmost entry is known, and that it stands in a component. */
  #looking(id: number, stack: Parent): (name: Bytes, entry: number, at: number) => void {
    const components = [stack.upper, ...stack.lowers];
    const whole = components.findIndex((component) => !this.isReadWhole(component));
    const beyond = whole < 0 ? components.length : whole;
    const listing = this.listingOf(id);
    const names = this.#names(id);
    const certain = this.isCertain(id);
    return (name, entry, at) => {
      const known = names.get(name);
      const child = known ?? this.reserve(1);
      const before = known === undefined ? null : this.#before(child);
      if (known === undefined) names.set(name, child);
      const found = this.lookup.run(stack, entry, null, at <= beyond ? at : -1, certain, null);
      if (found.top === ABSENT) found.top = entry;
      this.put(child, id, found, components[at] as number, before !== null, listing);
      this.#told(child, before === null ? 'new' : 'changed');
      this.#follow(child, before);
    };
  }

  #before(id: number): Before {
    return {
      isDir: this.isDir(id),
      isMerged: this.isMerged(id),
      flags: (this.flags[id] as number) & INHERITED,
      stack: this.stack(id),
    };
  }

  /** What follows below an object that was looked up. */
  #follow(id: number, before: Before | null): void {
    if (!this.isDir(id)) {
      if (before?.isDir) this.#dropChildren(id);
      return;
    }
    const stack = this.stack(id);
    const isSame =
      before?.isDir === true &&
      before.isMerged &&
      before.flags === ((this.flags[id] as number) & INHERITED) &&
      before.stack.upper === stack.upper &&
      before.stack.lowers.length === stack.lowers.length &&
      before.stack.lowers.every((lower, i) => lower === stack.lowers[i]);
    if (isSame && !this.#remarked.has(stack.upper)) this.flags[id] = (this.flags[id] as number) | Flag.merged;
    else this.#todo.push(id);
  }

  #mergeAgain(id: number): void {
    const old = this.#names(id);
    if (old.size === 0) {
      this.named.delete(id);
      this.merge(id);
      this.#tellBelow(id);
      return;
    }
    const stack = this.stack(id);
    const { names, firstAt } = this.union.of([stack.upper, ...stack.lowers]);
    const gone = new Set(old.keys());
    const look = this.#looking(id, stack);
    for (const [i, entry] of names.entries()) {
      const name = this.entries.name(entry);
      gone.delete(name);
      look(name, entry, firstAt[i] as number);
    }
    for (const name of gone) this.#drop(id, name);
    this.flags[id] = (this.flags[id] as number) | Flag.merged;
  }

  #tellBelow(id: number): void {
    const todo = [...this.children(id)];
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      this.#told(at, 'new');
      for (const child of this.children(at)) todo.push(child);
    }
  }

  #drop(parent: number, name: Bytes): void {
    const names = this.#names(parent);
    const id = names.get(name);
    if (id === undefined) return;
    this.#dropChildren(id);
    this.#told(id, 'gone');
    names.delete(name);
    this.#void(id);
  }

  #dropChildren(top: number): void {
    const all = [...this.children(top)];
    for (let i = 0; i < all.length; i++) for (const child of this.children(all[i] as number)) all.push(child);
    for (const id of all) this.#told(id, 'gone');
    for (const id of all) this.#void(id);
    this.named.delete(top);
    this.firsts[top] = 0;
    this.counts[top] = 0;
  }

  #void(id: number): void {
    this.tops[id] = ABSENT;
    this.codes[id] = Code.ENOENT;
    this.listed[id] = Listed.no;
    this.flags[id] = Flag.gone | Flag.certain;
    this.stackAt[id] = -1;
    this.firsts[id] = 0;
    this.counts[id] = 0;
    this.named.delete(id);
    this.dataOf.delete(id);
    this.goneCount++;
  }
}
