import type { ScanObject } from '../contract/scan.ts';
import type { NumberRow } from './rows.ts';

/** Rows of the table in which the upper's own inode gives the number; in all others a lower's does. */
const FROM_UPPER: ReadonlySet<string> = new Set<NumberRow>([
  'root, with upper',
  'dir merged, not indexed',
  'dir pure upper',
  'copied up, origin missing',
  'pure upper file',
  'hard link copied up, index off',
  'lower gained a link',
]);
/** Rows in which it is the inode that overlay.origin names. */
const FROM_ORIGIN: ReadonlySet<string> = new Set<NumberRow>([
  'copied up, origin usable',
  'hard link copied up, index on',
]);

/** A layer's inode; both decimal text and layer number as in the contract. */
export type SourceInode = { layer: number; ino: string };

/**
 * The real inode that an object's number is from, found again from the row of the rule (`shown.why`). Null where it is
 * not known, or where the object shows no number.
 */
export function sourceInode({ shown, entries, origin }: ScanObject): SourceInode | null {
  if (shown === null || shown.ino === 'unknown') return null;
  const { why } = shown;
  if (FROM_UPPER.has(why)) return inodeOf(entries.find(({ layer }) => layer === 0));
  if (FROM_ORIGIN.has(why) && origin !== null && origin !== 'unknown') return inodeOf(origin);
  if (why === 'metacopy') return inodeOf(entries.find(({ layer, role }) => layer > 0 && role !== 'hidden'));
  return inodeOf(entries.find(({ layer, role }) => layer > 0 && (role === 'object' || role === 'merged')));
}

function inodeOf(one: { layer: number | 'unknown'; ino: string } | undefined): SourceInode | null {
  if (one === undefined || one.layer === 'unknown' || one.ino === 'unknown') return null;
  return { layer: one.layer, ino: one.ino };
}
