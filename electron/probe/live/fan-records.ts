/** Records of fanotify as they lie in memory, one after the other (man fanotify(7)). */
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { Info, InfoField, METADATA_VERSION, Record } from '../syscalls/fanotify.ts';
import type { Memory } from '../syscalls/libc.ts';
import type { Key } from './keys.ts';

/** One record. The object is the reader's own and is overwritten by the next. */
export class FanRecord {
  mask = 0;
  pid = 0;
  /** FAN_NOPIDFD (−1), FAN_EPIDFD (−2), or a descriptor that whoever reads the record closes. */
  pidfd = -1;
  /** Directory and name; in a rename the new ones. The name `.` is the directory itself; without a directory empty. */
  dir: Key | null = null;
  name: Bytes = asBytes('');
  /** In a rename: where it was. */
  oldDir: Key | null = null;
  oldName: Bytes = asBytes('');
  /** The inode. */
  fid: Key | null = null;
}

/** Goes through the records that one read put into memory. */
export class FanReader {
  readonly record = new FanRecord();
  readonly #memory: Memory;
  readonly #bytes: Buffer;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.#bytes = Buffer.from(memory.bytes.buffer);
  }

  /** Calls back with each record of the first `length` bytes. */
  each(length: number, take: (record: FanRecord) => void): void {
    const { view } = this.#memory;
    const record = this.record;
    for (let at = 0; at < length; ) {
      const end = at + view.getUint32(at + Record.length, true);
      if (view.getUint8(at + Record.version) !== METADATA_VERSION)
        throw new RangeError('fanotify speaks another version');
      record.mask = view.getUint32(at + Record.mask, true);
      record.pid = view.getInt32(at + Record.pid, true);
      record.pidfd = -1;
      record.dir = record.oldDir = record.fid = null;
      record.name = record.oldName = asBytes('');
      for (let info = at + view.getUint16(at + Record.metadataLength, true); info < end; )
        info += this.#info(info, view.getUint16(info + InfoField.length, true));
      take(record);
      at = end;
    }
  }

  #info(at: number, length: number): number {
    const { view } = this.#memory;
    const record = this.record;
    switch (view.getUint8(at + InfoField.type)) {
      case Info.pidfd:
        record.pidfd = view.getInt32(at + InfoField.payload, true);
        break;
      case Info.fid:
        record.fid = this.#key(at);
        break;
      case Info.dirFid:
      case Info.dirFidName:
      case Info.newDirFidName:
        record.dir = this.#key(at);
        record.name = this.#name(at, length);
        break;
      case Info.oldDirFidName:
        record.oldDir = this.#key(at);
        record.oldName = this.#name(at, length);
        break;
    }
    return length;
  }

  #key(at: number): Key {
    const length = this.#memory.view.getUint32(at + InfoField.handleBytes, true);
    return this.#bytes.toString('latin1', at + InfoField.handleType, at + InfoField.handle + length) as Key;
  }

  /** What stands behind the handle, up to its NUL. */
  #name(at: number, length: number): Bytes {
    const from = at + InfoField.handle + this.#memory.view.getUint32(at + InfoField.handleBytes, true);
    const nul = this.#bytes.indexOf(0, from);
    return asBytes(this.#bytes.toString('latin1', from, Math.min(nul, at + length)));
  }
}
