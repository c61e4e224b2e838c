import { asBytes, type Bytes } from '../bytes/bytes.ts';
import { textForJson } from '../bytes/show.ts';
import type { FindingCode } from '../contract/scan.ts';
import { FINDINGS } from './list.ts';

/** A message as it is compared: quotes of every kind alike, case and runs of space left out. */
const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[‘’‚‛`´]/g, "'")
    .replaceAll(/[“”„]/g, '"')
    .replaceAll(/\s+/g, ' ')
    .toLowerCase();

/**
 * The findings that such a message can come from: those of which a message stands in the text, or whose code it names.
 * In the order of the contract.
 */
export function codesOfMessage(text: Bytes): FindingCode[] {
  const line = plain(textForJson(text));
  return FINDINGS.filter(
    ({ code, messages }) => line.includes(code) || messages.some((message) => line.includes(plain(message))),
  ).map(({ code }) => code);
}

/** Quoted parts of a message, and its words: what may be a path in it. */
const PARTS = /'([^']*)'|"([^"]*)"|[^\s:;,'"]+/g;

/**
 * Paths that a message may name, below the merged root: as they stand, and, where they begin with the mount point, what
 * follows it. No more than a few.
 */
export function pathsIn(text: Bytes, mount: Bytes | null): Bytes[] {
  const out = new Set<string>();
  const straight = text.replaceAll(/\xe2\x80[\x98\x99]/g, "'").replaceAll(/\xe2\x80[\x9c\x9d]/g, '"');
  for (const match of straight.matchAll(PARTS)) {
    const part = (match[1] ?? match[2] ?? match[0]).replace(/\/+$/, '');
    if (part === '' || out.size > 32) continue;
    const inside =
      mount !== null && part.startsWith(mount === '/' ? '/' : `${mount}/`) ? part.slice(mount.length) : part;
    out.add(inside.replace(/^(\.?\/)+/, ''));
  }
  return [...out].map(asBytes);
}
