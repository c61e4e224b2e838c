import { CONTRACT_VERSION, type ErrorLine } from '../../shared/contract/scan.ts';
import type { Output } from './output.ts';

/** The formats for programs: lines, or one document. Both are written as they come. */
export type JsonFormat = 'json' | 'ndjson';

const newline = 0x0a;

/**
 * Writes the meta object, then rows, each whole JSON. `json` is one document
 * `{"contract":1,"meta":{…},"rows":[…]}`, also when it ends early: then it holds `error` too.
 */
export class JsonRows {
  readonly #output: Output;
  readonly #format: JsonFormat;
  #begun = false;
  #rows = 0;

  constructor(output: Output, format: JsonFormat) {
    this.#output = output;
    this.#format = format;
  }

  meta(meta: object): void {
    this.metaLine(JSON.stringify({ meta: { contract: CONTRACT_VERSION, ...meta } }));
  }

  /** The line `{"meta":{…}}` as it stands. */
  metaLine(line: string): void {
    this.#begun = true;
    if (this.#format === 'ndjson') {
      this.#line(line);
      return;
    }
    // `{"meta":X}` becomes `{"contract":1,"meta":X,"rows":[`
    this.#output.write(`{"contract":${CONTRACT_VERSION},${line.slice(1, -1)},"rows":[`);
  }

  row(row: object): void {
    this.rowLine(JSON.stringify(row));
  }

  rowLine(line: string): void {
    if (this.#format === 'ndjson') {
      this.#line(line);
      return;
    }
    this.#output.write(`${this.#rows++ === 0 ? '' : ','}\n${line}`);
  }

  /** A row that is too long to be held: its text in pieces, from `rowBegin` to `rowEnd`. */
  rowBegin(text: string): void {
    this.#output.write(this.#format === 'json' ? `${this.#rows++ === 0 ? '' : ','}\n${text}` : text);
  }

  rowPiece(text: string): void {
    this.#output.write(text);
  }

  rowEnd(text: string): void {
    this.#output.write(this.#format === 'json' ? text : `${text}\n`);
  }

  /** Ends the document. With an error it is said where a reader meets it. */
  end(error: ErrorLine | null = null): void {
    if (this.#format === 'ndjson' || !this.#begun) {
      if (error !== null) this.#line(JSON.stringify(error));
      return;
    }
    const tail = error === null ? '' : `,${JSON.stringify(error).slice(1, -1)}`;
    this.#output.write(`${this.#rows === 0 ? '' : '\n'}]${tail}}\n`);
  }

  #line(line: string): void {
    this.#output.write(`${line}\n`);
  }
}

/** Cuts a stream of bytes into its lines, without the newline. Lines are views into the chunks where they can be. */
export class Lines {
  readonly #take: (line: Uint8Array) => void;
  #rest: Uint8Array[] = [];

  constructor(take: (line: Uint8Array) => void) {
    this.#take = take;
  }

  push(chunk: Uint8Array): void {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      const piece = chunk.subarray(from, at);
      from = at + 1;
      if (this.#rest.length === 0) this.#take(piece);
      else {
        this.#take(Buffer.concat([...this.#rest, piece]));
        this.#rest = [];
      }
    }
    if (from < chunk.length) this.#rest.push(chunk.subarray(from));
  }
}
