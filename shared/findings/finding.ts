import type { Bytes } from '../bytes/bytes.ts';
import type { Evidence, Severity } from '../contract/finding.ts';
import type { FindingCode, ListObject, Lookup, Origin, Provenance, ScanObject, Shown } from '../contract/scan.ts';
import type { LayerNames } from '../explain/words.ts';
import type { Sentence } from '../ipc/engine.ts';
import type { StackOptions } from '../merge/options.ts';

/**
 * A finding: a mismatch that users of a union mount really meet, found in one object from what its layers hold. Each has
 * a file of its own beside this one, and says no more than its evidence.
 */

/** The stack that an object is of, as findings need it. */
export type FindingStack = {
  list: ListObject;
  options: StackOptions;
  /** Longest absolute overlay.redirect that the kernel writes, in bytes (module parameter redirect_max). */
  redirectMax: number;
  names: LayerNames;
  /** There is an upper and the mount is not read-only: only then is anything renamed or copied up. */
  writable: boolean;
};

/** One entry of one layer. */
export type EntryView = {
  layer: number;
  path: Bytes;
  type: ScanObject['type'];
  dev: string;
  ino: bigint;
  nlink: number;
  size: bigint;
  /** st_mode. */
  mode: number;
  uid: number;
  gid: number;
  mtimeNs: bigint;
  /** Birth of the inode; null where the filesystem has none. */
  btimeNs: bigint | null;
  /** Allocated blocks of 512 bytes. */
  blocks: bigint;
  /** It carries overlay.origin, of the prefix that counts. */
  hasOrigin: boolean;
};

/** Another object, or another name, that has to do with this one. */
export type Other = { path: Bytes; layer: number; ino: bigint };

/** Another object with the same lower object; `atHome`: that stands at its own path in the lower. */
export type Sharer = Other & { atHome: boolean };

/**
 * Another entry of a lower hard link: whether its path in the mount shows it, and the upper's inode that stands there
 * instead, if one does.
 */
export type OtherName = Other & { visible: boolean; upperIno: bigint | null };

/** Who had an inode number before: from a handle that no longer opens, or from what was remembered. */
export type FormerOwner = {
  path: Bytes;
  ino: bigint;
  /** The stored handle (struct ovl_fb) that named it, in hex; null where none was kept. */
  handle: string | null;
  from: 'origin' | 'map' | 'history';
};

/** A directory as its children's listing has it. */
export type ParentView = {
  path: Bytes;
  /** It has a part in the upper, with overlay.impure or without; unknown where marks cannot be read. */
  impure: boolean | 'unknown' | null;
};

/** Why the marks of an upper entry are taken for lost: see marks-lost. */
export type LostMark =
  | { sign: 'prefix'; layer: number; marks: string[]; prefix: 'trusted' | 'user' }
  | { sign: 'whiteout-inside'; whiteout: Bytes }
  | { sign: 'holes' }
  | { sign: 'merged-unmarked'; whiteouts: number }
  | { sign: 'copied-unmarked' };

/** An object with what lies around it. Every field is made when it is first asked for: the cheap ones stand first. */
export type Subject = {
  readonly isRoot: boolean;
  readonly path: Bytes;
  readonly type: ScanObject['type'];
  readonly lookup: Lookup;
  readonly provenance: Provenance;
  readonly shown: Shown | null;
  /** Its layer is any one on the filesystem that the origin is of. */
  readonly origin: Origin | 'unknown' | null;
  /** The entry whose attributes the object has; null where none is known. */
  readonly top: EntryView | null;
  readonly parent: ParentView | null;
  /** The topmost lower entry of the same type that stands hidden at the same path; null where there is none. */
  readonly beneath: EntryView | null;
  /** Objects that resolve to the same lower object, of which only the first that is looked up is answered. */
  readonly sharers: readonly Sharer[];
  /** Objects of other files that show the same st_dev and st_ino. */
  readonly sameNumber: readonly Other[];
  /** The other names of the inode `beneath` in its layer. */
  readonly otherNames: readonly OtherName[];
  readonly formerOwners: readonly FormerOwner[];
  readonly lostMark: LostMark | null;
  /** Bytes of the absolute redirect that a move to another directory has to store; 0 where it has one already. */
  readonly redirectLength: number;
  /** Hex of the object's own overlay.origin; null where there is none. */
  readonly originBytes: string | null;
  /** Everything that a scan says of it. */
  readonly object: ScanObject;
};

/** What a finding says of one object. */
export type FindingDetail = {
  /** Layer of the entry that it is about. */
  layer: number;
  /** Numbers and raw bytes; 64-bit numbers as decimal text, bytes as hex. */
  evidence: Evidence;
  /** This object in one sentence, for a list under the finding's name. */
  what: string;
  cause: Sentence;
  cure: Sentence;
  /** Commands of a POSIX shell (bash where a name needs $'…') that cure it on a stack that is not mounted; often none. */
  commands: string[];
};

export type Finding = {
  code: FindingCode;
  /** The usual one, by which the finding is listed. */
  severity: Severity;
  /** What is the matter, in one line without a full stop. */
  title: string;
  /** Messages of programs by which people meet it: parts of them that hold no name and no quote. */
  messages: readonly string[];
  /** The kernel's rule behind it: `file.c:function: what it does`. */
  rule: string;
  /** Whether the object has it, and how grave it is; null where not, and where what decides is unknown. Cheap. */
  look(subject: Subject, stack: FindingStack): Severity | null;
  /** Says it. To be asked only where `look` answered. */
  tell(subject: Subject, stack: FindingStack): FindingDetail;
};

/** Runs both halves: what a finding says of the object, or null. */
export function find(
  finding: Finding,
  subject: Subject,
  stack: FindingStack,
): (FindingDetail & { code: FindingCode; severity: Severity; rule: string }) | null {
  const severity = finding.look(subject, stack);
  if (severity === null) return null;
  return { code: finding.code, severity, rule: finding.rule, ...finding.tell(subject, stack) };
}
