import { asBytes, type Bytes } from '../bytes/bytes.ts';
import type { Asker } from './asker.ts';
import { type LiveEvent, UNKNOWN_BYTES } from './event.ts';
import { type LifetimeKind, Lifetimes } from './lifetimes.ts';
import { type Process, Raw, type RawEvent, type RawOrphan, type RawPlace, WORK_LAYER } from './raw.ts';
import { CurrentRecord, isSame, isWhiteoutState } from './record.ts';
import { fileName, isTempPath, type Temp, Temps } from './temps.ts';
import { UpperContents } from './upper-contents.ts';
import { UpperNames } from './upper-names.ts';

const NAMES = Raw.create | Raw.delete | Raw.rename;

/**
 * What records mean. overlayfs makes a few of them of each change (copy_up.c:ovl_do_copy_up, dir.c:ovl_create_upper,
 * ovl_create_over_whiteout, ovl_remove_and_whiteout, ovl_clear_empty): a file is filled without a name in work/ and
 * linked; anything else is made under a `#` name there and renamed into the upper, where what a name had before is
 * exchanged away. The same records tell of a creation and of a copy-up: what stood at the name, and what a lower has
 * there, tells them apart.
 */
export class Meaning {
  readonly #asker: Asker;
  readonly #record: CurrentRecord;
  readonly #names: UpperNames;
  readonly #contents: UpperContents;
  readonly #lifetimes: boolean;
  readonly #temps = new Temps();
  readonly lives = new Lifetimes();
  /** Inodes that got a name in work/ or index/, with their lifetimes: a second one there is a whiteout's. */
  readonly #made = new Map<string, number | null>();
  /** Inodes that were written to by their name in index/ before the upper had one. */
  readonly #written = new Set<string>();

  /** `lifetimes`: temporary files and those without a name are told of too. */
  constructor(asker: Asker, lifetimes: boolean) {
    this.#asker = asker;
    this.#lifetimes = lifetimes;
    this.#record = new CurrentRecord(asker, lifetimes);
    this.#contents = new UpperContents(asker, this.#record);
    this.#names = new UpperNames(asker, this.#record, this.#contents);
  }

  /** Takes a look at records that were read together, before they are told one by one: what came may be gone. */
  preview(events: readonly RawEvent[]): void {
    for (const { now, fromNow } of events)
      for (const state of [now, fromNow])
        if (state?.is === 'there' && state.fid !== null && isWhiteoutState(state)) this.#record.addWhiteout(state.fid);
  }

  /** The events of one record, in order; most records have one or none. */
  take(event: RawEvent, by: Process | null): LiveEvent[] {
    this.#record.begin(event, by);
    const { mask, at, fid } = event;
    const from = event.from ?? null;
    this.#lower(at, from);
    if (at === null && event.from === undefined && fid !== null) this.#inode(fid);
    if (mask & Raw.rename) this.#renamed(at, from);
    else {
      if (at?.layer === WORK_LAYER) this.#work(at.path);
      if (at?.layer === 0) this.#upper(at.path);
    }
    return this.#record.told;
  }

  /** A file lost its name, and somebody still has it open. */
  orphan({ fid, path, size }: RawOrphan): LiveEvent {
    const life = this.#temps.takeOrphan(fid)?.life ?? this.#began('orphan', fileName(path), path, size, fid);
    this.#temps.orphaned(fid, path, size, life);
    return { event: 'orphan', path, layer: 0, bytes: size, by: null };
  }

  /** Records were lost: what was known of temporary files is no longer. */
  forget(): void {
    this.#temps.clear();
    this.#names.forget();
    this.lives.lost();
  }

  #lower(at: RawPlace | null, from: RawPlace | null): void {
    const place = at && at.layer > 0 ? at : from && from.layer > 0 ? from : null;
    if (place === null) return;
    const old = place === at && from?.layer === at.layer ? { from: from.path } : {};
    this.#record.say('layer-changed', place.path, old, place.layer);
  }

  /** A record about an inode that no name led to: by one that it lost, or at its end. */
  #inode(fid: string): void {
    const { mask } = this.#record.event;
    if (mask & Raw.deleteSelf) this.#ended(fid);
    const ino = mask & (Raw.modify | Raw.attrib | Raw.closeWrite) ? this.#asker.inoOf(fid) : null;
    for (const path of ino === null ? [] : this.#asker.namesOf(ino)) {
      this.#asker.doubt(path, null);
      if (mask & Raw.modify) this.#record.say('modified', path, { bytes: UNKNOWN_BYTES });
      if (mask & Raw.attrib) this.#record.say('metadata', path);
    }
  }

  /** The end of an inode without a name. */
  #ended(fid: string): void {
    const temp = this.#temps.takeUnnamed(fid);
    if (temp) this.#died(temp);
    const orphan = this.#temps.takeOrphan(fid);
    if (!orphan) return;
    this.#record.say('temp-died', orphan.path, { bytes: orphan.size });
    this.lives.ended(orphan.life, 'died');
  }

  #died(temp: Temp): void {
    if (temp.isTold) this.#record.sayTemp('temp-died', temp);
    this.lives.ended(temp.life, 'died');
  }

  #began(kind: LifetimeKind, name: Bytes, path: Bytes | null, bytes: string | null, fid: string | null): number {
    const by = kind === 'orphan' ? null : this.#record.by;
    return this.lives.began({ kind, name, path, bytes, fid, by });
  }

  /** Tells of the birth of one that has a name in the work directory. */
  #bornNamed(temp: Temp): void {
    this.#record.sayTemp('temp-born', temp);
    if (this.#lifetimes) temp.life = this.#began('work', temp.name, null, null, this.#record.event.fid);
  }

  /** A record about a name in the work directory, but for renames. */
  #work(path: Bytes): void {
    const { mask, fid, now } = this.#record.event;
    if (!isTempPath(path)) {
      // With index=on the kernel reaches an upper inode by its name in index/.
      if (!path.startsWith('index/') || now?.is !== 'there') return;
      if (mask & Raw.create && mask & Raw.modify && fid !== null) this.#written.add(fid);
      if (!(mask & NAMES)) for (const name of this.#asker.namesOf(now.ino)) this.#contents.changed(name, now, true);
      return;
    }
    let temp: Temp | null = null;
    if (mask & Raw.create && !this.#temps.hasNamed(path)) {
      temp = this.#temps.named(path, true);
      this.#bornNamed(temp);
    }
    if (mask & Raw.create && !(mask & Raw.isDir) && fid !== null) {
      if (this.#made.has(fid)) {
        this.#record.addWhiteout(fid);
        this.lives.tell(this.#made.get(fid) ?? null, { kind: 'whiteouts' });
      } else this.#made.set(fid, temp?.life ?? null);
    }
    if (mask & Raw.delete) {
      const ended = this.#temps.takeNamed(path);
      if (ended) this.#died(ended);
    }
    if (!(mask & (NAMES | Raw.isDir)) && fid !== null && !this.#temps.hasNamed(path)) this.#unnamed(fid, path, true);
  }

  /** Something was done to a file without a name. */
  #unnamed(fid: string, path: Bytes, isKernel: boolean): void {
    const { temp, isNew } = this.#temps.unnamed(fid, path, isKernel);
    if (isNew) {
      this.#record.sayTemp('temp-born', temp);
      const directory = isKernel ? null : asBytes(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
      if (this.#lifetimes) temp.life = this.#began(isKernel ? 'copy-up' : 'user', temp.name, directory, '0', fid);
    }
    if (!(this.#record.event.mask & Raw.modify)) return;
    temp.wasWritten = true;
    this.#record.sayTemp('temp-written', temp);
    this.lives.tell(temp.life, { bytes: null });
  }

  #renamed(at: RawPlace | null, from: RawPlace | null): void {
    if (at?.layer === 0 && from?.layer === 0) {
      this.#names.renamed(from.path, at.path);
      return;
    }
    const temp = from?.layer === WORK_LAYER ? this.#temps.takeNamed(from.path) : null;
    if (at?.layer === 0) this.#came(at.path, temp);
    else if (from?.layer === 0) this.#names.left(from.path, this.#record.event.fromNow);
    if (at?.layer !== WORK_LAYER || !isTempPath(at.path)) return;
    // In an exchange what leaves the upper takes the name of what came.
    const isNew = from?.layer !== 0 && temp === null;
    const renamed = this.#temps.named(at.path, isNew || temp?.isTold === true);
    if (isNew) this.#bornNamed(renamed);
    else renamed.life = temp?.life ?? null;
  }

  #came(path: Bytes, temp: Temp | null): void {
    // A user's own file without a name goes through work/ where a whiteout stands at its new one.
    const unnamed = this.#temps.takeUnnamed(this.#record.event.fid);
    this.#names.came(path, unnamed && (temp === null || !unnamed.isKernel) ? unnamed : temp);
    const { fid } = this.#record.event;
    const bytes = this.#asker.standing(path)?.size ?? null;
    for (const one of [temp, unnamed]) this.lives.ended(one?.life ?? null, 'linked', { linkedTo: path, bytes });
    if (fid === null) return;
    this.#made.delete(fid);
    if (this.#written.delete(fid)) this.#names.writtenBefore(path);
  }

  /** A record about a name in the upper, but for renames. */
  #upper(path: Bytes): void {
    const { mask, fid, now } = this.#record.event;
    if (!(mask & (NAMES | Raw.isDir)) && fid !== null && this.#isUnnamed(path, fid)) {
      this.#unnamed(fid, path, false);
      return;
    }
    if (mask & Raw.create) this.#came(path, null);
    // Where one record tells of both, the state says which was last.
    const isThere = now?.is === 'there' && isSame(now.fid, fid);
    if (mask & Raw.delete && !(mask & Raw.create && isThere)) {
      this.#names.left(path, now);
      // By this name it was written to before; its other names have that too.
      if (mask & (Raw.modify | Raw.attrib)) this.#asker.doubt(path, fid);
    } else this.#contents.changed(path, now);
  }

  /** O_TMPFILE: a file stands as `#` and its number in the directory that it was made in, where no name leads to it. */
  #isUnnamed(path: Bytes, fid: string): boolean {
    if (this.#temps.has(fid)) return true;
    if (!this.#lifetimes || !/(^|\/)#\d+$/.test(path) || this.#asker.standing(path) !== null) return false;
    const { now } = this.#record.event;
    return now?.is !== 'there' || !isSame(now.fid, fid);
  }
}
