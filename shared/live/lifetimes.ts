import type { Bytes } from '../bytes/bytes.ts';
import type { Process } from './raw.ts';

/**
 * What a temporary file is: the kernel's own without a name, for a copy-up; one with a name in the work directory; the
 * one there that all whiteouts are links of; a user's O_TMPFILE; a file that lost its last name and is still open.
 */
export type LifetimeKind = 'copy-up' | 'work' | 'whiteouts' | 'user' | 'orphan';

/** One temporary file from its birth to its end. Times are ns since the epoch, as decimal text. */
export type Lifetime = {
  /** Its own as long as the watch lasts. */
  key: number;
  kind: LifetimeKind;
  /** `#` and a number; of an orphan: the name that it had. */
  name: Bytes;
  /** Path in the merged tree: of an orphan the one that it had, of a user's the directory that it was made in. */
  path: Bytes | null;
  /** Null: it was there when the watch began. */
  bornNs: string | null;
  /** Null: it lives. */
  endedNs: string | null;
  /** Null: it lives; `unknown`: records were lost, and with them its end. */
  end: 'linked' | 'died' | 'unknown' | null;
  /** The name that it received. */
  linkedTo: Bytes | null;
  /** Size as last known, decimal; null: not known. */
  bytes: string | null;
  /** Who made it; null: the kernel does not tell. */
  by: Process | null;
  /** Handle of its inode, as in RawEvent.fid; null where that is not told. */
  fid: string | null;
};

/** The lives of temporary files, as records tell of them. What changed since it was last asked for is gathered. */
export class Lifetimes {
  /** Moment of the records that are being told. */
  nowNs = '0';
  readonly #living = new Map<number, Lifetime>();
  readonly #changed = new Map<number, Lifetime>();
  #next = 1;

  began(born: Pick<Lifetime, 'kind' | 'name' | 'path' | 'bytes' | 'by' | 'fid'>): number {
    const key = this.#next++;
    const life = { ...born, key, bornNs: this.nowNs, endedNs: null, end: null, linkedTo: null };
    this.#living.set(key, life);
    this.#changed.set(key, life);
    return key;
  }

  /** Something more is known of one that lives. */
  tell(key: number | null, more: Partial<Pick<Lifetime, 'kind' | 'bytes'>>): void {
    const life = key === null ? undefined : this.#living.get(key);
    if (!life) return;
    Object.assign(life, more);
    this.#changed.set(life.key, life);
  }

  ended(key: number | null, end: 'linked' | 'died', more: Partial<Pick<Lifetime, 'linkedTo' | 'bytes'>> = {}): void {
    const life = key === null ? undefined : this.#living.get(key);
    if (!life) return;
    Object.assign(life, more, { end, endedNs: this.nowNs });
    this.#living.delete(life.key);
    this.#changed.set(life.key, life);
  }

  /** Records were lost: nobody knows what became of those that lived. */
  lost(): void {
    for (const life of this.#living.values()) {
      Object.assign(life, { end: 'unknown', endedNs: this.nowNs });
      this.#changed.set(life.key, life);
    }
    this.#living.clear();
  }

  get living(): Iterable<Readonly<Lifetime>> {
    return this.#living.values();
  }

  /** Those that began, changed or ended since this was last called, as they stand now. */
  takeChanged(): Lifetime[] {
    if (this.#changed.size === 0) return [];
    const out = [...this.#changed.values()].map((life) => ({ ...life }));
    this.#changed.clear();
    return out;
  }
}
