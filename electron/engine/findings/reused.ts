import type { FormerOwner } from '../../../shared/findings/index.ts';
import { hexOfArray } from '../../../shared/xattrs/index.ts';
import type { StackScan } from '../scan.ts';
import { Sieve } from './around.ts';

/** Filesystems that give no number twice: btrfs counts on in each subvolume, tmpfs for as long as it is mounted. */
const NEVER_REUSES = new Set(['btrfs', 'tmpfs']);

/**
 * Entries that have the number of a deleted inode: an origin's handle names inode and generation, and where it opens
 * nothing while the number stands in a layer of that filesystem, it stands there with another generation
 * (ESTALE from open_by_handle_at).
 */
export function reusedNumbers(scan: StackScan): Map<number, FormerOwner[]> {
  const { entries, origins, stack } = scan;
  const found = new Map<number, FormerOwner[]>();
  const superblock = new Map(stack.facts.layers.map(({ layer, dev }) => [layer, dev]));
  const typeOf = new Map(stack.facts.layers.map(({ layer, fs }) => [layer, fs.type]));
  const gone = new Map<string, FormerOwner[]>();
  const sieve = new Sieve();
  for (const [entry, { state, ino, layer }] of origins.facts) {
    if (state !== 'stale' || ino === null || layer < 0 || NEVER_REUSES.has(typeOf.get(layer) ?? '')) continue;
    const dev = superblock.get(layer) ?? null;
    if (dev === null) continue;
    const value = entries.xattr(entry, 'origin');
    const owner: FormerOwner = {
      path: entries.path(entry),
      ino,
      handle: value ? hexOfArray(value, 0, value.length) : null,
      from: 'origin',
    };
    const key = `${dev} ${ino}`;
    gone.set(key, [...(gone.get(key) ?? []), owner]);
    sieve.add(Number(ino & 0xffffffffn));
  }
  if (gone.size === 0) return found;
  for (let entry = 0; entry < entries.count; entry++) {
    if (!sieve.has(entries.inoLow(entry)) || !entries.hasNumber(entry)) continue;
    const dev = superblock.get(entries.layers[entry] as number) ?? null;
    const owners = gone.get(`${dev} ${entries.ino(entry)}`);
    if (owners) found.set(entry, owners);
  }
  return found;
}
