import { asBytes, type Bytes, bytesOfArray } from '../../../shared/bytes/bytes.ts';
import type { PathState } from '../../../shared/history/state.ts';

/**
 * How the states of a directory's names are stored: one blob,
 *
 *   u32 length of the facts · facts · since of each name (varint, the reading that found it so first)
 *   facts, a name: varint length · name · state
 *   state: u8 head (bits 0-1 provenance, 2 stable, 3 the kernel counts, 4 birth known, 5 pseudo device, 6 st_ino is the
 *          real number) · varint K of pseudo:K · varint st_ino · varint layer · varint real inode · u64 birth
 *
 * Facts that did not change are the same bytes, so a reading that finds nothing new compares and parses nothing.
 */

const PROVENANCES: readonly PathState['provenance'][] = ['lower', 'upper', 'copied-up', 'merged'];
const Head = { provenance: 3, stable: 4, volatile: 8, born: 16, pseudo: 32, same: 64 } as const;

/** A state as it is read from a scan: numbers of 64 bits in two words, or as decimal text. */
export type RawState = {
  ino: string | null;
  dev: PathState['dev'];
  stable: boolean;
  provenance: PathState['provenance'];
  layer: number;
  realLow: number;
  realHigh: number;
  /** Null: the filesystem tells none. */
  born: { low: number; high: number } | null;
};

/** Numbers up to here are exact, in 7 bits a byte. */
const EXACT = 2 ** 53;

/** Writes facts and states; its buffer is used again and again. */
export class Packer {
  #bytes = new Uint8Array(4096);
  #at = 0;

  reset(): void {
    this.#at = 0;
  }

  /** What was written, a copy. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  get length(): number {
    return this.#at;
  }

  /** Whether what was written is these bytes. */
  equals(other: Uint8Array): boolean {
    return Buffer.compare(this.#bytes.subarray(0, this.#at), other) === 0;
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  varint(value: number): void {
    this.#room(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }

  #bigVarint(value: bigint): void {
    if (value < BigInt(EXACT)) {
      this.varint(Number(value));
      return;
    }
    this.#room(10);
    let rest = value;
    while (rest >= 0x80n) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }

  name(name: Bytes): void {
    this.varint(name.length);
    this.#room(name.length);
    for (let i = 0; i < name.length; i++) this.#bytes[this.#at++] = name.charCodeAt(i);
  }

  state({ ino, dev, stable, provenance, layer, realLow, realHigh, born }: RawState): void {
    const isShort = realHigh < EXACT / 2 ** 32;
    const real = isShort ? realHigh * 2 ** 32 + realLow : (BigInt(realHigh) << 32n) | BigInt(realLow);
    const isSame = ino !== null && ino === String(real);
    let head = PROVENANCES.indexOf(provenance);
    if (stable) head |= Head.stable;
    if (ino === null) head |= Head.volatile;
    if (born !== null) head |= Head.born;
    if (dev !== 'overlay') head |= Head.pseudo;
    if (isSame) head |= Head.same;
    this.#room(1);
    this.#bytes[this.#at++] = head;
    if (dev !== 'overlay') this.varint(Number(dev.slice('pseudo:'.length)));
    if (ino !== null && !isSame) this.#bigVarint(BigInt(ino));
    this.varint(layer);
    if (typeof real === 'number') this.varint(real);
    else this.#bigVarint(real);
    if (born === null) return;
    this.#room(8);
    for (const word of [born.low, born.high]) {
      for (let shift = 0; shift < 32; shift += 8) this.#bytes[this.#at++] = (word >>> shift) & 0xff;
    }
  }
}

/** A state as the packer takes it. */
export const rawOf = ({ ino, real, bornNs, ...rest }: PathState): RawState => ({
  ...rest,
  ino: ino === null ? null : String(ino),
  realLow: Number(real & 0xffffffffn),
  realHigh: Number(real >> 32n),
  born:
    bornNs === null
      ? null
      : { low: Number(BigInt.asUintN(32, bornNs)), high: Number(BigInt.asUintN(32, bornNs >> 32n)) },
});

class Reader {
  readonly bytes: Uint8Array;
  at: number;
  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  big(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
  number(): number {
    return Number(this.big());
  }
  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError('a remembered directory is cut short');
    return byte;
  }
  state(): PathState {
    const head = this.byte();
    const dev = head & Head.pseudo ? (`pseudo:${this.number()}` as const) : 'overlay';
    const ino = head & (Head.volatile | Head.same) ? null : this.big();
    const layer = this.number();
    const real = this.big();
    let bornNs: bigint | null = null;
    if (head & Head.born) {
      let unsigned = 0n;
      for (let shift = 0n; shift < 64n; shift += 8n) unsigned |= BigInt(this.byte()) << shift;
      bornNs = BigInt.asIntN(64, unsigned);
    }
    return {
      ino: head & Head.same ? real : ino,
      dev,
      stable: (head & Head.stable) !== 0,
      provenance: PROVENANCES[head & Head.provenance] as PathState['provenance'],
      layer,
      real,
      bornNs,
    };
  }
}

/** The states of names in packed facts, in their order. Throws a RangeError where they are cut short. */
export function unpackFacts(facts: Uint8Array): Map<Bytes, PathState> {
  const reader = new Reader(facts);
  const out = new Map<Bytes, PathState>();
  while (reader.at < facts.length) {
    const length = reader.number();
    const name = bytesOfArray(facts.subarray(reader.at, reader.at + length));
    reader.at += length;
    out.set(asBytes(name), reader.state());
  }
  return out;
}

export const packState = (state: PathState): Uint8Array => {
  const packer = new Packer();
  packer.state(rawOf(state));
  return packer.take();
};
export const unpackState = (bytes: Uint8Array): PathState => new Reader(bytes).state();

/** Facts and the readings since which each name stands so, as one blob. */
export function joinBlob(facts: Uint8Array, since: readonly number[]): Uint8Array {
  const packer = new Packer();
  for (const one of since) packer.varint(one);
  const tail = packer.take();
  const out = new Uint8Array(4 + facts.length + tail.length);
  new DataView(out.buffer).setUint32(0, facts.length, true);
  out.set(facts, 4);
  out.set(tail, 4 + facts.length);
  return out;
}

/** Takes a blob apart; the facts are a view of it. Throws a RangeError where it is cut short. */
export function partBlob(blob: Uint8Array): { facts: Uint8Array; since: () => number[] } {
  const length = blob.length < 4 ? -1 : new DataView(blob.buffer, blob.byteOffset).getUint32(0, true);
  if (length < 0 || blob.length < 4 + length) throw new RangeError('a remembered directory is cut short');
  return {
    facts: blob.subarray(4, 4 + length),
    since: () => {
      const reader = new Reader(blob, 4 + length);
      const out: number[] = [];
      while (reader.at < blob.length) out.push(reader.number());
      return out;
    },
  };
}
