import { MarkBit } from '../../../shared/merge/marks.ts';
import { Code } from '../../../shared/merge/tree.ts';
import type { Describer } from '../describe.ts';
import type { StackScan } from '../scan.ts';

/**
 * Objects of different files that show one st_dev and st_ino, each with all of its group. It can happen only where one
 * filesystem id holds several numberings: subvolumes, or an inner overlay.
 */
export function sameNumbers(scan: StackScan, describer: Describer): Map<number, readonly number[]> {
  const groups = new Map<number, readonly number[]>();
  const mixed = mixedFilesystems(scan);
  if (mixed.size === 0) return groups;
  const { objects, entries, stack } = scan;
  const nested = new Set(stack.facts.layers.filter(({ fs }) => fs.type === 'overlay').map(({ layer }) => layer));
  const first = new Map<string, number>();
  const many = new Map<string, number[]>();
  for (let id = 0; id < objects.count; id++) {
    if (!objects.isCertain(id) || objects.codes[id] !== Code.ok || objects.isWhiteout(id)) continue;
    const top = describer.shown(id);
    if (top < 0 || entries.marks(top) & MarkBit.covered) continue;
    const numbers = describer.inodes.of(id);
    if (numbers === 'unknown' || numbers.shown.ino === null || !mixed.has(numbers.source.from.fsid)) continue;
    const key = `${numbers.shown.dev} ${numbers.shown.ino}`;
    const one = first.get(key);
    if (one === undefined) first.set(key, id);
    else {
      const group = many.get(key);
      if (group) group.push(id);
      else many.set(key, [one, id]);
    }
  }
  /** What tells files apart. On an inner overlay numbers do not, but a file of one name is no other. */
  const identity = (id: number): string => {
    const entry = describer.shown(id);
    const isOwn = nested.has(entries.layer(entry)) && entries.nlink(entry) < 2;
    return isOwn ? `entry ${entry}` : `${entries.dev(entry)} ${entries.ino(entry)}`;
  };
  for (const ids of many.values()) if (new Set(ids.map(identity)).size > 1) for (const id of ids) groups.set(id, ids);
  return groups;
}

/** Filesystem ids on which entries of several devices stand, or those of an inner overlay. */
function mixedFilesystems({ entries, stack }: StackScan): Set<number> {
  const mixed = new Set<number>();
  const groups: (number | undefined)[] = [];
  for (const { layer, role, fs } of stack.facts.layers) {
    const fsid = stack.inodes.fsids[layer];
    if (role === 'data' || typeof fsid !== 'number') continue;
    groups[layer] = fsid;
    if (fs.type === 'overlay') mixed.add(fsid);
  }
  for (const [fsid, devices] of entries.devicesOf(Array.from(groups))) if (devices.size > 1) mixed.add(fsid);
  return mixed;
}
