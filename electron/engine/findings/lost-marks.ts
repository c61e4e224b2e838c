import type { LostMark } from '../../../shared/findings/index.ts';
import { ItemKind } from '../../../shared/ipc/records.ts';
import { Kind, MarkBit } from '../../../shared/merge/marks.ts';
import type { StackScan } from '../scan.ts';
import { beneath } from './around.ts';

/** Filesystems on which an upper can have the marks at all. */
const WITH_XATTRS = /^(ext[234]|xfs|btrfs|f2fs|tmpfs|zfs|bcachefs|ocfs2|ubifs|jfs|reiserfs)$/;

/** Marks that hide or lead elsewhere: where they do not count, the tree is another. */
const STRUCTURE = ['opaque', 'redirect', 'metacopy', 'whiteout'];
const MOVED = MarkBit.opaque | MarkBit.redirect | MarkBit.metacopy;

const SECOND = 1_000_000_000n;
/** Whether a copy has the time of what it was copied from; tar keeps whole seconds. */
const isSameTime = (copy: bigint, original: bigint): boolean =>
  copy === original || (copy % SECOND === 0n && copy / SECOND === original / SECOND);

/** A file below this may hold its bytes in its inode (ext4 inline_data), and so has no block. */
const INLINE = 4096n;

/**
 * Signs in the upper that marks were lost. What a whole upper says is said only where all of it was read, its marks
 * too.
 *
 * The kernel writes a whiteout only into a directory that merges, and that one was copied up with an origin (one of
 * length zero where the lower gives no handle), or is opaque, or was moved with a redirect. Only the root has none. A
 * lookup writes a missing origin to a directory that merges (namei.c:ovl_fix_origin), so in a mount that was looked
 * through since, its directories say nothing any more: files still do.
 */
export class LostMarks {
  readonly #scan: StackScan;
  /** A whiteout in each unmarked directory of the upper that holds one, by the directory's entry. */
  readonly #inside = new Map<number, number>();
  #whiteouts = 0;
  /** Something in the upper shows that marks were kept. */
  #kept = false;
  readonly #judges: boolean;

  constructor(scan: StackScan) {
    this.#scan = scan;
    const { entries, stack, layers } = scan;
    const upper = stack.facts.layers.find(({ role }) => role === 'upper');
    const isRead = scan.phase === 'ready' && layers.every(({ layer, error }) => layer !== 0 || error === null);
    this.#judges =
      upper !== undefined &&
      isRead &&
      !entries.blindLayers.has(0) &&
      stack.marks !== 'none' &&
      WITH_XATTRS.test(upper.fs.type);
    if (!this.#judges) return;
    for (let entry = 0; entry < entries.count; entry++) {
      if (entries.layers[entry] !== 0) continue;
      const marks = entries.markBits[entry] as number;
      if (marks & MarkBit.unknown) this.#kept = true;
      if (marks & MOVED || (marks & MarkBit.origin && entries.kind(entry) !== Kind.dir)) this.#kept = true;
      if (!(marks & MarkBit.whiteout)) continue;
      this.#whiteouts++;
      const directory = entries.directoryEntry[entries.parents[entry] as number] as number | undefined;
      if (directory === undefined || directory === scan.root(0) || this.#inside.has(directory)) continue;
      if (!(entries.marks(directory) & (MOVED | MarkBit.origin | MarkBit.unknown))) this.#inside.set(directory, entry);
    }
  }

  /** It is an unmarked directory of the upper that holds a whiteout. */
  holdsWhiteout(entry: number): boolean {
    return this.#inside.has(entry);
  }

  /** Why the object's marks are taken for lost; null where they are not. */
  of(id: number): LostMark | null {
    const { objects, entries } = this.#scan;
    const top = objects.tops[id] as number;
    if (id === 0 || top < 0 || objects.isWhiteout(id)) return null;
    const prefix = this.#otherPrefix(top);
    if (prefix) return prefix;
    if (!this.#judges || entries.layers[top] !== 0 || entries.marks(top) & (MarkBit.unknown | MarkBit.origin))
      return null;
    if (objects.isDir(id)) {
      const whiteout = this.#inside.get(top);
      if (whiteout !== undefined) return { sign: 'whiteout-inside', whiteout: entries.path(whiteout) };
      const merges = objects.stack(id).lowers.some((component) => component >= 0);
      if (!merges || this.#kept || this.#whiteouts === 0) return null;
      return { sign: 'merged-unmarked', whiteouts: this.#whiteouts };
    }
    if (entries.marks(top) & MarkBit.metacopy || entries.nlink(top) > 1) return null;
    return this.#file(id, top);
  }

  #file(id: number, top: number): LostMark | null {
    const { entries } = this.#scan;
    const lower = beneath(this.#scan, id);
    if (lower < 0 || entries.nlink(lower) > 1 || entries.size(lower) !== entries.size(top)) return null;
    const size = entries.size(top);
    if (entries.kind(top) === Kind.file && size > INLINE && entries.blocks(top) === 0n && entries.blocks(lower) > 0n)
      return { sign: 'holes' };
    if (this.#kept || this.#whiteouts === 0 || !isSameTime(entries.mtimeNs(top), entries.mtimeNs(lower))) return null;
    // user.* stands on files and directories alone: nothing else ever had a mark.
    if (this.#scan.stack.options.userxattr && entries.kind(top) !== Kind.file) return null;
    const isSame =
      entries.mode(top) === entries.mode(lower) &&
      entries.uid(top) === entries.uid(lower) &&
      entries.gid(top) === entries.gid(lower);
    return isSame ? null : { sign: 'copied-unmarked' };
  }

  /** Marks under the prefix that this mount does not read, where the same do not stand under its own. */
  #otherPrefix(entry: number): LostMark | null {
    const { entries, stack } = this.#scan;
    if (entries.itemsAt[entry] === 0) return null;
    const own = stack.prefix === 'user' ? ItemKind.user : stack.prefix === 'trusted' ? ItemKind.trusted : -1;
    const there = new Set<string>();
    const other = new Map<string, 'trusted' | 'user'>();
    entries.forEachItem(entry, (kind, name) => {
      if (kind !== ItemKind.user && kind !== ItemKind.trusted) return;
      if (kind === own) there.add(name);
      else if (STRUCTURE.includes(name)) other.set(name, kind === ItemKind.user ? 'user' : 'trusted');
    });
    const marks = [...other.keys()].filter((name) => !there.has(name));
    const [first] = marks;
    if (first === undefined) return null;
    return { sign: 'prefix', layer: entries.layer(entry), marks, prefix: other.get(first) as 'trusted' | 'user' };
  }
}
