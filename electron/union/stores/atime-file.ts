import { asBytes } from '../../../shared/bytes/bytes.ts';
import { close } from '../../probe/syscalls/open.ts';
import { isErrno } from '../failure.ts';
import { read, write } from '../syscalls/data.ts';
import { Create, openBeneath } from '../syscalls/names.ts';
import type { Origin } from './store.ts';

/** 0 the access time, ns · 8 what tells the inode from a later one of its number. */
const RECORD_SIZE = 16;

/** A hash of a handle (FNV-1a, 64 bits), never 0. */
function hashOf(handle: string | null): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const c of handle ?? '') hash = BigInt.asUintN(64, (hash ^ BigInt(c.charCodeAt(0))) * 0x100000001b3n);
  return hash === 0n ? 1n : hash;
}

/**
 * Access times of lower files in sparse files of the work directory, one a filesystem, indexed by inode number. A number
 * beyond the largest offset of a file is not kept.
 */
export class AtimeFiles {
  readonly #directory: number;
  readonly #files = new Map<number, number>();

  constructor(directory: number) {
    this.#directory = directory;
  }

  #file(filesystem: number): number {
    const known = this.#files.get(filesystem);
    if (known !== undefined) return known;
    const name = asBytes(`stratoscope.atimes.${filesystem}`);
    const fd = openBeneath(this.#directory, name, Create.readWrite | Create.create, 0o600);
    this.#files.set(filesystem, fd);
    return fd;
  }

  get({ filesystem, ino, handle }: Origin): bigint | null {
    const at = ino * BigInt(RECORD_SIZE);
    if (at >= 2n ** 62n) return null;
    const record = read(this.#file(filesystem), RECORD_SIZE, at);
    if (record.length < RECORD_SIZE) return null;
    const view = new DataView(record.buffer, record.byteOffset);
    return view.getBigUint64(8, true) === hashOf(handle) ? view.getBigInt64(0, true) : null;
  }

  set({ filesystem, ino, handle }: Origin, atimeNs: bigint | null): void {
    const at = ino * BigInt(RECORD_SIZE);
    if (at >= 2n ** 62n) return;
    if (atimeNs === null && this.get({ filesystem, ino, handle }) === null) return;
    const record = new Uint8Array(RECORD_SIZE);
    const view = new DataView(record.buffer);
    if (atimeNs !== null) {
      view.setBigInt64(0, atimeNs, true);
      view.setBigUint64(8, hashOf(handle), true);
    }
    try {
      write(this.#file(filesystem), record, at);
    } catch (error) {
      if (!isErrno(error, 'EFBIG')) throw error;
    }
  }

  close(): void {
    for (const fd of this.#files.values()) close(fd);
  }
}
