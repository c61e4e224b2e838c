import { asBytes, type Bytes } from '../bytes/bytes.ts';
import type { Asker, Standing } from './asker.ts';
import { UNKNOWN_BYTES } from './event.ts';
import { type Now, Raw } from './raw.ts';
import type { CurrentRecord } from './record.ts';

/** What records say of data and attributes in the upper. */
export class UpperContents {
  readonly #asker: Asker;
  readonly #record: CurrentRecord;
  /** By process and directory: how many attribute records to come only finish what was told already. */
  readonly #explained = new Map<string, number>();

  constructor(asker: Asker, record: CurrentRecord) {
    this.#asker = asker;
    this.#record = record;
  }

  /** The kernel will set attributes of this directory, up to so many times, as part of what this record told. */
  explain(path: Bytes, times = 1): void {
    if (this.#explained.size >= 10_000) this.#explained.clear();
    const key = this.#key(path);
    this.#explained.set(key, Math.max(times, this.#explained.get(key) ?? 0));
  }

  /** After a copy-up the kernel gives the directory back its times (copy_up.c:ovl_do_copy_up). */
  explainParent(path: Bytes): void {
    this.explain(asBytes(path.slice(0, Math.max(0, path.lastIndexOf('/')))));
  }

  /** Whether the record was told of already. */
  #isExplained(path: Bytes): boolean {
    const key = this.#key(path);
    const left = this.#explained.get(key) ?? 0;
    if (left > 1) this.#explained.set(key, left - 1);
    else this.#explained.delete(key);
    return left > 0;
  }

  #key(path: Bytes): string {
    return `${this.#record.pid} ${path}`;
  }

  /**
   * Data or attributes of what stands at the name have changed, or may have. Through the index the kernel keeps its own
   * count of links: there, attributes count only where they differ.
   */
  changed(path: Bytes, now: Now | undefined, isByIndex = false): void {
    const { mask } = this.#record.event;
    if (!(mask & (Raw.modify | Raw.attrib | Raw.closeWrite))) return;
    const before = this.#asker.standing(path);
    const found = this.#record.found(now);
    const isWhole = before?.isMetacopy === true && found !== null && !found.isMetacopy;
    if (isWhole) this.#record.say('copied-up', path, { bytes: before.size ?? UNKNOWN_BYTES, copied: 'later-data' });
    if (mask & (Raw.modify | Raw.closeWrite) && !(mask & Raw.isDir)) this.#written(path, before, found);
    if (mask & Raw.attrib) this.#attributes(path, before, found, isByIndex);
    if (found && before) this.#asker.update(path, found);
    else this.#asker.doubt(path, this.#record.event.fid);
  }

  #written(path: Bytes, before: Standing | null, found: Standing | null): void {
    // While the data is below, only the kernel writes: it brings it.
    if (before?.isMetacopy && (found === null || found.isMetacopy || found.size === before.size)) return;
    // Stores through a mapping make no record but the one of the end; but times may also be set, as attributes.
    const { mask } = this.#record.event;
    const isSilent = found !== null && before !== null && before.mtimeNs !== null && !(mask & Raw.attrib);
    const isChanged = isSilent && (found.mtimeNs !== before.mtimeNs || found.size !== before.size);
    if (mask & Raw.modify || isChanged) this.#record.say('modified', path, { bytes: found?.size ?? UNKNOWN_BYTES });
  }

  /**
   * The marks of overlayfs change nothing that anybody sees, but for opaque; all else is told. A directory that was
   * renamed meanwhile is compared when that is told.
   */
  #attributes(path: Bytes, before: Standing | null, found: Standing | null, isByIndex: boolean): void {
    if (before === null || found === null) {
      const isDirectory = (this.#record.event.mask & Raw.isDir) !== 0;
      if (!isDirectory && !this.#isExplained(path)) this.#record.say('metadata', path);
      return;
    }
    const isSeen = this.becameOther(path, before, found);
    // Where marks are not known, what the kernel does to a directory cannot be told from what somebody does.
    const isUnread = before.marks === null && found.is === 'directory';
    const isOwn = isByIndex || isUnread || before.marks !== found.marks || this.#isExplained(path);
    if (!isSeen && !isOwn) this.#record.say('metadata', path);
  }

  /** Tells what anybody sees of the difference between two states of one inode; true where attributes are part of it. */
  becameOther(path: Bytes, before: Standing, found: Standing): boolean {
    if (found.isOpaque && !before.isOpaque && before.marks !== null) this.#record.say('opaque', path);
    const isSame = before.mode === found.mode && before.uid === found.uid && before.gid === found.gid;
    if (isSame || before.mode === 0) return false;
    this.#record.say('metadata', path);
    return true;
  }
}
