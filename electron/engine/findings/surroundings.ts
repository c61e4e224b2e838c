import type { FormerOwner } from '../../../shared/findings/index.ts';
import { MarkBit } from '../../../shared/merge/marks.ts';
import type { Describer } from '../describe.ts';
import type { StackScan } from '../scan.ts';
import { SplitLinks } from './hard-links.ts';
import { LostMarks } from './lost-marks.ts';
import { reusedNumbers } from './reused.ts';
import { sameNumbers } from './same-numbers.ts';

/** Owners that an inode had before, from a memory of earlier pictures; none where nothing is remembered. */
export type Remembered = (inode: { dev: string; ino: bigint }) => readonly FormerOwner[];

/** What findings need to know of a whole scan that was read, each made when it is first asked for. */
export class Surroundings {
  readonly #scan: StackScan;
  readonly #describer: Describer;
  readonly #remembered: Remembered | null;
  #splitLinks: SplitLinks | null = null;
  #lostMarks: LostMarks | null = null;
  #same: Map<number, readonly number[]> | null = null;
  #reused: Map<number, FormerOwner[]> | null = null;

  constructor(scan: StackScan, describer: Describer, remembered: Remembered | null) {
    this.#scan = scan;
    this.#describer = describer;
    this.#remembered = remembered;
  }

  get splitLinks(): SplitLinks {
    this.#splitLinks ??= new SplitLinks(this.#scan);
    return this.#splitLinks;
  }
  get lostMarks(): LostMarks {
    this.#lostMarks ??= new LostMarks(this.#scan);
    return this.#lostMarks;
  }
  /** The other objects that show the same numbers and are other files. */
  sameNumber(id: number): number[] {
    this.#same ??= sameNumbers(this.#scan, this.#describer);
    return this.#same.get(id)?.filter((other) => other !== id) ?? [];
  }
  /** Who had the number of the object's entry before, or of the lower entry that it hides. */
  formerOwners(entry: number, lower: number): readonly FormerOwner[] {
    this.#reused ??= reusedNumbers(this.#scan);
    const { entries } = this.#scan;
    for (const one of [entry, lower]) {
      if (one < 0) continue;
      const owners = this.#reused.get(one);
      if (owners) return owners;
      if (!this.#remembered) continue;
      const known = this.#remembered({ dev: entries.dev(one), ino: entries.ino(one) });
      if (known.length > 0) return known;
    }
    return [];
  }

  /**
   * Bytes of the absolute redirect that a move of the directory into another one has to store (dir.c:ovl_get_redirect):
   * its path, with the redirects of the directories above it for their names; 0 where it stores an absolute one already.
   */
  redirectLength(id: number): number {
    const { objects, entries } = this.#scan;
    let length = 0;
    for (let at = id; at !== 0; at = objects.parents[at] as number) {
      const { upper } = objects.stack(at);
      const redirect = upper >= 0 && entries.marks(upper) & MarkBit.redirect ? entries.redirect(upper) : null;
      if (redirect?.startsWith('/')) return at === id ? 0 : length + redirect.length;
      length += 1 + (redirect?.length ?? entries.nameLength(objects.tops[at] as number));
    }
    return length;
  }
}
