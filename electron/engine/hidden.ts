import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import type { EntryRole, HiddenBy, Provenance } from '../../shared/contract/scan.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import type { RuleId } from '../../shared/merge/rules.ts';
import { ABSENT, Code } from '../../shared/merge/tree.ts';
import type { OriginFact } from './origin-facts.ts';
import type { StackScan } from './scan.ts';

/** One entry of an object: what it is for it, and what hides it. */
export type Placed = { entry: number; role: EntryRole; hiddenBy: HiddenBy | null };

/** A directory that stands at a merged path and is hidden there: what lies in it is hidden for the same reason. */
type Shadow = { entry: number; hiddenBy: HiddenBy };

type HiddenObject = { parent: number; shadows: Shadow[] };

/** An inode number as `EntryColumns.inoKey` has it. */
const keyOf = (ino: bigint): number | string =>
  ino >> 53n === 0n ? Number(ino) : `${ino >> 32n}:${ino & 0xffffffffn}`;

/** Ids of hidden objects begin here; those of visible ones lie below. */
const HIDDEN_BASE = 2 ** 30;

/**
 * What lies hidden: the entries of each path that are not used, and the paths that only hidden directories hold. Made
 * on demand and remembered.
 */
export class HiddenTree {
  readonly #scan: StackScan;
  readonly #objects: HiddenObject[] = [];
  readonly #children = new Map<number, number[]>();
  readonly #shadows = new Map<number, Shadow[]>();
  #byInode: Map<number | string, number[]> | null = null;

  constructor(scan: StackScan) {
    this.#scan = scan;
  }

  has(id: number): boolean {
    return id >= HIDDEN_BASE;
  }
  #at(id: number): HiddenObject {
    return this.#objects[id - HIDDEN_BASE] as HiddenObject;
  }
  top(id: number): number {
    return this.#at(id).shadows[0]?.entry ?? ABSENT;
  }
  parent(id: number): number {
    return this.has(id) ? this.#at(id).parent : (this.#scan.objects.parents[id] as number);
  }
  hiddenBy(id: number): HiddenBy {
    return this.#at(id).shadows[0]?.hiddenBy ?? 'stop';
  }
  /** What it would be without what hides it. */
  provenance(id: number): Provenance {
    const { entries } = this.#scan;
    const { shadows } = this.#at(id);
    const top = shadows[0];
    const isDir = top !== undefined && entries.kind(top.entry) === Kind.dir;
    return isDir && shadows.filter(({ entry }) => entries.kind(entry) === Kind.dir).length > 1 ? 'merged' : 'lower';
  }
  isDir(id: number): boolean {
    return this.#scan.entries.kind(this.top(id)) === Kind.dir;
  }

  name(id: number): Bytes {
    return this.has(id) ? this.#scan.entries.name(this.top(id)) : this.#scan.objects.name(id);
  }
  path(id: number): Bytes {
    const names: Bytes[] = [];
    let at = id;
    for (; this.has(at); at = this.parent(at)) names.push(this.name(at));
    if (at !== 0) names.push(this.#scan.objects.path(at));
    return asBytes(names.reverse().join('/'));
  }

  /** Every entry of the object's path, in layer order, with its role and what hides it. */
  entriesAt(id: number): Placed[] {
    if (this.has(id)) return this.#at(id).shadows.map(({ entry, hiddenBy }) => ({ entry, role: 'hidden', hiddenBy }));
    const { objects, entries } = this.#scan;
    if (id === 0) return this.#rootEntries();
    const top = objects.tops[id] as number;
    if (top < 0) return [];
    const parent = objects.parents[id] as number;
    const out = this.#own(id, parent, top);
    for (const shadow of this.shadows(parent)) {
      const entry = entries.findLike(shadow.entry, top);
      if (entry >= 0 && !out.some((one) => one.entry === entry))
        out.push({ entry, role: 'hidden', hiddenBy: shadow.hiddenBy });
    }
    this.#addOrigin(id, out);
    return out.sort((a, b) => entries.layer(a.entry) - entries.layer(b.entry));
  }

  #rootEntries(): Placed[] {
    const { objects } = this.#scan;
    const stack = objects.stack(0);
    return [stack.upper, ...stack.lowers]
      .filter((component) => component >= 0)
      .map((entry) => ({ entry, role: entry === objects.tops[0] ? 'object' : 'merged', hiddenBy: null }));
  }

  /** Entries in the parent's merged directories, and those that a redirect led to. */
  #own(id: number, parent: number, top: number): Placed[] {
    const { objects, entries } = this.#scan;
    const stack = objects.stack(parent);
    const rules = new Map<number, RuleId>();
    const found = objects.lookup.run(stack, top, null, -1, true, (_component, entry, rule) => {
      if (entry >= 0) rules.set(entry, rule);
    });
    const used = new Set<number>([found.upper, ...found.lowers, found.data].filter((entry) => entry >= 0));
    if (objects.codes[id] !== Code.ok && !found.isWhiteout) {
      used.clear();
      used.add(top);
    }
    const out: Placed[] = [];
    let reason: HiddenBy | null = null;
    for (const component of [stack.upper, ...stack.lowers]) {
      if (component < 0) continue;
      const entry = entries.findLike(component, top);
      if (entry < 0) continue;
      const rule = rules.get(entry);
      if (used.delete(entry)) {
        out.push({ entry, role: this.#role(entry, top, found), hiddenBy: null });
        reason = this.#reasonAfter(entry, rule, reason);
      } else if ((rule === 'whiteout' || rule === 'xattr-whiteout') && reason === null) {
        out.push({ entry, role: 'whiteout', hiddenBy: null });
        reason = 'whiteout';
      } else if (rule === 'directory-over-file') {
        out.push({ entry, role: 'hidden', hiddenBy: 'directory' });
        reason = 'stop';
      } else if (rule === 'metacopy-needs-file' || rule === 'metacopy') {
        out.push({ entry, role: 'hidden', hiddenBy: 'file' });
        if (rule === 'metacopy-needs-file') reason = 'stop';
      } else if (entry === top) {
        // It names the object, and nothing more can be said of it: another mount lies on it.
        out.push({ entry, role: 'object', hiddenBy: null });
      } else if (entries.marks(entry) & MarkBit.refused && entries.refusal(entry) === Code.ENOENT) {
        // Its layer, an overlay, lists a name that it does not have.
      } else {
        out.push({ entry, role: 'hidden', hiddenBy: reason ?? 'stop' });
      }
    }
    for (const entry of used) out.push({ entry, role: this.#role(entry, top, found), hiddenBy: null });
    return out;
  }

  #reasonAfter(entry: number, rule: RuleId | undefined, before: HiddenBy | null): HiddenBy | null {
    if (rule === 'opaque') return 'opaque';
    if (rule === 'redirect-relative' || rule === 'redirect-absolute') return 'redirect';
    if (this.#scan.entries.kind(entry) !== Kind.dir && rule !== 'metacopy') return 'file';
    return before;
  }

  #role(entry: number, top: number, found: { data: number; isDir: boolean }): EntryRole {
    if (entry === top) return 'object';
    if (found.isDir) return 'merged';
    return entry === found.data ? 'data' : 'origin';
  }

  /** The lower inode that gives the number of a copied-up object, wherever it stands. */
  #addOrigin(id: number, out: Placed[]): void {
    const { objects, entries, origins } = this.#scan;
    const top = objects.tops[id] as number;
    const alias = objects.indexed(id);
    if (alias !== undefined) {
      for (const one of out) if (one.entry === top) Object.assign(one, { role: 'origin', hiddenBy: 'file' });
      if (alias !== null && entries.isPlaced(alias)) out.push({ entry: alias, role: 'object', hiddenBy: null });
      return;
    }
    if (entries.layer(top) !== 0 || entries.kind(top) === Kind.dir || entries.marks(top) & MarkBit.metacopy) return;
    const fact = origins.facts.get(top);
    if (fact?.state !== 'verified' || fact.ino === null) return;
    const here = out.find(
      ({ entry }) => entries.ino(entry) === fact.ino && entries.dev(entry) === fact.dev && entry !== top,
    );
    if (here) {
      if (here.role === 'hidden') here.role = 'origin';
      return;
    }
    const entry = this.byInode(fact);
    if (entry !== null) out.push({ entry, role: 'origin', hiddenBy: null });
  }

  /** A lower entry that is this inode, or null where no layer shows it. */
  byInode({ ino, dev }: OriginFact): number | null {
    if (ino === null || dev === null) return null;
    this.#byInode ??= this.#indexInodes();
    const { entries } = this.#scan;
    return this.#byInode.get(keyOf(ino))?.find((entry) => entries.dev(entry) === dev) ?? null;
  }

  /** Lower entries by inode number, of those alone that an origin names. */
  #indexInodes(): Map<number | string, number[]> {
    const { entries, origins } = this.#scan;
    const sieve = new Uint8Array(1 << 16);
    const map = new Map<number | string, number[]>();
    for (const [, { ino, state }] of origins.facts) {
      if (ino === null || state !== 'verified') continue;
      sieve[Number(ino & 0xffffn)] = 1;
      map.set(keyOf(ino), []);
    }
    for (let entry = 0; entry < entries.count; entry++)
      if (entries.layers[entry] !== 0 && sieve[entries.inoLow(entry) & 0xffff] !== 0)
        map.get(entries.inoKey(entry))?.push(entry);
    return map;
  }

  /** Hidden directories at the object's path. They follow from those above it: the outermost is asked first. */
  shadows(id: number): Shadow[] {
    const unasked: number[] = [];
    for (let at = id; !this.#shadows.has(at); at = this.parent(at)) {
      unasked.push(at);
      if (at === 0 || this.has(at)) break;
    }
    for (let at = unasked.pop(); at !== undefined; at = unasked.pop()) this.#shadows.set(at, this.#shadowsOf(at));
    return this.#shadows.get(id) as Shadow[];
  }

  /** The same of one object, whose parent's stand already. */
  #shadowsOf(id: number): Shadow[] {
    const { entries, objects } = this.#scan;
    if (this.has(id)) return this.#at(id).shadows.filter(({ entry }) => entries.kind(entry) === Kind.dir);
    if (id === 0) return [];
    const isError = objects.codes[id] !== Code.ok && !objects.isWhiteout(id);
    const parent = objects.parents[id] as number;
    const isSingle = (directory: number): boolean => {
      const { upper, lowers } = objects.stack(directory);
      return lowers.length + (upper < 0 ? 0 : 1) === 1;
    };
    // Most directories stand in one layer, below a parent that does too: nothing can be hidden there.
    if (!isError && objects.isDir(id) && isSingle(id) && this.shadows(parent).length === 0 && isSingle(parent))
      return [];
    const out: Shadow[] = [];
    for (const { entry, role, hiddenBy } of this.entriesAt(id)) {
      if (entries.kind(entry) !== Kind.dir) continue;
      if (role === 'hidden' && hiddenBy) out.push({ entry, hiddenBy });
      else if (isError) out.push({ entry, hiddenBy: 'stop' });
    }
    return out;
  }

  /** Ids of the objects in this directory that only hidden directories hold. */
  children(id: number): number[] {
    const known = this.#children.get(id);
    if (known) return known;
    const { entries, objects } = this.#scan;
    const shadows = this.shadows(id);
    const out: number[] = [];
    if (shadows.length > 0) {
      const visible = new Set<string>();
      if (!this.has(id)) {
        for (const child of objects.children(id)) visible.add(objects.name(child));
      }
      const byName = new Map<string, Shadow[]>();
      for (const { entry: directoryEntry, hiddenBy } of shadows) {
        const directory = entries.directory(directoryEntry);
        if (directory === 0xffffffff) continue;
        for (const entry of entries.entriesOf(directory)) {
          const name = entries.name(entry);
          if (visible.has(name)) continue;
          const list = byName.get(name);
          if (list) list.push({ entry, hiddenBy });
          else byName.set(name, [{ entry, hiddenBy }]);
        }
      }
      for (const list of byName.values()) {
        out.push(HIDDEN_BASE + this.#objects.length);
        this.#objects.push({ parent: id, shadows: list });
      }
    }
    this.#children.set(id, out);
    return out;
  }
}
