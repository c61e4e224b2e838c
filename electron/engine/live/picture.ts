import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Asker, Below, Standing } from '../../../shared/live/asker.ts';
import type { Now } from '../../../shared/live/raw.ts';
import { Lookup } from '../../../shared/merge/lookup.ts';
import { Kind } from '../../../shared/merge/marks.ts';
import { ABSENT, Code, type OriginRules, type Parent } from '../../../shared/merge/tree.ts';
import { arrayOfHex, inodeOfFid } from '../../../shared/xattrs/handle.ts';
import type { StackScan } from '../scan.ts';
import { isUpperStanding, type MarkReading, standingOfNow } from './standing.ts';
import { type UpperNode, UpperTree } from './upper-tree.ts';

/** A stack as it stands between two records: the lowers as scanned, the upper as the records have left it. */
export class Picture implements Asker {
  readonly upper: UpperTree;
  readonly #scan: StackScan;
  readonly #lookup: Lookup;
  readonly #marks: MarkReading;
  readonly #fsType: string | null;
  #aside: UpperNode | null = null;
  readonly #doubtful = new Set<UpperNode>();
  /** The directories that merge at the path that was last asked for. */
  #last: { path: Bytes; generation: number; parent: Parent | null; isCertain: boolean } | null = null;

  /** `scan`: read whole, after the watch began. `tracks`: the scan is kept in step with it. */
  constructor(scan: StackScan, tracks = false) {
    this.#scan = scan;
    this.#marks = { prefix: scan.stack.prefix, isReadable: scan.stack.marksReadable };
    this.#fsType = scan.stack.facts.layers.find(({ role }) => role === 'upper')?.fs.type ?? null;
    const hasUpper = scan.stack.facts.layers.some(({ role }) => role === 'upper');
    this.upper = new UpperTree(scan.entries, hasUpper ? scan.root(0) : null, this.#marks, tracks);
    const { options } = scan.objects;
    this.#lookup = new Lookup(this.upper, { ...options, origins: options.origins && this.#origins(options.origins) });
  }

  /** Origins of the scan; of what came since, the kernel made them, and they hold. */
  #origins(known: OriginRules): OriginRules {
    const { upper } = this;
    return {
      hasOrigin: (id) => (upper.entryOf(id) === ABSENT ? true : known.hasOrigin(upper.entryOf(id))),
      originIs: (id, lower) => (upper.entryOf(id) === ABSENT ? true : known.originIs(upper.entryOf(id), lower)),
      indexAllows: (id, lower) => {
        if (id >= 0 && upper.entryOf(id) === ABSENT) return true;
        return known.indexAllows(id < 0 ? id : upper.entryOf(id), lower);
      },
    };
  }

  standing(path: Bytes): Standing | null {
    const node = this.upper.at(path);
    return node && this.upper.standingOf(node);
  }

  standingOf(now: Extract<Now, { is: 'there' }>): Standing {
    return standingOfNow(now, this.#marks);
  }

  namesOf(ino: string): Bytes[] {
    return this.upper.namesOf(ino);
  }

  put(path: Bytes, standing: Standing): void {
    this.upper.put(path, standing);
    this.#updateOthers(path, standing);
  }

  /** What one name of an inode shows, the others show too. */
  #updateOthers(path: Bytes, standing: Standing): void {
    const { ino, is } = standing;
    if (ino === null || is !== 'other' || !isUpperStanding(standing) || standing.nlink < 2) return;
    for (const name of this.upper.namesOf(ino)) if (name !== path) this.upper.update(name, standing);
  }
  update(path: Bytes, standing: Standing): void {
    this.upper.update(path, standing);
    this.#updateOthers(path, standing);
  }
  remove(path: Bytes): void {
    this.upper.forget(this.upper.take(path));
  }
  move(from: Bytes, to: Bytes): void {
    const mover = this.upper.take(from);
    this.upper.forget(this.#aside);
    this.#aside = this.upper.take(to);
    if (mover) this.upper.attach(mover, to);
  }
  restore(path: Bytes): void {
    const back = this.#aside;
    this.#aside = null;
    this.upper.forget(this.upper.take(path));
    if (back) this.upper.attach(back, path);
  }

  inoOf(fid: string): string | null {
    // The type in four bytes, then the handle.
    const handle = arrayOfHex(fid.slice(8));
    const ino = handle && inodeOfFid(this.#fsType, Number.parseInt(fid.slice(0, 2), 16), handle);
    return ino === null ? null : `${ino}`;
  }

  doubt(path: Bytes, fid: string | null): void {
    const node = this.upper.at(path);
    if (node) this.#doubtful.add(node);
    const ino = fid === null ? null : this.inoOf(fid);
    for (const name of ino === null ? [] : this.upper.namesOf(ino)) {
      const other = this.upper.at(name);
      if (other) this.#doubtful.add(other);
    }
  }

  /** The other half of an exchange did not come: what was put aside is gone. */
  dropAside(): void {
    this.upper.forget(this.#aside);
    this.#aside = null;
  }

  get aside(): UpperNode | null {
    return this.#aside;
  }

  /** Names of which what is known may be out of date, doubted no longer. */
  takeDoubtful(): UpperNode[] {
    const nodes = [...this.#doubtful];
    this.#doubtful.clear();
    return nodes;
  }

  get isDoubtful(): boolean {
    return this.#doubtful.size > 0;
  }

  /** Where a name stands now; null where it is gone. */
  pathOf(node: UpperNode): Bytes | null {
    return this.upper.pathOf(node);
  }

  /** The name is to be looked at once more. */
  doubtAgain(node: UpperNode): void {
    this.#doubtful.add(node);
  }

  below(path: Bytes): Below {
    if (path === '') return { found: null, isCertain: true };
    const slash = path.lastIndexOf('/');
    const { parent, isCertain } = this.#directory(asBytes(slash < 0 ? '' : path.slice(0, slash)));
    if (parent === null || parent.lowers.length === 0) return { found: null, isCertain };
    const name = path.slice(slash + 1);
    const found = this.#lookup.run({ upper: ABSENT, lowers: parent.lowers }, ABSENT, name, -1, isCertain, null);
    if (found.top < 0 || found.isWhiteout || found.code === Code.ENOENT)
      return { found: null, isCertain: found.certain };
    const { entries } = this.#scan;
    const { top, certain } = found;
    const attributes = { mode: entries.mode(top), uid: entries.uid(top), gid: entries.gid(top) };
    const isFile = this.upper.kind(top) === Kind.file;
    return { found: { isFile, size: `${entries.size(top)}`, ...attributes }, isCertain: certain };
  }

  /** What merges at this path, from the root down. */
  #directory(path: Bytes): { parent: Parent | null; isCertain: boolean } {
    const { generation } = this.upper;
    if (this.#last?.path === path && this.#last.generation === generation) return this.#last;
    let parent: Parent | null = { upper: this.upper.root?.id ?? ABSENT, lowers: this.#lookup.options.lowerRoots };
    let isCertain = true;
    for (const name of path === '' ? [] : path.split('/')) {
      const found = this.#lookup.run(parent, ABSENT, name, -1, isCertain, null);
      isCertain = found.certain && found.whole;
      if (!found.isDir || found.code !== Code.ok) {
        parent = null;
        break;
      }
      parent = { upper: found.upper, lowers: found.lowers };
    }
    this.#last = { path, generation, parent, isCertain };
    return this.#last;
  }
}
