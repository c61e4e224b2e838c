import type { FormerOwner } from '../../../shared/findings/index.ts';
import { MarkBit } from '../../../shared/merge/marks.ts';
import type { Describer } from '../describe.ts';
import type { StackScan } from '../scan.ts';
import { SplitLinks } from './hard-links.ts';
import { LostMarks } from './lost-marks.ts';
import { reusedNumbers } from './reused.ts';
import { sameNumbers } from './same-numbers.ts';

/** A memory of earlier pictures: who had an inode's number before. */
export type Remembered = {
  /** Nothing is remembered at all. */
  readonly isEmpty: boolean;
  /** Whether anything is remembered of a number with these low 32 bits: to be asked of every object, so it is cheap. */
  mayHave(inoLow: number): boolean;
  of(inode: { dev: string; ino: bigint; bornNs: bigint | null }): readonly FormerOwner[];
};

/** The kernel's own bound where the module has no such parameter (dir.c:ovl_redirect_max). */
const REDIRECT_MAX = 256;

/** What findings need to know of a whole scan that was read, each made when it is first asked for. */
export class Surroundings {
  readonly #scan: StackScan;
  readonly #describer: Describer;
  readonly #remembered: Remembered | null;
  #splitLinks: SplitLinks | null = null;
  #lostMarks: LostMarks | null = null;
  #same: Map<number, readonly number[]> | null = null;
  #reused: Map<number, FormerOwner[]> | null = null;

  /** Bytes of each directory's path as a redirect, 0 where it was not asked for yet. */
  #lengths: Uint32Array | null = null;
  readonly redirectMax: number;

  constructor(scan: StackScan, describer: Describer, remembered: Remembered | null) {
    this.redirectMax = Number(scan.stack.machine.parameters.redirect_max ?? REDIRECT_MAX) || REDIRECT_MAX;
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
  /** It shows the number of another file. */
  isSame(id: number): boolean {
    this.#same ??= sameNumbers(this.#scan, this.#describer);
    return this.#same.size > 0 && this.#same.has(id);
  }

  /** The number of some entry had an owner before. */
  get knowsOwners(): boolean {
    this.#reused ??= reusedNumbers(this.#scan);
    return this.#reused.size > 0 || this.#remembered?.isEmpty === false;
  }

  /** The entry's number may have had an owner before. */
  mayHaveOwner(entry: number): boolean {
    return (
      this.knowsOwners &&
      (this.#reused?.has(entry) === true || this.#remembered?.mayHave(this.#scan.entries.inoLow(entry)) === true)
    );
  }

  /** Who had the number of the object's entry before, or of the lower entry that it hides. */
  formerOwners(entry: number, lower: number): readonly FormerOwner[] {
    this.#reused ??= reusedNumbers(this.#scan);
    const { entries } = this.#scan;
    for (const one of [entry, lower]) {
      if (one < 0) continue;
      const owners = this.#reused.get(one);
      if (owners) return owners;
      if (!this.#remembered?.mayHave(entries.inoLow(one))) continue;
      const known = this.#remembered.of({ dev: entries.dev(one), ino: entries.ino(one), bornNs: entries.btimeNs(one) });
      if (known.length > 0) return known;
    }
    return [];
  }

  /**
   * Bytes of the absolute redirect that a move of the directory into another one has to store (dir.c:ovl_get_redirect):
   * its path, with the redirects of the directories above it for their names; 0 where it stores an absolute one already.
   */
  redirectLength(id: number): number {
    return this.#redirect(id)?.startsWith('/') ? 0 : this.#pathLength(id);
  }

  /** The directory's redirect would be longer than the kernel allows. */
  isFar(id: number): boolean {
    return this.redirectLength(id) > this.redirectMax;
  }

  #redirect(id: number): string | null {
    const { objects, entries } = this.#scan;
    const { upper } = objects.stack(id);
    return upper >= 0 && entries.marks(upper) & MarkBit.redirect ? entries.redirect(upper) : null;
  }

  /** The same for a directory on the way, whose absolute redirect stands for all above it. */
  #pathLength(id: number): number {
    if (id === 0) return 0;
    const { objects, entries } = this.#scan;
    this.#lengths ??= new Uint32Array(objects.count);
    const todo: number[] = [];
    let at = id;
    for (; at !== 0 && this.#lengths[at] === 0; at = objects.parents[at] as number) todo.push(at);
    for (let length = this.#lengths[at] as number, one = todo.pop(); one !== undefined; one = todo.pop()) {
      const redirect = this.#redirect(one);
      length = redirect?.startsWith('/')
        ? redirect.length
        : length + 1 + (redirect?.length ?? entries.nameLength(objects.tops[one] as number));
      this.#lengths[one] = length;
    }
    return this.#lengths[id] as number;
  }
}
