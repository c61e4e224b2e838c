import type { Bytes } from '../bytes/bytes.ts';
import type { Asker, Standing } from './asker.ts';
import { type LiveEvent, type LiveKind, UNKNOWN_BYTES } from './event.ts';
import { type Now, type Process, Raw, type RawEvent } from './raw.ts';
import type { Temp } from './temps.ts';

type There = Extract<Now, { is: 'there' }>;
export type More = Partial<Pick<LiveEvent, 'from' | 'temp' | 'bytes' | 'copied' | 'assumed'>>;

const CHAR = 0o020000;
const TYPE = 0o170000;
export const isWhiteoutState = ({ mode, rdev }: There): boolean => (mode & TYPE) === CHAR && rdev === '0:0';

/** Two handles that are the same, as far as both are known. */
export const isSame = (a: string | null, b: string | null): boolean => a === null || b === null || a === b;

/** A standing of which nothing is known but that something is there. */
export const UNKNOWN: Standing = {
  is: 'other',
  fid: null,
  ino: null,
  mode: 0,
  uid: 0,
  gid: 0,
  size: null,
  mtimeNs: null,
  marks: null,
  isOpaque: false,
  isMetacopy: false,
  hasOrigin: false,
};

/** How many changes a record holds. */
function countChanges(mask: number): number {
  let count = 0;
  for (const bit of [Raw.create, Raw.delete, Raw.rename, Raw.modify, Raw.attrib]) if (mask & bit) count++;
  return count;
}

/** The record whose meaning is being told, and what was told of it so far. */
export class CurrentRecord {
  event: RawEvent = { mask: 0, at: null, fid: null, by: null };
  by: Process | null = null;
  told: LiveEvent[] = [];
  readonly #asker: Asker;
  readonly #lifetimes: boolean;
  /** Handles of whiteouts: one inode stands for many, and its newest name may be gone when it is looked at. */
  readonly #whiteouts = new Set<string>();

  constructor(asker: Asker, lifetimes: boolean) {
    this.#asker = asker;
    this.#lifetimes = lifetimes;
  }

  begin(event: RawEvent, by: Process | null): void {
    this.event = event;
    this.by = by;
    this.told = [];
  }

  get pid(): number | null {
    return this.by?.pid ?? null;
  }

  say(event: LiveKind, path: Bytes | null, more: More = {}, layer = 0): void {
    const isMerged = countChanges(this.event.mask) > 1;
    this.told.push({ event, path, layer, ...more, ...(isMerged ? { merged: true as const } : {}), by: this.by });
  }

  sayTemp(event: LiveKind, { name, wasWritten }: Temp): void {
    if (this.#lifetimes) this.say(event, null, { temp: name, bytes: wasWritten ? UNKNOWN_BYTES : '0' });
  }

  /** The state that was found, where it is that of the record's own inode. */
  found(now: Now | undefined = this.event.now): Standing | null {
    if (now?.is !== 'there' || !isSame(now.fid, this.event.fid)) return null;
    return this.#asker.standingOf(now);
  }

  /** What is known of the record's inode, which came and was gone, or has another name, by the time it was looked at. */
  guess(): Standing {
    const { mask, fid } = this.event;
    const ino = fid === null ? null : this.#asker.inoOf(fid);
    const isWhiteout = fid !== null && this.#whiteouts.has(fid);
    return { ...UNKNOWN, is: isWhiteout ? 'whiteout' : mask & Raw.isDir ? 'directory' : 'other', fid, ino };
  }

  /** Whether what stood at a name is the record's inode; null where that cannot be told. */
  isOf(before: Standing): boolean | null {
    const { fid, now } = this.event;
    if (before.fid !== null && fid !== null) return before.fid === fid;
    const ino = fid === null ? (now?.is === 'there' ? now.ino : null) : this.#asker.inoOf(fid);
    return before.ino === null || ino === null ? null : before.ino === ino;
  }

  /** This inode stands for whiteouts. */
  addWhiteout(fid: string): void {
    if (this.#whiteouts.size >= 1000) this.#whiteouts.clear();
    this.#whiteouts.add(fid);
  }
}
