/** The two streams: results on standard output with backpressure, everything else on standard error. */

/** Texts shorter than this are gathered, in UTF-16 units. */
const GATHER = 64 * 1024;

/** Standard output is read by somebody who may be slow, or gone. */
export class Output {
  readonly #stream = process.stdout;
  readonly #closed = new AbortController();
  #isAbandoned = false;
  #waiting: (() => void)[] = [];
  /** Small texts are gathered, so that a line costs no write of its own. */
  #gathered = '';
  #isScheduled = false;

  constructor() {
    // A closed pipe (`| head`) is no error: the reader has what it wanted.
    this.#stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EOF') throw error;
      this.#closed.abort();
      this.#wake();
    });
    this.#stream.on('drain', () => this.#wake());
  }

  /** Aborted once nobody reads any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  get isTerminal(): boolean {
    return this.#stream.isTTY === true;
  }

  /** Columns of the terminal; a plain 100 where there is none. */
  get columns(): number {
    return this.#stream.columns ?? 100;
  }

  write(data: string | Uint8Array): void {
    if (typeof data !== 'string') {
      this.#send();
      if (!this.#closed.signal.aborted) this.#stream.write(data);
      return;
    }
    this.#gathered += data;
    if (this.#gathered.length >= GATHER) this.#send();
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => {
        this.#isScheduled = false;
        this.#send();
      });
    }
  }

  #send(): void {
    const text = this.#gathered;
    this.#gathered = '';
    if (text !== '' && !this.#closed.signal.aborted) this.#stream.write(text);
  }

  /** Waits for the reader no longer: what is not written yet may be lost. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#wake();
  }

  /** Resolves when the reader has taken most of what was written, is gone, or is not waited for. */
  drained(): Promise<void> {
    this.#send();
    if (!this.#stream.writableNeedDrain || this.#isOver) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves when everything has left this process. */
  flushed(): Promise<void> {
    this.#send();
    if (this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#stream.write('', () => resolve());
    });
  }

  get #isOver(): boolean {
    return this.#isAbandoned || this.#closed.signal.aborted;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** One line that is drawn over itself while something is read; on a terminal only. */
export class Progress {
  #drawn = false;
  #next = 0;

  constructor() {
    // Nobody reads messages any more: go on without them.
    process.stderr.on('error', () => {});
  }

  show(text: string): void {
    const now = performance.now();
    if (process.stderr.isTTY !== true || now < this.#next) return;
    this.#next = now + 100;
    const room = (process.stderr.columns ?? 80) - 1;
    process.stderr.write(`\r\x1b[2K${text.slice(0, room)}`);
    this.#drawn = true;
  }

  /** Takes the line away: before anything else is printed. */
  clear(): void {
    if (this.#drawn) process.stderr.write('\r\x1b[2K');
    this.#drawn = false;
  }

  /** A whole line for people. */
  say(line: string): void {
    this.clear();
    process.stderr.write(`${line}\n`);
  }
}
