import type { WatchEvent } from '../../shared/contract/watch.ts';

/** What the processes of one program did, since the watch began. */
export type ProgramUse = {
  key: string;
  command: string;
  exe: string;
  container: string | null;
  /** Its processes, while they are few enough to be counted one by one. */
  pids: Set<number>;
  /** Files that it copied up with their data, how much that was, and those of which the attributes alone were. */
  files: number;
  bytes: bigint;
  /** Copied with data whose size is not known. */
  unsized: number;
  attributes: number;
  created: number;
  removed: number;
  other: number;
  /** The largest file that it copied up. */
  largest: { path: string; bytes: bigint } | null;
};

const MOST_PIDS = 10_000;

/** Who copied up how much, in how many files: counted as events come, whatever becomes of the events. */
export class Usage {
  readonly #byKey = new Map<string, ProgramUse>();

  /** Those that copied up most first; then those that did most. */
  get programs(): ProgramUse[] {
    const weight = (use: ProgramUse): number => use.files + use.attributes + use.created + use.removed + use.other;
    return [...this.#byKey.values()].sort((a, b) =>
      a.bytes === b.bytes ? weight(b) - weight(a) : a.bytes < b.bytes ? 1 : -1,
    );
  }

  take(event: WatchEvent): void {
    switch (event.event) {
      case 'temp-born':
      case 'temp-written':
      case 'temp-died':
      case 'overflow':
      case 'rescanned':
        return;
      case 'copied-up':
        this.#copied(event);
        return;
      case 'created':
      case 'temp-linked':
        this.#of(event).created++;
        return;
      case 'removed':
      case 'whiteout':
        this.#of(event).removed++;
        return;
      default:
        this.#of(event).other++;
    }
  }

  #copied(event: WatchEvent): void {
    const use = this.#of(event);
    if (event.copied === 'metadata' || (event.bytes === undefined && event.copied === undefined)) {
      use.attributes++;
      return;
    }
    use.files++;
    if (event.bytes === undefined || event.bytes === 'unknown') {
      use.unsized++;
      return;
    }
    const bytes = BigInt(event.bytes);
    use.bytes += bytes;
    if (event.path !== null && (use.largest === null || bytes > use.largest.bytes))
      use.largest = { path: event.path, bytes };
  }

  #of({ pid, command, exe, container }: WatchEvent): ProgramUse {
    const key = pid === null ? 'unknown' : `${command}\0${exe}\0${container ?? ''}`;
    let use = this.#byKey.get(key);
    if (!use) {
      const counts = { files: 0, bytes: 0n, unsized: 0, attributes: 0, created: 0, removed: 0, other: 0 };
      use = { key, command, exe, container: container ?? null, pids: new Set(), ...counts, largest: null };
      this.#byKey.set(key, use);
    }
    if (pid !== null && use.pids.size < MOST_PIDS) use.pids.add(pid);
    return use;
  }
}
