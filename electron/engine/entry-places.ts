import { NO_DIRECTORY } from '../../shared/ipc/records.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import type { HiddenTree } from './hidden.ts';
import type { StackScan } from './scan.ts';

/** So few children, or for so few questions, names are compared one by one. */
const FEW_CHILDREN = 64;
const FEW_QUESTIONS = 8;

/**
 * Which merged paths raw entries stand at, used or hidden: the way back from an entry to the objects whose
 * `HiddenTree.entriesAt` holds it. For some entries at a time: what they need is found in one pass over the objects.
 */
export class EntryPlaces {
  readonly #scan: StackScan;
  readonly #tree: HiddenTree;
  /** Objects by directory that merges in them, of the wanted directories alone. */
  readonly #merging = new Map<number, number[]>();
  readonly #known = new Map<number, readonly number[]>();
  readonly #names = new Map<number, { asked: number; byName: Map<string, number[]> | null }>();

  /** `wanted`: entries that places will be asked for. */
  constructor(scan: StackScan, tree: HiddenTree, wanted: ReadonlySet<number>) {
    this.#scan = scan;
    this.#tree = tree;
    this.#pass(wanted);
  }

  /** One pass over the objects: whose top is wanted, and where directories merge that are wanted or lie above. */
  #pass(wanted: ReadonlySet<number>): void {
    const { objects, entries } = this.#scan;
    const directories = new Set<number>();
    for (const entry of wanted) {
      if (entries.kind(entry) === Kind.dir) directories.add(entry);
      for (let at = this.#parent(entry); at >= 0 && !directories.has(at); at = this.#parent(at)) directories.add(at);
    }
    const note = (entry: number, id: number): void => {
      const ids = this.#merging.get(entry);
      if (ids) ids.push(id);
      else this.#merging.set(entry, [id]);
    };
    for (let id = 0; id < objects.count; id++) {
      if (!objects.isDir(id)) {
        if (wanted.has(objects.tops[id] as number)) note(objects.tops[id] as number, id);
        continue;
      }
      const { upper, lowers } = objects.stack(id);
      for (const component of [upper, ...lowers]) if (component >= 0 && directories.has(component)) note(component, id);
    }
    if (wanted.size === 0) return;
    for (const [id, entry] of objects.dataElsewhere) if (wanted.has(entry)) note(entry, id);
    for (const [id, entry] of objects.indexedNames) if (entry !== null && wanted.has(entry)) note(entry, id);
    // A metacopy in the middle of a chain, under another name, is found by the lookup alone.
    const isChained = [...wanted].some(
      (entry) => entries.marks(entry) & MarkBit.metacopy && entries.layer(entry) !== 0,
    );
    if (!isChained) return;
    const chains = MarkBit.metacopy | MarkBit.redirect;
    for (let id = 1; id < objects.count; id++) {
      const top = objects.tops[id] as number;
      if (top < 0 || objects.isDir(id) || (entries.marks(top) & chains) !== chains) continue;
      const { lowers } = objects.lookup.run(objects.stack(objects.parents[id] as number), top, null, -1, true, null);
      for (const lower of lowers) if (lower >= 0 && wanted.has(lower)) note(lower, id);
    }
  }

  /** Entry of the directory that holds an entry; −1 for a layer's root. */
  #parent(entry: number): number {
    const { entries } = this.#scan;
    const directory = entries.parents[entry] as number;
    return directory === NO_DIRECTORY ? -1 : (entries.directoryEntry[directory] as number);
  }

  /** Ids of the objects, visible or hidden, whose entries this one is among. */
  of(entry: number): readonly number[] {
    // From the layer's root down, so that what is asked of parents is known, however deep it lies.
    const chain: number[] = [];
    for (let at = entry; at >= 0 && !this.#known.has(at); at = this.#parent(at)) chain.push(at);
    for (const at of chain.reverse()) this.#known.set(at, this.#placesOf(at));
    return this.#known.get(entry) ?? [];
  }

  #placesOf(entry: number): readonly number[] {
    const out = new Set(this.#merging.get(entry));
    const parent = this.#parent(entry);
    if (parent < 0) return [...out];
    for (const at of this.#known.get(parent) ?? [])
      for (const id of this.#named(at, entry))
        if (!out.has(id) && this.#tree.entriesAt(id).some((one) => one.entry === entry)) out.add(id);
    return [...out];
  }

  /** Children of an object with the entry's name: a visible one, or a hidden one. */
  #named(at: number, entry: number): number[] {
    const { entries } = this.#scan;
    const children = this.#childrenOf(at);
    const asked = this.#names.get(at) ?? { asked: 0, byName: null };
    this.#names.set(at, asked);
    asked.asked++;
    if (children.length <= FEW_CHILDREN || asked.asked <= FEW_QUESTIONS) {
      return children.filter((id) => {
        const top = this.#top(id);
        return top >= 0 && entries.sameName(top, entry);
      });
    }
    if (asked.byName === null) {
      asked.byName = new Map();
      for (const id of children) {
        const name = this.#tree.name(id);
        asked.byName.set(name, [...(asked.byName.get(name) ?? []), id]);
      }
    }
    return asked.byName.get(entries.name(entry)) ?? [];
  }

  #top(id: number): number {
    return this.#tree.has(id) ? this.#tree.top(id) : (this.#scan.objects.tops[id] as number);
  }

  #childrenOf(at: number): number[] {
    const { objects } = this.#scan;
    const out: number[] = [];
    if (!this.#tree.has(at)) for (const child of objects.children(at)) out.push(child);
    out.push(...this.#tree.children(at));
    return out;
  }
}
