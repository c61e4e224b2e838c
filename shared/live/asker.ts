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
export type Below = { isDirectory: boolean; isFile: boolean; size: string } | null | 'unknown';

/** Answers about the stack, and keeps the upper's picture in step with what it is told. Paths are the merged tree's. */
export type Asker = {
  /** What the upper had at this name; null for nothing. */
  standing(path: Bytes): Standing | null;
  below(path: Bytes): Below;
  /** Names in the upper that lead to this inode. */
  namesOf(ino: string): Bytes[];
  /** What was read as the state of an upper's name, in the marks of this stack. */
  standingOf(now: Extract<Now, { is: 'there' }>): Standing;
  /** Something new stands at the name: what stood there, and all below it, is put aside. */
  put(path: Bytes, standing: Standing): void;
  /** The same object stands there, changed. */
  update(path: Bytes, standing: Standing): void;
  remove(path: Bytes): void;
  /** A name was renamed, over what stood there, which is put aside. */
  move(from: Bytes, to: Bytes): void;
  /** What was put aside last now stands at this name: the second half of an exchange. */
  restore(path: Bytes): void;
};
