/**
 * Names and paths are bytes. Inside the program they are latin1 strings in which each UTF-16 unit is one byte
 * (0x00–0xff): comparable, hashable and concatenable as plain strings, and exact. They become text only where a
 * person or a JSON reader meets them.
 */
export type Bytes = string & { readonly __bytes: true };

/** Marks a latin1 string (each unit ≤ 0xff) as bytes, without a check. */
export const asBytes = (latin1: string): Bytes => latin1 as Bytes;

const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes of a text, encoded as UTF-8. */
export function bytesOfText(text: string): Bytes {
  let isAscii = true;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) {
      isAscii = false;
      break;
    }
  }
  return isAscii ? (text as Bytes) : bytesOfArray(encoder.encode(text));
}

/** Bytes of a Uint8Array. */
export function bytesOfArray(array: Uint8Array): Bytes {
  let out = '';
  for (let i = 0; i < array.length; i += 8192) out += String.fromCharCode(...array.subarray(i, i + 8192));
  return out as Bytes;
}

/** A new Uint8Array that holds these bytes. */
export function arrayOfBytes(bytes: Bytes): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes.charCodeAt(i);
  return out;
}

/** The text that the bytes encode as UTF-8, or null where they are not valid UTF-8. */
export function textOfBytes(bytes: Bytes): string | null {
  let isAscii = true;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes.charCodeAt(i) > 0x7f) {
      isAscii = false;
      break;
    }
  }
  if (isAscii) return bytes;
  try {
    return strict.decode(arrayOfBytes(bytes));
  } catch {
    return null;
  }
}

/** Base64 of the bytes. */
export const base64OfBytes = (bytes: Bytes): string => btoa(bytes);

/** Bytes of a base64 text. Throws a DOMException where it is not base64. */
export const bytesOfBase64 = (text: string): Bytes => atob(text) as Bytes;

/** Lowercase hex of the bytes, two digits a byte. */
export function hexOfBytes(bytes: Bytes): string {
  let out = '';
  for (let i = 0; i < bytes.length; i++) out += bytes.charCodeAt(i).toString(16).padStart(2, '0');
  return out;
}

/** Byte order, as memcmp: what `<` on latin1 strings says. For sort(). */
export const compareBytes = (a: Bytes, b: Bytes): number => (a < b ? -1 : a > b ? 1 : 0);

/** `name` below `directory`; the root is the empty path. */
export const joinBytes = (directory: Bytes, name: Bytes): Bytes =>
  (directory === '' ? name : `${directory}/${name}`) as Bytes;
