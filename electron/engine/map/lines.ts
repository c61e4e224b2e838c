/** Writes NDJSON in pieces, no faster than it is read. */
export class Lines {
  static readonly #FLUSH = 128 * 1024;
  readonly #send: (chunk: Uint8Array) => void;
  readonly #drained: () => Promise<void>;
  readonly #encoder = new TextEncoder();
  #text = '';
  count = 0;

  constructor(send: (chunk: Uint8Array) => void, drained: () => Promise<void>) {
    this.#send = send;
    this.#drained = drained;
  }

  /** Adds a line. What it returns is to be awaited. */
  async add(value: object): Promise<void> {
    this.#text += `${JSON.stringify(value)}\n`;
    this.count++;
    if (this.#text.length < Lines.#FLUSH) return;
    this.end();
    await this.#drained();
  }

  /** Sends what is left. */
  end(): void {
    if (this.#text !== '') this.#send(this.#encoder.encode(this.#text));
    this.#text = '';
  }
}
