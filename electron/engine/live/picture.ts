import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Asker, Below, Standing } from '../../../shared/live/asker.ts';
import type { Now } from '../../../shared/live/raw.ts';
import { Lookup } from '../../../shared/merge/lookup.ts';
import { Kind } from '../../../shared/merge/marks.ts';
import { ABSENT, Code, type OriginRules, type Parent } from '../../../shared/merge/tree.ts';
import type { StackScan } from '../scan.ts';
import { type MarkReading, standingOfNow } from './standing.ts';
import { type UpperNode, UpperTree } from './upper-tree.ts';

/** A stack as it stands between two records: the lowers as scanned, the upper as the records have left it. */
export class Picture implements Asker {
  readonly upper: UpperTree;
  readonly #scan: StackScan;
  readonly #lookup: Lookup;
  readonly #marks: MarkReading;
  #aside: UpperNode | null = null;
  /** The directories that merge at the path that was last asked for. */
  #last: { path: Bytes; generation: number; parent: Parent | null; isCertain: boolean } | null = null;

  /** `scan`: read whole, after the watch began. */
  constructor(scan: StackScan) {
    this.#scan = scan;
    this.#marks = { prefix: scan.stack.prefix, isReadable: scan.stack.marksReadable };
    const hasUpper = scan.stack.facts.layers.some(({ role }) => role === 'upper');
    this.upper = new UpperTree(scan.entries, hasUpper ? scan.root(0) : null, this.#marks);
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
    this.#aside = this.upper.put(path, standing);
  }
  update(path: Bytes, standing: Standing): void {
    this.upper.update(path, standing);
  }
  remove(path: Bytes): void {
    this.upper.take(path);
  }
  move(from: Bytes, to: Bytes): void {
    const mover = this.upper.take(from);
    this.#aside = this.upper.take(to);
    if (mover) this.upper.attach(mover, to);
  }
  restore(path: Bytes): void {
    const back = this.#aside;
    this.#aside = this.upper.take(path);
    if (back) this.upper.attach(back, path);
  }

  below(path: Bytes): Below {
    if (path === '') return null;
    const slash = path.lastIndexOf('/');
    const directory = this.#directory(asBytes(slash < 0 ? '' : path.slice(0, slash)));
    if (directory.parent === null) return directory.isCertain ? null : 'unknown';
    const { lowers } = directory.parent;
    if (lowers.length === 0) return directory.isCertain ? null : 'unknown';
    const name = path.slice(slash + 1);
    const found = this.#lookup.run({ upper: ABSENT, lowers }, ABSENT, name, -1, directory.isCertain, null);
    if (!found.certain) return 'unknown';
    if (found.top < 0 || found.isWhiteout || found.code === Code.ENOENT) return null;
    const kind = this.upper.kind(found.top);
    const { entries } = this.#scan;
    return { isDirectory: kind === Kind.dir, isFile: kind === Kind.file, size: `${entries.size(found.top)}` };
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
