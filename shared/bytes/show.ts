import { arrayOfBytes, type Bytes, base64OfBytes, textOfBytes } from './bytes.ts';

/**
 * How bytes are shown to people and written in JSON. Two forms: `textForJson` is the contract's (valid UTF-8 as it
 * is, each bad byte as `\xNN` with the exact bytes beside it); `textForEyes` also escapes what could deceive a reader:
 * control characters, bidi controls, invisible and line-breaking characters.
 */

const hex2 = (byte: number): string => byte.toString(16).padStart(2, '0');

/** Length in bytes of the valid UTF-8 sequence at `at`, or 0 (Unicode 15, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const b0 = bytes[at] as number;
  if (b0 < 0x80) return 1;
  const b1 = bytes[at + 1] ?? 0;
  const tail = (k: number): boolean => ((bytes[at + k] ?? 0) & 0xc0) === 0x80;
  if (b0 >= 0xc2 && b0 <= 0xdf) return tail(1) ? 2 : 0;
  if (b0 >= 0xe0 && b0 <= 0xef) {
    const low = b0 === 0xe0 ? 0xa0 : 0x80;
    const high = b0 === 0xed ? 0x9f : 0xbf;
    return b1 >= low && b1 <= high && tail(2) ? 3 : 0;
  }
  if (b0 >= 0xf0 && b0 <= 0xf4) {
    const low = b0 === 0xf0 ? 0x90 : 0x80;
    const high = b0 === 0xf4 ? 0x8f : 0xbf;
    return b1 >= low && b1 <= high && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

/** Text with each byte that is not part of valid UTF-8 as `\xNN`. */
export function textForJson(bytes: Bytes): string {
  const whole = textOfBytes(bytes);
  if (whole !== null) return whole;
  const array = arrayOfBytes(bytes);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let out = '';
  for (let i = 0; i < array.length; ) {
    const length = sequenceLength(array, i);
    if (length === 0) {
      out += `\\x${hex2(array[i] as number)}`;
      i++;
    } else {
      out += decoder.decode(array.subarray(i, i + length));
      i += length;
    }
  }
  return out;
}

/** `{path}` where the bytes are UTF-8, else `{path, pathB64}`, under the given field name (the terminal contract, "Names"). */
export function jsonField<K extends string>(key: K, bytes: Bytes): { [P in K | `${K}B64`]?: string } {
  const whole = textOfBytes(bytes);
  const out: Record<string, string> = {};
  if (whole !== null) out[key] = whole;
  else {
    out[key] = textForJson(bytes);
    out[`${key}B64`] = base64OfBytes(bytes);
  }
  return out as { [P in K | `${K}B64`]?: string };
}

// Controls, bidi controls, zero-width and other invisible characters, line and paragraph separators, BOM, tags.
const DECEIVES =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** The escape that stands for a character which could deceive. */
function escapeOf(c: string): string {
  const code = c.codePointAt(0) as number;
  if (c === '\n') return '\\n';
  if (c === '\t') return '\\t';
  if (c === '\r') return '\\r';
  if (code === 0x1b) return '\\e';
  return code < 0x80 ? `\\x${hex2(code)}` : `\\u{${code.toString(16)}}`;
}

/** Text that shows every byte honestly and never acts: `\n`, `\e`, `\xNN`, `\u{202e}`. */
export const textForEyes = (bytes: Bytes): string => textForJson(bytes).replace(DECEIVES, escapeOf);

/** A piece of what `textForEyes` gives: an escape, or text that stands for itself. */
export type ShownSpan = { text: string; escape: boolean };

/** The same as `textForEyes` in pieces, so that an escape can be told from a name that holds a real backslash. */
export function spansForEyes(bytes: Bytes): ShownSpan[] {
  if (/^[\x20-\x7e]*$/.test(bytes)) return [{ text: bytes, escape: false }];
  const spans: ShownSpan[] = [];
  const put = (text: string, isEscape: boolean): void => {
    const last = spans.at(-1);
    if (last && last.escape === isEscape) last.text += text;
    else spans.push({ text, escape: isEscape });
  };
  const array = arrayOfBytes(bytes);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  for (let i = 0; i < array.length; ) {
    const length = sequenceLength(array, i);
    if (length === 0) {
      put(`\\x${hex2(array[i] as number)}`, true);
      i++;
      continue;
    }
    const c = decoder.decode(array.subarray(i, i + length));
    DECEIVES.lastIndex = 0;
    if (DECEIVES.test(c)) put(escapeOf(c), true);
    else put(c, false);
    i += length;
  }
  return spans;
}

/**
 * One word that means exactly these bytes to a shell: bare or in '…' for any POSIX shell; where they are no UTF-8 or
 * could deceive a reader, as $'…' with `\xNN`, which needs bash (also ksh and zsh; dash does not know it). No shell
 * word can hold the byte 0, so the bytes must not: a path never does.
 */
export function shellQuote(bytes: Bytes): string {
  if (bytes === '') return "''";
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(bytes)) return bytes;
  const text = textOfBytes(bytes);
  DECEIVES.lastIndex = 0;
  if (text !== null && !DECEIVES.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  let out = "$'";
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes.charCodeAt(i);
    if (code === 0x27 || code === 0x5c) out += `\\${String.fromCharCode(code)}`;
    else if (code < 0x20 || code > 0x7e) out += `\\x${hex2(code)}`;
    else out += String.fromCharCode(code);
  }
  return `${out}'`;
}
