import { asBytes, type Bytes } from '../bytes/bytes.ts';

/** A temporary file: one in the work directory, which has a name there or none, or a user's own (O_TMPFILE). */
export type Temp = {
  /** Its name: `#hex` of the kernel's counter, or `#` and its inode number. */
  name: Bytes;
  /** The kernel's, in the work directory; else a user's on the mount. */
  isKernel: boolean;
  wasWritten: boolean;
  /** Its birth was told: what an exchange takes out of the upper was no temporary file. */
  isTold: boolean;
  /** Key of its lifetime; null where nobody follows it. */
  life: number | null;
};

/** What stands behind the last slash. */
export const fileName = (path: Bytes): Bytes => asBytes(path.slice(path.lastIndexOf('/') + 1));

/** Whether a path below the work directory is that of a temporary file: directly in work/ or index/. */
export const isTempPath = (path: Bytes): boolean => /^(work|index)\/#[^/]*$/s.test(path);

/**
 * The temporary files that are alive, as far as records tell. One without a name is known by its handle, one with a name
 * in the work directory by that: all whiteouts are links of one inode.
 */
export class Temps {
  readonly #byFid = new Map<string, Temp>();
  readonly #byPath = new Map<Bytes, Temp>();
  /** Files that lost their name and are still open: by handle, the name that they had. */
  readonly #orphans = new Map<string, { path: Bytes; size: string; life: number | null }>();

  /** One with a name in the work directory. */
  named(path: Bytes, isTold: boolean): Temp {
    const temp = { name: fileName(path), isKernel: true, wasWritten: false, isTold, life: null };
    this.#byPath.set(path, temp);
    return temp;
  }

  takeNamed(path: Bytes): Temp | null {
    const temp = this.#byPath.get(path) ?? null;
    this.#byPath.delete(path);
    return temp;
  }

  hasNamed(path: Bytes): boolean {
    return this.#byPath.has(path);
  }

  /** One without a name, and whether it was not known before. */
  unnamed(fid: string, path: Bytes, isKernel: boolean): { temp: Temp; isNew: boolean } {
    const known = this.#byFid.get(fid);
    if (known) return { temp: known, isNew: false };
    const temp = { name: fileName(path), isKernel, wasWritten: false, isTold: true, life: null };
    this.#byFid.set(fid, temp);
    return { temp, isNew: true };
  }

  /** The one with this handle, known no longer: it has a name now, or has ended. */
  takeUnnamed(fid: string | null): Temp | null {
    if (fid === null) return null;
    const temp = this.#byFid.get(fid) ?? null;
    this.#byFid.delete(fid);
    return temp;
  }

  has(fid: string | null): boolean {
    return fid !== null && this.#byFid.has(fid);
  }

  orphaned(fid: string, path: Bytes, size: string, life: number): void {
    this.#orphans.set(fid, { path, size, life });
  }

  takeOrphan(fid: string): { path: Bytes; size: string; life: number | null } | null {
    const orphan = this.#orphans.get(fid) ?? null;
    this.#orphans.delete(fid);
    return orphan;
  }

  /** Forgets all: records were lost. */
  clear(): void {
    this.#byFid.clear();
    this.#byPath.clear();
    this.#orphans.clear();
  }
}
