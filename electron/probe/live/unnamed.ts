import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { RawOrphan } from '../../../shared/live/raw.ts';
import { hexOfKey, type Key } from './keys.ts';

/** An inode without a name ends with its last user; the kernel itself drops its own hold within a moment. */
const ORPHAN_AFTER_MS = 30;
const LINKED_AT_MOST = 10_000;

/** Inodes that are of interest by themselves: without a name yet, without one any more, or reached by a lost one. */
export class UnnamedInodes {
  /** Those whose end is told: temporary files, and those that somebody holds without a name. */
  readonly #followed = new Set<Key>();
  /** Those that lost a name: since when, and which. */
  readonly #lost = new Map<Key, { at: number; path: Bytes }>();
  /**
   * Those that lost a name and have others: overlayfs may go on to use the lost one, and records then name a directory
   * that is gone too.
   */
  readonly #linked = new Set<Key>();
  /** Those that ended in this batch: merged into an earlier record, the end may stand before the loss of the name. */
  readonly #ends = new Set<Key>();

  nextBatch(): void {
    this.#ends.clear();
  }

  /** A temporary file was met; true for the first time. */
  follow(key: Key): boolean {
    if (this.#followed.has(key)) return false;
    this.#followed.add(key);
    return true;
  }

  /** It has a name now. */
  named(key: Key): void {
    this.#followed.delete(key);
  }

  lostName(key: Key, path: Bytes): void {
    if (this.#ends.has(key)) return;
    this.#lost.set(key, { at: performance.now(), path });
    if (this.#linked.size >= LINKED_AT_MOST) this.#linked.clear();
    this.#linked.add(key);
  }

  /** It ended; true where that is to be told. */
  ended(key: Key): boolean {
    this.#lost.delete(key);
    this.#linked.delete(key);
    this.#ends.add(key);
    return this.#followed.delete(key);
  }

  mayHaveOtherNames(key: Key): boolean {
    return this.#linked.has(key);
  }

  /** Moment at which those that lost a name are looked at; null where there are none. */
  get nextLook(): number | null {
    for (const { at } of this.#lost.values()) return at + ORPHAN_AFTER_MS;
    return null;
  }

  /** Those that lost their last name a while ago and did not end since. `look` answers null for what has ended. */
  orphans(look: (key: Key) => { nlink: number; size: string } | null): RawOrphan[] {
    const out: RawOrphan[] = [];
    const now = performance.now();
    for (const [key, { at, path }] of this.#lost) {
      if (at + ORPHAN_AFTER_MS > now) break;
      this.#lost.delete(key);
      const found = look(key);
      if (found && found.nlink > 0) continue;
      this.#linked.delete(key);
      if (found === null) continue;
      this.#followed.add(key);
      out.push({ fid: hexOfKey(key), path, size: found.size });
    }
    return out;
  }
}
