import type { Bytes } from '../bytes/bytes.ts';
import type { Asker, Below, Standing } from './asker.ts';
import { UNKNOWN_BYTES } from './event.ts';
import type { Now } from './raw.ts';
import { type CurrentRecord, isWhiteoutState, UNKNOWN } from './record.ts';
import type { Temp } from './temps.ts';
import type { UpperContents } from './upper-contents.ts';

/** Marks that a directory gets one by one: origin, impure, redirect or opaque. Each may stand before its record comes. */
const MARKS_AT_MOST = 3;

/** What records say of names in the upper: that one came, left, or was renamed. */
export class UpperNames {
  readonly #asker: Asker;
  readonly #record: CurrentRecord;
  readonly #contents: UpperContents;
  /** What the last rename put aside: the next one may say that it was an exchange. */
  #aside: { from: Bytes; to: Bytes; fid: string | null; was: Standing } | null = null;

  constructor(asker: Asker, record: CurrentRecord, contents: UpperContents) {
    this.#asker = asker;
    this.#record = record;
    this.#contents = contents;
  }

  /** Something came to stand at a name: by creation, link, or rename from elsewhere. `temp` is what it was till then. */
  came(path: Bytes, temp: Temp | null): void {
    this.#noExchange(path);
    const { fid } = this.#record.event;
    const before = this.#asker.standing(path);
    const found = this.#record.found();
    // The picture was taken after it.
    if (before !== null && this.#record.isOf(before)) {
      if (found) this.#asker.update(path, found);
      return;
    }
    const below = this.#asker.below(path);
    const standing = found ?? this.#record.guess();
    // An origin needs no lower to be believed.
    const sure = standing.hasOrigin ? {} : assumed(below);
    const named = { ...(temp === null ? {} : { temp: temp.name }), ...sure };
    // A directory that takes a name from another, or from a whiteout, is opaque (ovl_clear_empty, ovl_create_upper).
    const isDirectory = standing.is === 'directory';
    const isCover = isDirectory && before !== null && before.is !== 'other';
    if (isCover && found === null) standing.isOpaque = true;
    const isLink = standing.is === 'other' && this.#hasOtherName(path, found);
    this.#asker.put(path, standing);
    if (found === null) this.#asker.doubt(path, fid);
    if (standing.is === 'whiteout') {
      if (isHiding(below)) this.#record.say('whiteout', path, named);
      else if (before !== null && before.is !== 'whiteout') this.#record.say('removed', path, named);
    } else if (isCover && before.is === 'directory') {
      if (standing.isOpaque && !before.isOpaque) this.#record.say('opaque', path, named);
    } else if (temp !== null && !temp.isKernel) {
      this.#record.say('temp-linked', path, { ...named, bytes: standing.size ?? UNKNOWN_BYTES });
    } else if (before === null && isCopyUp(below, standing)) {
      const copied = standing.isMetacopy ? 'metadata' : 'data';
      this.#record.say('copied-up', path, {
        ...named,
        bytes: bytesCopied(standing, below, this.#record.event.lowerRead),
        copied,
      });
      this.#contents.explainParent(path);
      if (isDirectory) this.#contents.explain(path, MARKS_AT_MOST);
      // Its attributes may have been set already, which is what it was copied up for.
      const lower = below.found;
      const { mode, uid, gid } = standing;
      const isChanged = lower !== null && mode !== 0 && (lower.mode !== mode || lower.uid !== uid || lower.gid !== gid);
      if (isDirectory && isChanged) this.#record.say('metadata', path);
    } else {
      this.#record.say(isLink ? 'linked' : 'created', path, named);
      if (!isDirectory) return;
      if (standing.isOpaque) this.#record.say('opaque', path);
      // The record of the mark itself may still come.
      if (standing.marks !== '') this.#contents.explain(path, MARKS_AT_MOST);
    }
  }

  /** It was written to before it had this name: by the copying, and where its size says so, by somebody after that. */
  writtenBefore(path: Bytes): void {
    const below = this.#asker.below(path);
    const size = this.#asker.standing(path)?.size ?? null;
    if (size === null || below.found === null || below.found.size === size) return;
    this.#record.say('modified', path, { bytes: size });
  }

  /** Whether the inode has another name in the upper. */
  #hasOtherName(path: Bytes, found: Standing | null): boolean {
    const { now } = this.#record.event;
    if (found === null || found.ino === null || now?.is !== 'there' || now.nlink < 2) return false;
    return this.#asker.namesOf(found.ino).some((name) => name !== path);
  }

  /** A name left the upper; `now` is what stands there. */
  left(path: Bytes, now: Now | undefined): void {
    this.#noExchange(path);
    const { fid } = this.#record.event;
    const before = this.#asker.standing(path);
    // By an exchange something else stands there already.
    if (before === null || this.#record.isOf(before) === false) return;
    if (fid === null && now?.is === 'there' && isInode(before, now)) return;
    this.#asker.remove(path);
    const below = this.#asker.below(path);
    if (isHiding(below)) this.#record.say('revealed', path, assumed(below));
    else if (before.is !== 'whiteout') this.#record.say('removed', path);
  }

  renamed(from: Bytes, to: Bytes): void {
    const { fid, now, fromNow } = this.#record.event;
    const aside = this.#aside;
    this.#aside = null;
    const found = this.#record.found(now);
    // What moves back is not what has just moved here: it was there before.
    const isBack = aside !== null && aside.to === from && aside.from === to;
    if (isBack && (aside.fid !== null && fid !== null ? aside.fid !== fid : this.#record.isOf(aside.was))) {
      this.#exchanged(from, to, found);
      return;
    }
    const mover = this.#asker.standing(from);
    const before = this.#asker.standing(to);
    // The picture was taken after it.
    if (mover === null && before !== null && this.#record.isOf(before)) return;
    this.#asker.move(from, to);
    this.#settle(to, found);
    if (mover?.is === 'whiteout') this.#sayWhiteout(to);
    else {
      this.#record.say('renamed', to, { from });
      if (mover?.is === 'directory' && found) this.#contents.becameOther(to, mover, found);
    }
    if (before !== null) this.#aside = { from, to, fid, was: before };
    const isExchange = before !== null && fromNow?.is === 'there' && isInode(before, fromNow);
    if (!isExchange) this.#leftBehind(from, fromNow);
  }

  /** What was moved to a name shows the state that was found; where nothing was known of it, what the record says. */
  #settle(path: Bytes, found: Standing | null): void {
    if (found === null) this.#asker.doubt(path, this.#record.event.fid);
    if (this.#asker.standing(path) === null) this.#asker.put(path, found ?? this.#record.guess());
    else if (found) this.#asker.update(path, found);
  }

  /** The halves of an exchange have nothing between them that is about their names. */
  #noExchange(path: Bytes): void {
    if (this.#aside?.from === path || this.#aside?.to === path) this.#aside = null;
  }

  /** Records were lost. */
  forget(): void {
    this.#aside = null;
  }

  /** The second half of an exchange. */
  #exchanged(from: Bytes, to: Bytes, found: Standing | null): void {
    const wasTold = this.#asker.standing(to)?.is === 'whiteout';
    this.#asker.restore(to);
    this.#settle(to, found);
    if (this.#asker.standing(to)?.is !== 'whiteout') this.#record.say('renamed', to, { from });
    else if (!wasTold) this.#sayWhiteout(to);
  }

  /** What a rename leaves at the old name: a whiteout where a lower has it, of which no record tells; else nothing. */
  #leftBehind(path: Bytes, now: Now | undefined): void {
    const isWhiteout = now?.is === 'there' && isWhiteoutState(now);
    const below = this.#asker.below(path);
    if (!isHiding(below)) {
      if (isWhiteout) this.#asker.put(path, this.#asker.standingOf(now));
      return;
    }
    // Whatever stands there now came over the whiteout; but where nothing does, somebody renamed in the layer itself.
    if (now?.is === 'absent') this.#record.say('revealed', path, assumed(below));
    else {
      this.#asker.put(path, isWhiteout ? this.#asker.standingOf(now) : { ...UNKNOWN, is: 'whiteout' });
      if (!isWhiteout) this.#asker.doubt(path, null);
      this.#record.say('whiteout', path, assumed(below));
    }
  }

  #sayWhiteout(path: Bytes): void {
    const below = this.#asker.below(path);
    if (isHiding(below)) this.#record.say('whiteout', path, assumed(below));
  }
}

const isInode = (before: Standing, now: { fid: string | null; ino: string }): boolean =>
  before.fid !== null && now.fid !== null ? before.fid === now.fid : before.ino === now.ino;

/** A lower shows the name; where that is not known, the origin tells. */
const isCopyUp = ({ found, isCertain }: Below, { hasOrigin }: Standing): boolean =>
  found !== null || (!isCertain && hasOrigin);

/** Whether what stands above hides something, or may. */
const isHiding = ({ found, isCertain }: Below): boolean => found !== null || !isCertain;

const assumed = ({ isCertain }: Below): { assumed?: true } => (isCertain ? {} : { assumed: true });

/**
 * How much data the kernel copied: what the lower has, unless it was opened to be emptied. Where nobody saw whether the
 * lower was read, a file that is smaller now tells nothing.
 */
function bytesCopied(standing: Standing, below: Below, lowerRead: boolean | undefined): string {
  if (standing.is === 'directory' || standing.isMetacopy) return '0';
  if (below.found === null) return standing.size ?? UNKNOWN_BYTES;
  const { isFile, size } = below.found;
  if (!isFile || lowerRead === false) return '0';
  if (lowerRead === true || standing.size === null) return size;
  return BigInt(standing.size) < BigInt(size) ? UNKNOWN_BYTES : size;
}
