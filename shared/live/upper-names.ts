import type { Bytes } from '../bytes/bytes.ts';
import type { Asker, Below, Standing } from './asker.ts';
import { UNKNOWN_BYTES } from './event.ts';
import type { Now } from './raw.ts';
import { type CurrentRecord, isSame, isWhiteoutState, UNKNOWN } from './record.ts';
import type { Temp } from './temps.ts';
import type { UpperContents } from './upper-contents.ts';

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
    const { fid } = this.#record.event;
    const before = this.#asker.standing(path);
    const found = this.#record.found();
    // The picture was taken after it.
    if (before !== null && isSameInode(before, fid, found)) {
      if (found) this.#asker.update(path, found);
      return;
    }
    const below = this.#asker.below(path);
    const standing = found ?? this.#record.guess();
    const named = temp === null ? {} : { temp: temp.name };
    // A directory that takes a name from another, or from a whiteout, is opaque (ovl_clear_empty, ovl_create_upper).
    const isCover = standing.is === 'directory' && before !== null && before.is !== 'other';
    if (isCover && found === null) standing.isOpaque = true;
    const isLink = standing.is === 'other' && this.#hasOtherName(path, found);
    this.#asker.put(path, standing);
    if (standing.is === 'whiteout') {
      if (below !== null) this.#record.say('whiteout', path, named);
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
      // The mark that something copied up lies in it may stand already, and its record still come.
      if (standing.is === 'directory') this.#contents.explain(path);
    } else {
      this.#record.say(isLink ? 'linked' : 'created', path, named);
      if (standing.is !== 'directory') return;
      if (standing.isOpaque) this.#record.say('opaque', path);
      // The record of the mark itself may still come.
      if (standing.marks !== '') this.#contents.explain(path);
    }
  }

  /** It was written to before it had this name: by the copying, and where its size says so, by somebody after that. */
  writtenBefore(path: Bytes): void {
    const below = this.#asker.below(path);
    const size = this.#asker.standing(path)?.size ?? null;
    if (size === null || below === null || below === 'unknown' || below.size === size) return;
    this.#record.say('modified', path, { bytes: size });
  }

  /** Whether the inode has another name in the upper. */
  #hasOtherName(path: Bytes, found: Standing | null): boolean {
    const { now } = this.#record.event;
    if (found === null || found.ino === null || now?.is !== 'there' || now.nlink < 2) return false;
    return this.#asker.namesOf(found.ino).some((name) => name !== path);
  }

  /** A name left the upper. */
  left(path: Bytes): void {
    const before = this.#asker.standing(path);
    // By an exchange something else stands there already.
    if (before === null || !isSame(before.fid, this.#record.event.fid)) return;
    this.#asker.remove(path);
    if (this.#asker.below(path) !== null) this.#record.say('revealed', path);
    else if (before.is !== 'whiteout') this.#record.say('removed', path);
  }

  renamed(from: Bytes, to: Bytes): void {
    const { fid, now, fromNow } = this.#record.event;
    const aside = this.#aside;
    this.#aside = null;
    const found = this.#record.found(now);
    // What moves back is not what has just moved here: it was there before.
    const isOther =
      aside?.fid != null && fid !== null ? aside.fid !== fid : aside && isSameInode(aside.was, fid, found);
    if (aside !== null && aside.to === from && aside.from === to && isOther) {
      this.#exchanged(from, to);
      return;
    }
    const mover = this.#asker.standing(from);
    const before = this.#asker.standing(to);
    // The picture was taken after it.
    if (mover === null && before !== null && isSameInode(before, fid, found)) return;
    if (mover === null) this.#asker.put(to, found ?? this.#record.guess());
    else {
      this.#asker.move(from, to);
      if (found) this.#asker.update(to, found);
    }
    if (mover?.is === 'whiteout') this.#sayWhiteout(to);
    else this.#record.say('renamed', to, { from });
    if (before !== null) this.#aside = { from, to, fid, was: before };
    const isExchange = before !== null && fromNow?.is === 'there' && isInode(before, fromNow);
    if (!isExchange) this.#leftBehind(from, fromNow);
  }

  /** Records were lost. */
  forget(): void {
    this.#aside = null;
  }

  /** The second half of an exchange. */
  #exchanged(from: Bytes, to: Bytes): void {
    const wasTold = this.#asker.standing(to)?.is === 'whiteout';
    this.#asker.restore(to);
    if (this.#asker.standing(to)?.is !== 'whiteout') this.#record.say('renamed', to, { from });
    else if (!wasTold) this.#sayWhiteout(to);
  }

  /** What a rename leaves at the old name: a whiteout where a lower has it, of which no record tells; else nothing. */
  #leftBehind(path: Bytes, now: Now | undefined): void {
    const isWhiteout = now?.is === 'there' && isWhiteoutState(now);
    if (this.#asker.below(path) === null) {
      if (isWhiteout) this.#asker.put(path, this.#asker.standingOf(now));
      return;
    }
    // Whatever stands there now came over the whiteout; but where nothing does, somebody renamed in the layer itself.
    if (now?.is === 'absent') this.#record.say('revealed', path);
    else {
      this.#asker.put(path, isWhiteout ? this.#asker.standingOf(now) : { ...UNKNOWN, is: 'whiteout' });
      this.#record.say('whiteout', path);
    }
  }

  #sayWhiteout(path: Bytes): void {
    if (this.#asker.below(path) !== null) this.#record.say('whiteout', path);
  }
}

/** Whether what stood there is the record's inode. */
function isSameInode(before: Standing, fid: string | null, found: Standing | null): boolean {
  if (before.fid !== null && fid !== null) return before.fid === fid;
  return before.ino !== null && found !== null && before.ino === found.ino;
}

const isInode = (before: Standing, now: { fid: string | null; ino: string }): boolean =>
  before.fid !== null && now.fid !== null ? before.fid === now.fid : before.ino === now.ino;

/** A lower shows the name; where that is not known, the origin tells. */
const isCopyUp = (below: Below, standing: Standing): boolean =>
  below === 'unknown' ? standing.hasOrigin : below !== null;

/**
 * How much data the kernel copied: what the lower has, unless it was opened to be emptied. Where nobody saw whether the
 * lower was read, a file that is smaller now tells nothing.
 */
function bytesCopied(standing: Standing, below: Below, lowerRead: boolean | undefined): string {
  if (standing.is === 'directory' || standing.isMetacopy) return '0';
  if (below === 'unknown' || below === null) return standing.size ?? UNKNOWN_BYTES;
  if (!below.isFile || lowerRead === false) return '0';
  if (lowerRead === true || standing.size === null) return below.size;
  return BigInt(standing.size) < BigInt(below.size) ? UNKNOWN_BYTES : below.size;
}
