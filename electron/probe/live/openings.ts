import type { Bytes } from '../../../shared/bytes/bytes.ts';

const PROCESSES_AT_MOST = 1024;

/**
 * Which process opened a lower file of which name: for a copy-up the kernel opens the lower in the name of the process
 * that causes it, after it made the temporary file and before it gives that its name, where there is data to copy.
 * Reading the merged file opens the lower too.
 */
export class Openings {
  /** Whether what is not here was not opened: every lower is on the upper's own filesystem, in one queue with it. */
  readonly #isWhole: boolean;
  /** By process: names, each with the batch of records that told of it. */
  readonly #seen = new Map<number, Map<Bytes, number>>();
  #batch = 0;

  constructor(isWhole: boolean) {
    this.#isWhole = isWhole;
  }

  /** The records that come from now on were not read with those before. */
  nextBatch(): void {
    this.#batch++;
    if (this.#seen.size > PROCESSES_AT_MOST) this.#seen.clear();
  }

  opened(pid: number, name: Bytes): void {
    const names = this.#seen.get(pid);
    if (names) names.set(name, this.#batch);
    else this.#seen.set(pid, new Map([[name, this.#batch]]));
  }

  /**
   * The process made a temporary file: what it opened before is of no account, but for what stands in the same batch,
   * where the kernel may have put an opening to an earlier one.
   */
  began(pid: number): void {
    const names = this.#seen.get(pid);
    for (const [name, batch] of names ?? []) if (batch < this.#batch) names?.delete(name);
  }

  /** Whether the process opened a lower file of this name since; undefined where that is not known. */
  wasOpened(pid: number, name: Bytes): boolean | undefined {
    if (this.#seen.get(pid)?.delete(name)) return true;
    return this.#isWhole ? false : undefined;
  }
}
