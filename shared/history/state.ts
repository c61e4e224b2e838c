import type { Provenance, Shown } from '../contract/scan.ts';
import type { NumberRow } from '../inodes/rows.ts';

/** What is remembered of a path: the numbers that it showed, and whose they were. */

/** One state of a path, as one reading of the layers found it. */
export type PathState = {
  /** st_ino; null where the kernel counts. */
  ino: bigint | null;
  dev: Exclude<Shown['dev'], 'unknown'>;
  /** It was foretold to last. */
  stable: boolean;
  provenance: Exclude<Provenance, 'unknown'>;
  /** The deciding entry: its layer, its inode and that one's birth (ns; null where its filesystem tells none). */
  layer: number;
  real: bigint;
  bornNs: bigint | null;
};

/** How a state ended. The order is that of the file: new ones come last. */
export const ENDINGS = [
  'removed',
  'copied-up',
  'copied-up-lost',
  'link-broken',
  'replaced',
  'replaced-same-number',
  'origin-lost',
  'origin-found',
  'remapped',
  'renumbered',
  'changed',
] as const;
export type Ending = (typeof ENDINGS)[number];

/** Whether two states are of one inode: an inode's birth does not change, and a number used again has another. */
export const isSameInode = (a: PathState, b: PathState): boolean =>
  a.layer === b.layer && a.real === b.real && (a.bornNs === b.bornNs || a.bornNs === null || b.bornNs === null);

/** Whether they are one state: that its number lasts, or not, is foretold anew by each reading and ends none. */
export const isSameState = (a: PathState, b: PathState): boolean =>
  isSameInode(a, b) && a.ino === b.ino && a.dev === b.dev && a.provenance === b.provenance;

/** How `before` became `after`; `row`: by which rule the new number is made. Null: only what it was made of changed. */
export function endingOf(before: PathState, after: PathState | null, row: NumberRow | null): Ending {
  if (after === null) return 'removed';
  const isNumberSame = before.ino === after.ino && before.dev === after.dev;
  if (isSameInode(before, after)) {
    if (isNumberSame) return 'changed';
    if (before.provenance === 'copied-up' && after.provenance === 'copied-up')
      return row === 'copied up, origin missing' || row === 'lower gained a link' ? 'origin-lost' : 'origin-found';
    return before.ino === null || after.ino === null || before.stable === false ? 'renumbered' : 'remapped';
  }
  const cameUp = before.layer !== 0 && after.layer === 0;
  if (cameUp && (after.provenance === 'copied-up' || after.provenance === 'merged'))
    return isNumberSame || before.ino === null ? 'copied-up' : 'copied-up-lost';
  if (cameUp && row === 'hard link copied up, index off') return 'link-broken';
  return isNumberSame ? 'replaced-same-number' : 'replaced';
}

const SENTENCES: Record<Ending, string> = {
  removed: 'It was removed, or hidden.',
  'copied-up': 'It was copied up, and kept its number.',
  'copied-up-lost': 'It was copied up, and shows the upper’s number, for the kernel cannot use its origin.',
  'link-broken': 'It was copied up alone, which broke its hard link, and shows the upper’s number.',
  replaced: 'Another file took its name.',
  'replaced-same-number': 'Another file took its name, and got the same number.',
  'origin-lost': 'The kernel cannot use its origin any more, and shows the upper’s number.',
  'origin-found': 'The kernel can use its origin again, and shows the lower’s number.',
  remapped: 'The mount makes another number of the same inode: its layers, their order or its options changed.',
  renumbered: 'Its number was not one that lasts.',
  changed: 'What it is made of changed, its number did not.',
};
/** One sentence of how a state ended. */
export const endingSays = (ending: Ending): string => SENTENCES[ending];
