import type { OtherName } from '../../../shared/findings/index.ts';
import { MarkBit } from '../../../shared/merge/marks.ts';
import { ABSENT } from '../../../shared/merge/tree.ts';
import type { StackScan } from '../scan.ts';
import { beneath, isFileLike, Sieve } from './around.ts';

/** All names of the lower inodes that an upper name without origin hides, of those that have several. */
export class SplitLinks {
  readonly #scan: StackScan;
  /** Lower entries by inode. */
  readonly #names = new Map<string, number[]>();
  /** The object at whose path an entry stands, for those in `#names`. */
  readonly #objects = new Map<number, number>();

  constructor(scan: StackScan) {
    this.#scan = scan;
    const { objects, entries } = scan;
    const sieve = new Sieve();
    const keyOf = (entry: number): string => `${entries.dev(entry)}:${entries.ino(entry)}`;
    for (let id = 1; id < objects.count; id++) {
      const top = objects.tops[id] as number;
      if (top < 0 || entries.layers[top] !== 0 || (entries.markBits[top] as number) & MarkBit.origin) continue;
      if (!isFileLike(scan, top)) continue;
      const hidden = beneath(scan, id);
      if (hidden < 0 || entries.nlink(hidden) < 2) continue;
      sieve.add(entries.inoLow(hidden));
      this.#names.set(keyOf(hidden), []);
      this.#objects.set(hidden, id);
    }
    if (this.#names.size === 0) return;
    for (let entry = 0; entry < entries.count; entry++) {
      if (entries.layers[entry] === 0 || !sieve.has(entries.inoLow(entry)) || !isFileLike(scan, entry)) continue;
      this.#names.get(keyOf(entry))?.push(entry);
    }
    const wanted = new Set([...this.#names.values()].flat());
    for (let id = 1; id < objects.count; id++) {
      const top = objects.tops[id] as number;
      if (top < 0 || !sieve.has(entries.inoLow(top))) continue;
      if (wanted.has(top) && !objects.isWhiteout(id)) this.#objects.set(top, id);
    }
  }

  /** The other names of a lower inode, those that are seen in the mount first. */
  of(lower: number): OtherName[] {
    const { entries } = this.#scan;
    if (lower === ABSENT) return [];
    const all = this.#names.get(`${entries.dev(lower)}:${entries.ino(lower)}`) ?? [];
    const others = all.filter((entry) => entry !== lower).map((entry) => this.#name(entry));
    return [...others.filter(({ visible }) => visible), ...others.filter(({ visible }) => !visible)];
  }

  /** One of perhaps thousands, of which few are named: its path is made when it is read. */
  #name(entry: number): OtherName {
    const { objects, entries } = this.#scan;
    const id = this.#objects.get(entry);
    const top = id === undefined ? ABSENT : (objects.tops[id] as number);
    return {
      get path() {
        return id === undefined ? entries.path(entry) : objects.path(id);
      },
      layer: entries.layer(entry),
      ino: entries.ino(entry),
      visible: id !== undefined,
      upperIno: top >= 0 && entries.layers[top] === 0 ? entries.ino(top) : null,
    };
  }
}
