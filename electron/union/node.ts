import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { Entry } from './entries.ts';
import type { Origin } from './stores/store.ts';

/** What the union keeps in memory: names (dentries) and the objects that they lead to (nodes). */

/** An object of the union, by its constant number, however many names it has. */
export type Node = {
  readonly ino: bigint;
  /** See Kind. */
  readonly kind: number;
  upper: Entry | null;
  /** Of a directory the lower directories that merge; of anything else its one lower inode, until it is copied up. */
  lowers: Entry[];
  /** The lower inode that its number is of; null where it was made in the upper. */
  origin: Origin | null;
  /** Descriptor of its temporary file, open for reading and writing. */
  temp: number | null;
  /**
   * Of a fifo that was copied up while it was open: the place of the lower one, whose pipe whoever opens it has to share
   * until the last of them closes.
   */
  pipe: number | null;
  readonly dentries: Set<Dentry>;
  /** Descriptors and mappings of the session. */
  opens: number;
  maps: number;
  /** Its last name is gone. */
  isGone: boolean;
};

/** A name, as long as it is remembered. */
export type Dentry = {
  parent: Dentry | null;
  name: Bytes;
  readonly node: Node;
  /** Of a directory: what is remembered of its names. */
  readonly children: Map<Bytes, Dentry>;
};

/** Whether something holds the object beside its names. */
export const isHeld = (node: Node): boolean => node.opens > 0 || node.maps > 0;

/** The entry that the object's attributes are read from. */
export const realOf = (node: Node): Entry => (node.upper ?? node.lowers[0]) as Entry;

/** Path of a dentry from the union's root. */
export function pathOf(dentry: Dentry): Bytes {
  const names: Bytes[] = [];
  for (let at = dentry; at.parent; at = at.parent) names.unshift(at.name);
  return names.join('/') as Bytes;
}
