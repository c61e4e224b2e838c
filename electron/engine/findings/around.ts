import type { EntryView, Other } from '../../../shared/findings/index.ts';
import { Kind, MarkBit } from '../../../shared/merge/marks.ts';
import type { Describer } from '../describe.ts';
import type { StackScan } from '../scan.ts';

/** What findings need of entries and their neighbours. */

/** The entry as a finding sees it. */
export function viewOf({ entries }: StackScan, describer: Describer, entry: number): EntryView {
  return {
    layer: entries.layer(entry),
    path: entries.path(entry),
    type: describer.type(entry),
    dev: entries.dev(entry),
    ino: entries.ino(entry),
    nlink: entries.nlink(entry),
    size: entries.size(entry),
    mode: entries.mode(entry),
    uid: entries.uid(entry),
    gid: entries.gid(entry),
    mtimeNs: entries.mtimeNs(entry),
    blocks: entries.blocks(entry),
    hasOrigin: (entries.marks(entry) & MarkBit.origin) !== 0,
  };
}

/**
 * The topmost lower entry at the path of an object that the upper decides, if it is of the same type: of a directory
 * the one that merges, of anything else the one that it hides; -1 where there is none.
 */
export function beneath({ objects, entries }: StackScan, id: number): number {
  const top = objects.tops[id] as number;
  if (id === 0 || top < 0 || entries.layers[top] !== 0 || objects.isWhiteout(id)) return -1;
  if (objects.isDir(id)) return objects.stack(id).lowers.find((component) => component >= 0) ?? -1;
  for (const component of objects.stack(objects.parents[id] as number).lowers) {
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
