import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { close } from '../../probe/syscalls/open.ts';
import { fail, isErrno } from '../failure.ts';
import type { Layers } from '../layers.ts';
import { nextData, nextHole, read, write } from '../syscalls/data.ts';
import { Create, openBeneath } from '../syscalls/names.ts';
import { AtimeFiles } from './atime-file.ts';
import { decodeRecord, encodeRecord, RECORD_SIZE } from './record.ts';
import { Reverse } from './reverse.ts';
import type { Mapping, MappingStore, Origin, StoreFigures } from './store.ts';

const NAME = asBytes('stratoscope.array');
const SIZE = BigInt(RECORD_SIZE);
const CHUNK = 16384 * RECORD_SIZE;

/**
 * The map as aufs keeps it: a sparse file in the work directory, a record for each upper inode number. The reverse
 * mapping is in memory, read from the file at the start.
 */
export class ArrayStore implements MappingStore {
  readonly isOnInodes = false;
  readonly #fd: number;
  readonly #reverse = new Reverse();
  readonly #atimes: AtimeFiles;
  #reads = 0;

  /** Throws a FailureError (EFBIG) where numbers like the upper's own are beyond the largest file. */
  constructor(layers: Layers, upper: Bytes) {
    this.#fd = openBeneath(layers.work, NAME, Create.readWrite | Create.create, 0o600);
    this.#atimes = new AtimeFiles(layers.work);
    try {
      if (this.#get(layers.upper.ino) === null)
        write(this.#fd, new Uint8Array(RECORD_SIZE), this.#at(layers.upper.ino));
    } catch (error) {
      this.close();
      if (!isErrno(error, 'EFBIG')) throw error;
      throw new FailureError({
        code: 'EFBIG',
        message: 'its filesystem numbers inodes beyond what a file of records can be long',
        path: upper,
        hint: 'choose another --store',
      });
    }
    this.#readAll();
  }

  #at(ino: bigint): bigint {
    const at = ino * SIZE;
    if (at >= 2n ** 63n - SIZE) fail('EFBIG');
    return at;
  }

  #readAll(): void {
    let at = nextData(this.#fd, 0n);
    while (at !== null) {
      const end = nextHole(this.#fd, at);
      for (let from = (at / SIZE) * SIZE; from < end; ) {
        const data = read(this.#fd, CHUNK, from);
        if (data.length < RECORD_SIZE) break;
        for (let i = 0; i + RECORD_SIZE <= data.length; i += RECORD_SIZE) {
          const mapping = decodeRecord((from + BigInt(i)) / SIZE, data.slice(i, i + RECORD_SIZE));
          if (mapping) this.#reverse.note(mapping);
        }
        from += BigInt(data.length - (data.length % RECORD_SIZE));
      }
      at = nextData(this.#fd, end);
    }
  }

  #get(upperIno: bigint): Mapping | null {
    return decodeRecord(upperIno, read(this.#fd, RECORD_SIZE, this.#at(upperIno)).slice());
  }

  get(upperIno: bigint): Mapping | null {
    this.#reads++;
    return this.#get(upperIno);
  }
  byLower(filesystem: number, ino: bigint): Mapping | null {
    return this.#reverse.get(filesystem, ino);
  }
  put(mapping: Mapping): void {
    const record = encodeRecord(mapping) ?? fail('EOVERFLOW');
    const old = this.#get(mapping.upperIno);
    write(this.#fd, record, this.#at(mapping.upperIno));
    if (old) this.#reverse.forget(old);
    this.#reverse.note(mapping);
  }
  remove(mapping: Mapping): void {
    write(this.#fd, new Uint8Array(RECORD_SIZE), this.#at(mapping.upperIno));
    this.#reverse.forget(mapping);
  }
  all(): Iterable<Mapping> {
    return this.#reverse.all();
  }
  atime(lower: Origin): bigint | null {
    return this.#atimes.get(lower);
  }
  setAtime(lower: Origin, atimeNs: bigint | null): void {
    this.#atimes.set(lower, atimeNs);
  }
  figures(): StoreFigures {
    return { mappings: this.#reverse.size, storeReads: this.#reads, storeSkips: 0 };
  }
  close(): void {
    close(this.#fd);
    this.#atimes.close();
  }
}
