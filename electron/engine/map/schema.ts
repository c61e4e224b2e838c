/**
 * The file of an inode map: an SQLite database.
 *
 *   fact          what the map is of: see MapFact
 *   filesystem    key (see shared/map/keys.ts), type, st_dev as last seen (null: another one has that number now)
 *   source        where a lower inode lies: a filesystem, and the layer of the stack
 *   mapping_N     of upper filesystem N: upper inode number → lower inode number and source. Narrow, so that a lookup
 *                 of a number touches few pages; numbers above 2⁶³ are kept as two's complement
 *   reverse_N     its index by lower number
 *   evidence_N    by the same number: the birth of the upper inode, both handles in one text, one of its names (text, or
 *                 a blob where the bytes are no UTF-8)
 *
 * A filesystem has at most one inode of a number at a time, so a number is a key as long as the handle beside it is
 * compared by whoever brings the map up to date. There is one upper filesystem, unless its btrfs has subvolumes in it.
 */

/** "strm" as the file's application id: a file of another program is known by it. */
export const APPLICATION_ID = 0x7374726d;

/** What turns a file of version n into one of version n + 1; one that was never written has version 0. */
export const UPGRADES: readonly string[] = [
  `CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE filesystem (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, type TEXT NOT NULL, dev TEXT) STRICT;
   CREATE TABLE source (
     id INTEGER PRIMARY KEY, filesystem INTEGER NOT NULL, layer INTEGER NOT NULL, UNIQUE (filesystem, layer)
   ) STRICT;`,
];
export const VERSION = UPGRADES.length;

/** Facts that a map keeps of itself. */
export type MapFact =
  /** How the stack was named: a StackRef as JSON. */
  | 'stack'
  /** Hash of the stack's layers, and of its upper alone (see stack-identity.ts). */
  | 'identity'
  | 'upper'
  /** When the reading began that it was brought up to date by, ns since the epoch. */
  | 'readAt';

const COLUMNS = `ino INTEGER PRIMARY KEY, lower_ino INTEGER NOT NULL, source INTEGER NOT NULL`;
const EVIDENCE = `ino INTEGER PRIMARY KEY, since INTEGER, handles TEXT NOT NULL, path ANY NOT NULL`;

/** Tables of an upper filesystem, without the index: a map that is filled gets that afterwards. */
export const tablesOf = (filesystem: number): string =>
  `CREATE TABLE mapping_${filesystem} (${COLUMNS}) STRICT; CREATE TABLE evidence_${filesystem} (${EVIDENCE}) STRICT;`;
export const indexOf = (filesystem: number): string =>
  `CREATE INDEX reverse_${filesystem} ON mapping_${filesystem} (lower_ino, source);`;
export const dropIndexOf = (filesystem: number): string => `DROP INDEX reverse_${filesystem};`;

/** The upper filesystem whose table has this name, or null. */
export function filesystemOf(table: string): number | null {
  const [, digits] = /^mapping_(\d+)$/.exec(table) ?? [];
  return digits === undefined ? null : Number(digits);
}
