import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { Code } from '../../../shared/merge/tree.ts';
import type { Prediction } from '../../../shared/verify/compare.ts';
import type { Describer } from '../describe.ts';
import type { HiddenTree } from '../hidden.ts';
import type { StackScan } from '../scan.ts';

/** A scan with what describes it. */
export type Picture = { scan: StackScan; tree: HiddenTree; describer: Describer };

/**
 * Rows of the table of numbers that a test has switched off, by their names, with a semicolon between: what would be
 * foretold if nobody knew the row is the number of the deciding entry.
 */
const withoutRows = (): ReadonlySet<string> =>
  new Set((process.env.STRATOSCOPE_WITHOUT_ROW ?? '').split(';').filter((name) => name !== ''));

/** What the kernel should say of the objects of a picture. */
export class Predictor {
  readonly #picture: Picture;
  readonly #without = withoutRows();

  constructor(picture: Picture) {
    this.#picture = picture;
  }

  /** Of a visible object. */
  of(id: number): Prediction {
    const { scan, describer } = this.#picture;
    const top = describer.shown(id);
    const shown = describer.inodes.shown(id);
    const isKnown = shown !== null && this.#without.has(shown.why) && top >= 0;
    return {
      lookup: describer.lookup(id),
      type: describer.typeOf(id),
      listed: id === 0 ? null : describer.listed(id),
      shown: isKnown ? { ...shown, ino: String(scan.entries.ino(top)) } : shown,
    };
  }

  /** Of a name that no layer gives in this directory: `null` where the parent is none of the merged tree. */
  ofAbsent(parent: number | null): Prediction {
    const { objects } = this.#picture.scan;
    const isWhole = parent === null || (objects.isWhole(parent) && objects.isCertain(parent));
    return {
      lookup: isWhole ? 'ENOENT' : 'unknown',
      type: 'unknown',
      listed: isWhole ? false : 'unknown',
      shown: null,
    };
  }

  /** Whether the directory can be opened through the mount. */
  isOpen(id: number): boolean {
    const { objects } = this.#picture.scan;
    return objects.isDir(id) && objects.codes[id] === Code.ok && objects.isCertain(id) && !objects.isWhiteout(id);
  }

  /** Children of a directory by name. */
  named(id: number): Map<Bytes, number> {
    const { objects } = this.#picture.scan;
    const out = new Map<Bytes, number>();
    for (const child of objects.children(id)) out.set(objects.name(child), child);
    return out;
  }
}
