import type { OriginState } from '../../shared/contract/scan.ts';
import { grown } from './arena.ts';

/** What became of an entry's overlay.origin. `mode` is st_mode of the live origin, 0 where it is not known. */
export type OriginFact = {
  readonly state: OriginState | 'unknown';
  readonly why: string;
  /** Lower layer whose filesystem holds it; -1 where that is not known. */
  readonly layer: number;
  readonly ino: bigint | null;
  readonly nlink: number | null;
  readonly dev: string | null;
  readonly mode: number;
};

/** Words of a fact. `nlink` is one more than it is, 0 where it is not known; no inode has number 0. */
const W = { inoLow: 0, inoHigh: 1, nlink: 2, mode: 3, judgement: 4 };
const WORDS = 5;
/** In the place of an entry that was forgotten. */
const NONE = -1;

/** What many facts have in common. */
type Judgement = Pick<OriginFact, 'state' | 'why' | 'layer' | 'dev'>;

/** The facts about origins by entry, in arrays: a copied-up tree has one for each file. */
export class OriginFacts {
  #count = 0;
  #deleted = 0;
  #entries = new Int32Array(64);
  #facts = new Uint32Array(64 * WORDS);
  /** Open addressing: number of the fact + 1 at the entry's place or behind it, 0 where there is none. */
  #slots = new Int32Array(128);
  readonly #judgements: Judgement[] = [];
  readonly #numbers = new Map<string, number>();

  get size(): number {
    return this.#count - this.#deleted;
  }

  /** Bytes that the arrays take. */
  get bytes(): number {
    return this.#entries.byteLength + this.#facts.byteLength + this.#slots.byteLength;
  }

  has(entry: number): boolean {
    return this.#find(entry) >= 0;
  }

  get(entry: number): OriginFact | undefined {
    const at = this.#find(entry);
    return at < 0 ? undefined : this.#read(at);
  }

  set(entry: number, fact: OriginFact): void {
    let at = this.#find(entry);
    if (at < 0) at = this.#add(entry);
    const facts = this.#facts;
    const base = at * WORDS;
    const ino = fact.ino ?? 0n;
    facts[base + W.inoLow] = Number(ino & 0xffffffffn);
    facts[base + W.inoHigh] = Number(ino >> 32n);
    facts[base + W.nlink] = fact.nlink === null ? 0 : fact.nlink + 1;
    facts[base + W.mode] = fact.mode;
    facts[base + W.judgement] = this.#judgement(fact);
  }

  /** Forgets what is known of an entry. */
  delete(entry: number): void {
    const at = this.#find(entry);
    if (at < 0) return;
    this.#entries[at] = NONE;
    this.#deleted++;
  }

  *[Symbol.iterator](): IterableIterator<[entry: number, fact: OriginFact]> {
    for (let at = 0; at < this.#count; at++)
      if (this.#entries[at] !== NONE) yield [this.#entries[at] as number, this.#read(at)];
  }

  /** Gives back what the arrays have grown too large. */
  trim(): void {
    this.#entries = this.#entries.slice(0, this.#count);
    this.#facts = this.#facts.slice(0, this.#count * WORDS);
  }

  #read(at: number): OriginFact {
    const word = (which: number): number => this.#facts[at * WORDS + which] as number;
    const ino = (BigInt(word(W.inoHigh)) << 32n) | BigInt(word(W.inoLow));
    const nlink = word(W.nlink);
    return {
      ...(this.#judgements[word(W.judgement)] as Judgement),
      ino: ino === 0n ? null : ino,
      nlink: nlink === 0 ? null : nlink - 1,
      mode: word(W.mode),
    };
  }

  #judgement({ state, why, layer, dev }: OriginFact): number {
    const key = `${layer} ${dev} ${state} ${why}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#judgements.push({ state, why, layer, dev }) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  #add(entry: number): number {
    const at = this.#count++;
    this.#entries = grown(this.#entries, this.#count);
    this.#facts = grown(this.#facts, this.#count * WORDS);
    this.#entries[at] = entry;
    if (this.#count * 2 <= this.#slots.length) this.#place(at);
    else {
      this.#slots = new Int32Array(this.#slots.length * 2);
      for (let one = 0; one < this.#count; one++) if (this.#entries[one] !== NONE) this.#place(one);
    }
    return at;
  }

  /** Where the search for an entry begins (Fibonacci hashing). */
  #start(entry: number): number {
    return (Math.imul(entry, 0x9e3779b1) >>> 0) % this.#slots.length;
  }

  #place(at: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#start(this.#entries[at] as number);
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = at + 1;
  }

  #find(entry: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = this.#start(entry); this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const at = (this.#slots[slot] as number) - 1;
      if (this.#entries[at] === entry) return at;
    }
    return -1;
  }
}
