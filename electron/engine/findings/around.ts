import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { EntryView, Other } from '../../../shared/findings/index.ts';
import { Kind, MarkBit } from '../../../shared/merge/marks.ts';
import type { Describer } from '../describe.ts';
import type { StackScan } from '../scan.ts';

/** What findings need of entries and their neighbours. */

/** An entry as a finding sees it: read when asked for, since most are asked for little. */
export class SeenEntry implements EntryView {
  readonly #scan: StackScan;
  readonly #describer: Describer;
  readonly #entry: number;

  constructor(scan: StackScan, describer: Describer, entry: number) {
    this.#scan = scan;
    this.#describer = describer;
    this.#entry = entry;
  }

  get layer(): number {
    return this.#scan.entries.layer(this.#entry);
  }
  get path(): Bytes {
    return this.#scan.entries.path(this.#entry);
  }
  get type(): EntryView['type'] {
    return this.#describer.type(this.#entry);
  }
  get dev(): string {
    return this.#scan.entries.dev(this.#entry);
  }
  get ino(): bigint {
    return this.#scan.entries.ino(this.#entry);
  }
  get nlink(): number {
    return this.#scan.entries.nlink(this.#entry);
  }
  get size(): bigint {
    return this.#scan.entries.size(this.#entry);
  }
  get mode(): number {
    return this.#scan.entries.mode(this.#entry);
  }
  get uid(): number {
    return this.#scan.entries.uid(this.#entry);
  }
  get gid(): number {
    return this.#scan.entries.gid(this.#entry);
  }
  get mtimeNs(): bigint {
    return this.#scan.entries.mtimeNs(this.#entry);
  }
  get btimeNs(): bigint | null {
    return this.#scan.entries.btimeNs(this.#entry);
  }
  get blocks(): bigint {
    return this.#scan.entries.blocks(this.#entry);
  }
  get hasOrigin(): boolean {
    return (this.#scan.entries.marks(this.#entry) & MarkBit.origin) !== 0;
  }
}

/**
 * The topmost lower entry at the path of an object that the upper decides, if it is of the same type: of a directory
 * the one that merges, of anything else the one that it hides; -1 where there is none.
 */
export function beneath({ objects, entries }: StackScan, id: number): number {
  const top = objects.tops[id] as number;
  if (id === 0 || top < 0 || entries.layers[top] !== 0 || objects.isWhiteout(id)) return -1;
  if (objects.isDir(id)) return objects.stack(id).lowers.find((component) => component >= 0) ?? -1;
  const parent = objects.parents[id] as number;
  // A directory of the upper alone hides nothing.
  if (objects.isSingle(parent)) return -1;
  for (const component of objects.stack(parent).lowers) {
    if (component < 0) continue;
    const entry = entries.findLike(component, top);
    if (entry < 0) continue;
    const isWhiteout = (entries.marks(entry) & (MarkBit.whiteout | MarkBit.xattrWhiteout)) !== 0;
    return entries.kind(entry) === entries.kind(top) && !isWhiteout && entries.hasNumber(entry) ? entry : -1;
  }
  return -1;
}

/** Other objects as evidence names them. */
export const othersOf = ({ objects, entries }: StackScan, ids: readonly number[]): Other[] =>
  ids.map((id) => {
    const top = objects.tops[id] as number;
    return { path: objects.path(id), layer: entries.layer(top), ino: entries.ino(top) };
  });

/** An entry that is neither a directory nor a whiteout. */
export const isFileLike = ({ entries }: StackScan, entry: number): boolean =>
  entries.kind(entry) !== Kind.dir && (entries.marks(entry) & (MarkBit.whiteout | MarkBit.xattrWhiteout)) === 0;

/** A sieve over the low bits of inode numbers: one look dismisses most entries. */
export class Sieve {
  readonly #bits = new Uint8Array(1 << 16);
  add(inoLow: number): void {
    this.#bits[inoLow & 0xffff] = 1;
  }
  has(inoLow: number): boolean {
    return this.#bits[inoLow & 0xffff] === 1;
  }
}
