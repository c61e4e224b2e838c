import { type Bytes, bytesOfBase64, bytesOfText } from '../bytes/bytes.ts';
import { textForEyes } from '../bytes/show.ts';
import type { ListObject, ScanEntry } from '../contract/scan.ts';
import type { Sentence, Span } from '../ipc/engine.ts';

/** Sentences are made of spans, so that a layer, a mark, an option can be coloured, linked and read aloud. */

type Piece = Span | Piece[] | string | number;

/** `line\`You read ${layer} …\`` gives the spans of a sentence; plain strings among the values become text. */
export function line(strings: TemplateStringsArray, ...values: Piece[]): Sentence {
  const out: Sentence = [];
  const put = (piece: Piece): void => {
    if (Array.isArray(piece)) for (const one of piece) put(one);
    else if (typeof piece === 'object') out.push(piece);
    else if (piece !== '') {
      const last = out.at(-1);
      if (last?.as === 'text') out[out.length - 1] = { text: last.text + piece, as: 'text' };
      else out.push({ text: String(piece), as: 'text' });
    }
  };
  for (const [i, text] of strings.entries()) {
    put(text);
    const value = values[i];
    if (value !== undefined) put(value);
  }
  return out;
}

export const strong = (text: string): Span => ({ text, as: 'strong' });
export const mark = (text: string): Span => ({ text, as: 'mark' });
export const option = (text: string): Span => ({ text, as: 'option' });
export const number = (text: string): Span => ({ text, as: 'number' });
/** A number of an inode: what has the same can be looked for. */
export const inodeNumber = (text: string): Span => ({ text, as: 'inode' });

/** A path as eyes may see it. Takes a field of the contract with its base64 twin, which is exact where it stands. */
export const path = (text: string, b64?: string): Span => ({ text: shownPath(text, b64), as: 'path' });
export const shownPath = (text: string, b64?: string): string =>
  text === '' ? '/' : textForEyes(b64 === undefined ? bytesOfText(text) : bytesOfBase64(b64));
export const bytesOf = (text: string, b64?: string): Bytes =>
  b64 === undefined ? bytesOfText(text) : bytesOfBase64(b64);

/** `a`, `a and b`, `a, b and c`. */
export function enumerate(items: Piece[], last = 'and'): Span[] {
  const out: Piece[] = [];
  for (const [i, item] of items.entries()) {
    if (i > 0) out.push(i === items.length - 1 ? ` ${last} ` : ', ');
    out.push(item);
  }
  return line`${out}`;
}

/** Whole clauses, one after the other. */
export const clausesOf = (items: Piece[]): Span[] =>
  line`${items.flatMap((item, i) => (i === 0 ? [item] : ['; ', item]))}`;

/** Names of a stack's layers: `the upper`, `lower 3`, `data-only 5`. */
export class LayerNames {
  readonly #roles: Map<number, 'upper' | 'lower' | 'data'>;

  constructor(stack: ListObject) {
    this.#roles = new Map(stack.layers.map(({ layer, role }) => [layer, role]));
  }

  /** Without an article: `upper`, `lower 3`. */
  word(layer: number): string {
    const role = this.#roles.get(layer) ?? (layer === 0 ? 'upper' : 'lower');
    return role === 'upper' ? 'upper' : role === 'data' ? `data-only ${layer}` : `lower ${layer}`;
  }

  span(layer: number): Span {
    return { text: this.word(layer), as: 'layer', layer };
  }

  /** `the upper`, `lower 3`. */
  the(layer: number): Span[] {
    return layer === 0 ? line`the ${this.span(0)}` : [this.span(layer)];
  }

  /** Every one by name, runs of three and more as one: `the upper and lowers 1, 2 and 5–9`. */
  all(layers: number[]): Span[] {
    const sorted = [...layers].sort((a, b) => a - b);
    const isLower = (layer: number): boolean => this.word(layer).startsWith('lower');
    const lowers = sorted.filter(isLower);
    const items: Span[][] = sorted.filter((layer) => !isLower(layer)).map((layer) => this.the(layer));
    if (lowers.length === 1) items.push(this.the(lowers[0] as number));
    else if (lowers.length > 1) items.push(line`lowers ${enumerate(runs(lowers))}`);
    return enumerate(items);
  }
}

/** Numbers as `1`, or as `5–9` where three and more follow each other. */
function runs(layers: number[]): Span[] {
  const out: Span[] = [];
  for (let i = 0; i < layers.length; ) {
    const first = layers[i] as number;
    let length = 1;
    while (layers[i + length] === first + length) length++;
    if (length < 3) length = 1;
    out.push(
      length === 1
        ? { text: String(first), as: 'layer', layer: first }
        : { text: `${first}–${first + length - 1}`, as: 'layer' },
    );
    i += length;
  }
  return out;
}

export const TYPE_WORDS: Record<ScanEntry['type'], string> = {
  file: 'file',
  dir: 'directory',
  symlink: 'symlink',
  fifo: 'fifo',
  char: 'character device',
  block: 'block device',
  socket: 'socket',
  whiteout: 'whiteout',
  unknown: 'entry of unknown type',
};

/** `files`, `directories`, `entries of unknown type`. */
export function plural(type: ScanEntry['type']): string {
  if (type === 'dir') return 'directories';
  return type === 'unknown' ? 'entries of unknown type' : `${TYPE_WORDS[type]}s`;
}

/** The text of a sentence, as it is read aloud. */
export const textOf = (sentence: Sentence): string => sentence.map((span) => span.text).join('');
