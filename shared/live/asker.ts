import type { Bytes } from '../bytes/bytes.ts';
import type { Now } from './raw.ts';

/** What meaning.ts must know of a stack beside the records: the picture as it stood before each of them. */

/** What stands at a name in the upper. Null fields: not known. */
export type Standing = {
  is: 'directory' | 'whiteout' | 'other';
  /** Handle, in the form of RawEvent.fid. */
  fid: string | null;
  ino: string | null;
  /** st_mode; 0 where it is not known. */
  mode: number;
  uid: number;
  gid: number;
  size: string | null;
  mtimeNs: string | null;
  /** Overlay marks that count in this stack, in one text: equal texts are equal marks. Null: not known. */
  marks: string | null;
  isOpaque: boolean;
  isMetacopy: boolean;
  hasOrigin: boolean;
};

/** What a lower would show at a name if nothing of the upper stood there. */
export type Below = {
  /** Null for nothing. */
  found: { isFile: boolean; size: string; mode: number; uid: number; gid: number } | null;
  /** False: a layer or a mark on the way is not known, and `found` is what is there as far as it is. */
  isCertain: boolean;
};

/** Answers about the stack, and keeps the upper's picture in step with what it is told. Paths are the merged tree's. */
export type Asker = {
  /** What the upper had at this name; null for nothing. */
  standing(path: Bytes): Standing | null;
  below(path: Bytes): Below;
  /** Names in the upper that lead to this inode. */
  namesOf(ino: string): Bytes[];
  /** What was read as the state of an upper's name, in the marks of this stack. */
  standingOf(now: Extract<Now, { is: 'there' }>): Standing;
  /** Something new stands at the name; what stood there is gone, with all below it. */
  put(path: Bytes, standing: Standing): void;
  /** The same object stands there, changed. */
  update(path: Bytes, standing: Standing): void;
  remove(path: Bytes): void;
  /** A name was renamed, over what stood there, which is put aside. */
  move(from: Bytes, to: Bytes): void;
  /** What a move put aside last now stands at this name: the second half of an exchange. */
  restore(path: Bytes): void;
  /** The inode number that a handle of the upper's filesystem holds; null where it tells none. */
  inoOf(fid: string): string | null;
  /**
   * What was found at this name was something else by then: what is known of it may be out of date, and so may be what
   * is known of the other names of the inode with this handle.
   */
  doubt(path: Bytes, fid: string | null): void;
};
