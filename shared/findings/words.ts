import { asBytes, type Bytes, joinBytes } from '../bytes/bytes.ts';
import { shellQuote, textForEyes, textForJson } from '../bytes/show.ts';
import type { Evidence } from '../contract/finding.ts';
import type { Shown } from '../contract/scan.ts';
import { bytesOf } from '../explain/words.ts';
import type { Sentence, Span } from '../ipc/engine.ts';
import type { EntryView, FindingStack, Other } from './finding.ts';

/** What the findings' sentences, evidence and commands have in common. */

/** A path for eyes, as a piece of a sentence; the merged root is `/`. */
export const place = (path: Bytes): Span => ({ text: shownPath(path), as: 'path' });
export const shownPath = (path: Bytes): string => (path === '' ? '/' : textForEyes(path));

/** A number that the mount shows: `17`, `17 on pseudo:1`, `volatile`. */
export function numberText({ dev, ino }: { dev: string; ino: string | null }): string {
  const number = ino ?? 'volatile';
  return dev === 'overlay' || dev === 'unknown' ? number : `${number} on ${dev}`;
}

/** An entry as evidence. */
export const entryEvidence = ({ layer, path, dev, ino, nlink, size, mtimeNs, btimeNs }: EntryView): Evidence => ({
  layer,
  path: textForJson(path),
  dev,
  ino: String(ino),
  nlink,
  size: String(size),
  mtimeNs: String(mtimeNs),
  btimeNs: btimeNs === null ? null : String(btimeNs),
});

export const shownEvidence = ({ dev, ino, dino, nlink, why }: Shown): Evidence => ({ dev, ino, dino, nlink, why });

/** Evidence names no more than so many others; their count stands beside them. */
const OTHERS = 8;
export const othersEvidence = (others: readonly Other[]): Evidence => ({
  count: others.length,
  others: others.slice(0, OTHERS).map(({ path, layer, ino }) => ({ path: textForJson(path), layer, ino: String(ino) })),
});

/** The first of several paths, and how many more: `a/b and 3 more`. */
export function firstOf(others: readonly Other[]): string {
  const [first] = others;
  if (!first) return 'nothing';
  return others.length === 1 ? shownPath(first.path) : `${shownPath(first.path)} and ${others.length - 1} more`;
}

/** `trusted.overlay.NAME` or `user.overlay.NAME`, whichever this stack's mount reads. */
export const markName = (stack: FindingStack, name: string): string =>
  `${stack.list.marks === 'user' ? 'user' : 'trusted'}.overlay.${name}`;

/** A path of the upper as a shell word; null where the upper's place is not known. */
export function upperWord(stack: FindingStack, path: Bytes): string | null {
  const upper = stack.list.layers.find(({ role }) => role === 'upper');
  if (!upper || upper.path === 'unknown') return null;
  return shellQuote(joinBytes(bytesOf(upper.path, upper.pathB64), path));
}

/** The commands that could be made, without those that could not. */
export const commandsOf = (...commands: (string | null)[]): string[] => commands.filter((one) => one !== null);

/** `setfattr` on an entry of the upper: sets overlay.NAME, or removes it. */
export function setMark(stack: FindingStack, path: Bytes, name: string, value: string | null): string | null {
  const word = upperWord(stack, path);
  if (word === null) return null;
  const attribute = shellQuote(asBytes(markName(stack, name)));
  return value === null
    ? `setfattr -h -x ${attribute} -- ${word}`
    : `setfattr -h -n ${attribute} -v ${value} -- ${word}`;
}

/** The sentence with a capital at its beginning. */
export const capital = (sentence: Sentence): Sentence =>
  sentence.map((span, i) =>
    i === 0 ? { ...span, text: span.text.charAt(0).toUpperCase() + span.text.slice(1) } : span,
  );
