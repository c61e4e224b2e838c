import { asBytes, type Bytes, bytesOfText, textOfBytes } from '../../shared/bytes/bytes.ts';
import { shellQuote } from '../../shared/bytes/show.ts';

/**
 * Paths that a person types. Text stands for its UTF-8; a path that is not UTF-8 stands as the shell's $'…', which is
 * also what the page puts on the clipboard for it.
 */
export function bytesOfTyped(text: string): Bytes {
  const quoted = /^\$'((?:[^'\\]|\\.)*)'$/s.exec(text);
  if (!quoted) return bytesOfText(text);
  const plain = bytesOfText(quoted[1] as string);
  return asBytes(plain.replace(/\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))/gs, unescapeOne));
}

const LETTERS: Record<string, string> = { n: '\n', t: '\t', r: '\r', e: '\x1b', a: '\x07', b: '\b', f: '\f', v: '\v' };

function unescapeOne(_: string, hex?: string, octal?: string, letter?: string): string {
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
  return LETTERS[letter as string] ?? (letter as string);
}

/** The text that a field shows for a path; `bytesOfTyped` gives the same bytes back. */
export function typedOfBytes(path: Bytes): string {
  const text = textOfBytes(path);
  if (text !== null && !text.startsWith("$'")) return text;
  const quoted = shellQuote(path);
  return quoted.startsWith("$'") ? quoted : text !== null ? `$'${text.replace(/['\\]/g, '\\$&')}'` : quoted;
}

/** What is typed as a directory whose names may follow, and what the name must begin with. */
export function splitTyped(text: string): { directory: Bytes; prefix: Bytes } | null {
  const bytes = bytesOfTyped(text);
  const at = bytes.lastIndexOf('/');
  if (at < 0 || !bytes.startsWith('/')) return null;
  return { directory: asBytes(bytes.slice(0, at) || '/'), prefix: asBytes(bytes.slice(at + 1)) };
}

/** A name chosen below a directory, as it is typed: with a slash, so that the next one may follow. */
export const joinTyped = (directory: Bytes, name: Bytes): string =>
  typedOfBytes(asBytes(`${directory === '/' ? '' : directory}/${name}/`));
