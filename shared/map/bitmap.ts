/**
 * The hashed bitmap that stands in front of an inode map: a number whose bits are not all set is not in the map, and
 * nobody has to look on the disk. It never says "not there" of what was added; it may say "perhaps" of what was not
 * (Bloom 1970, with two hashes from which the others are made: Kirsch and Mitzenmacher 2006).
 */

/** Bits that each number sets. */
export const PROBES = 4;
/**
 * Bits by number that a bitmap has at least before it is full: with four probes 0.65 % of other numbers pass then.
 * Sizes are powers of two, so right after it was made it has up to twice as many.
 */
export const BITS_PER_NUMBER = 12;
const LEAST_BITS = 1024;
/** Hashes have 32 bits, and no bitmap more than they can name. */
const MOST_BITS = 2 ** 31;

/** Where a 64-bit number is split into words: storing it there costs less than arithmetic on it. */
const number = new BigUint64Array(1);
const words = new Uint32Array(number.buffer);

/** Spreads a word's bits over the whole word (murmur3, fmix32). */
function mixed(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** First of the two hashes of a number, and of the filesystem that it is of. */
function hashOf(ino: bigint, filesystem: number): number {
  number[0] = ino;
  return mixed((words[0] as number) ^ mixed((words[1] as number) ^ Math.imul(filesystem + 1, 0x9e3779b9)));
}

/** The step between a number's bits: odd, so that its bits differ in a bitmap of 2ⁿ bits. */
const stepOf = (hash: number): number => mixed(hash ^ 0x5bd1e995) | 1;

/** The share of other numbers that pass `bits` bits in which `count` numbers were set. */
export const falsePositivesOf = (count: number, bits: number): number =>
  (1 - Math.exp((-PROBES * count) / bits)) ** PROBES;

export class HashedBitmap {
  /** How many bits it has: a power of two. */
  readonly bits: number;
  /** Numbers added; one added twice counts twice. */
  count = 0;
  readonly #words: Uint32Array;
  readonly #mask: number;

  /** Room for so many numbers, and then some: see `isFull`. */
  constructor(expected: number) {
    let bits = LEAST_BITS;
    while (bits < expected * BITS_PER_NUMBER && bits < MOST_BITS) bits *= 2;
    this.bits = bits;
    this.#mask = bits - 1;
    this.#words = new Uint32Array(bits / 32);
  }

  /** Adds an inode number (64 bits, signed or not) of a filesystem, which is a small number of the caller's choice. */
  add(ino: bigint, filesystem = 0): void {
    let hash = hashOf(ino, filesystem);
    const step = stepOf(hash);
    for (let i = 0; i < PROBES; i++, hash += step) {
      const bit = hash & this.#mask;
      this.#words[bit >>> 5] = (this.#words[bit >>> 5] as number) | (1 << (bit & 31));
    }
    this.count++;
  }

  /** False: it was never added. True: it perhaps was. */
  has(ino: bigint, filesystem = 0): boolean {
    const bits = this.#words;
    const mask = this.#mask;
    let hash = hashOf(ino, filesystem);
    let bit = hash & mask;
    // Most answers are known here.
    if (((bits[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return false;
    const step = stepOf(hash);
    for (let i = 1; i < PROBES; i++) {
      hash += step;
      bit = hash & mask;
      if (((bits[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }

  /** More were added than it is made for: to be made anew from what it stands in front of. */
  get isFull(): boolean {
    return this.count * BITS_PER_NUMBER > this.bits && this.bits < MOST_BITS;
  }

  /** Share of bits that are set, counted. */
  get fill(): number {
    let set = 0;
    for (const word of this.#words) set += ones(word);
    return set / this.bits;
  }

  /** Share of other numbers that pass, by the theory, after as many as were added. */
  get expectedFalsePositives(): number {
    return falsePositivesOf(this.count, this.bits);
  }

  /** Its size in bytes. */
  get bytes(): number {
    return this.bits / 8;
  }

  /** The bitmap in at most `cells` cells of equal size, in its order: each the share of its bits that are set. */
  picture(cells: number): number[] {
    const perCell = Math.max(1, Math.ceil(this.#words.length / cells));
    const out: number[] = [];
    for (let from = 0; from < this.#words.length; from += perCell) {
      const part = this.#words.subarray(from, from + perCell);
      let set = 0;
      for (const word of part) set += ones(word);
      out.push(set / (part.length * 32));
    }
    return out;
  }
}

/** How many bits of a word are set. */
function ones(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
