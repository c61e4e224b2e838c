/** Append-only bytes, addressed by offset. */
export class Arena {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 1 << 16) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Copies `source` in and returns its offset. */
  add(source: Uint8Array): number {
    this.#reserve(source.length);
    this.bytes.set(source, this.length);
    const at = this.length;
    this.length += source.length;
    return at;
  }

  /** Copies source[from, to) in and returns its offset: for many short pieces, without a view for each. */
  addRange(source: Uint8Array, from: number, to: number): number {
    this.#reserve(to - from);
    const at = this.length;
    const bytes = this.bytes;
    for (let i = from, j = at; i < to; i++, j++) bytes[j] = source[i] as number;
    this.length = at + (to - from);
    return at;
  }

  #reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.length + more, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Gives spare room back. */
  trim(): void {
    this.bytes = this.bytes.slice(0, this.length);
  }
}

/** A typed array that has room for `length` elements; it doubles, since what was copied once is not copied often then. */
export function grown<T extends Uint32Array | Int32Array | Uint16Array | Uint8Array>(array: T, length: number): T {
  if (length <= array.length) return array;
  const Type = array.constructor as new (length: number) => T;
  const next = new Type(Math.max(length, array.length * 2));
  next.set(array);
  return next;
}
