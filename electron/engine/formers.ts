import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { ABSENT } from '../../shared/merge/tree.ts';
import type { StackScan } from './scan.ts';

/** A lower entry, and whether it is the one for certain. */
export type Found = { entry: number; isSure: boolean };

/**
 * Finds the lower inode that an upper one was copied from, where no mark tells: below the same path, or, where it was
 * renamed since, among what the upper hides. A copy-up keeps type, size and time of modification.
 */
export class Formers {
  readonly #scan: StackScan;
  #candidates: Map<string, number[]> | null = null;

  constructor(scan: StackScan) {
    this.#scan = scan;
  }

  /** Topmost lower entry that lies hidden at the same path, if it is of that type; else ABSENT. */
  beneath(id: number, top: number): number {
    const { objects, entries } = this.#scan;
    for (const component of objects.stack(objects.parents[id] as number).lowers) {
      if (component < 0) continue;
      const entry = entries.findLike(component, top);
      if (entry < 0) continue;
      return entries.kind(entry) === entries.kind(top) && entries.hasNumber(entry) ? entry : ABSENT;
    }
    return ABSENT;
  }

  /**
   * The entry, of one of `layers`, that the upper entry `top` of the object was copied from. `isSure`: it has its type,
   * size and time, so that it was. Null where there is none that it can have been, `several` where there are.
   */
  find(id: number, top: number, layers: ReadonlySet<number>): Found | 'several' | null {
    const { entries } = this.#scan;
    const found = this.beneath(id, top);
    const beneath = found >= 0 && layers.has(entries.layer(found)) ? found : ABSENT;
    const key = this.#key(top);
    const alike = (this.#hidden().get(key) ?? []).filter(
      (entry) => entry !== beneath && layers.has(entries.layer(entry)),
    );
    if (beneath >= 0 && this.#key(beneath) === key) alike.push(beneath);
    const [only, ...more] = alike;
    if (only !== undefined) return more.length === 0 ? { entry: only, isSure: true } : 'several';
    // It was changed since: only that there is nothing else tells.
    const kind = entries.kind(top);
    for (const list of this.#hidden().values())
      for (const entry of list)
        if (entry !== beneath && entries.kind(entry) === kind && layers.has(entries.layer(entry))) return 'several';
    return beneath >= 0 ? { entry: beneath, isSure: false } : null;
  }

  /** The lower entry of this number in one of `layers`; null where there is none, `several` where filesystems differ. */
  numbered(ino: bigint, kind: number, layers: ReadonlySet<number>): number | 'several' | null {
    const { entries, stack } = this.#scan;
    let found: number | null = null;
    for (let entry = 0; entry < entries.count; entry++) {
      if (!layers.has(entries.layer(entry)) || entries.ino(entry) !== ino || entries.kind(entry) !== kind) continue;
      const { fsids } = stack.inodes;
      if (found !== null && fsids[entries.layer(found)] !== fsids[entries.layer(entry)]) return 'several';
      found = entry;
    }
    return found;
  }

  #key(entry: number): string {
    const { entries } = this.#scan;
    return `${entries.kind(entry)} ${entries.size(entry)} ${entries.mtimeNs(entry)}`;
  }

  /** Non-directories of lowers that no object shows and that no upper at their path was copied from, by `#key`. */
  #hidden(): Map<string, number[]> {
    if (this.#candidates) return this.#candidates;
    const { entries, objects } = this.#scan;
    const used = new Uint8Array(entries.count);
    for (let id = 0; id < objects.count; id++) {
      const top = objects.tops[id] as number;
      if (top < 0 || objects.isDir(id)) continue;
      used[top] = 1;
      if (entries.layer(top) !== 0 || objects.isWhiteout(id)) continue;
      const beneath = this.beneath(id, top);
      if (beneath >= 0 && this.#key(beneath) === this.#key(top)) used[beneath] = 1;
    }
    const out = new Map<string, number[]>();
    const whiteout = MarkBit.whiteout | MarkBit.xattrWhiteout;
    for (let entry = 0; entry < entries.count; entry++) {
      if (used[entry] || entries.layer(entry) === 0 || !entries.isPlaced(entry)) continue;
      if (entries.kind(entry) === Kind.dir) continue;
      // Of a hard link the number changed at its copy-up.
      if (!entries.hasNumber(entry) || entries.marks(entry) & whiteout || entries.nlink(entry) > 1) continue;
      const key = this.#key(entry);
      const list = out.get(key);
      if (list) list.push(entry);
      else out.set(key, [entry]);
    }
    this.#candidates = out;
    return out;
  }
}
