import type { UpperUse } from '../../shared/ipc/engine.ts';
import { NO_DIRECTORY } from '../../shared/ipc/records.ts';
import type { StackScan } from './scan.ts';

const POINTS = 500;
const HEAVIEST = 200;

/** What the upper holds beneath each of its directories, and when it came: what "what filled the upper?" asks. */
export class UpperBeneath {
  /** By raw directory: the upper's entries beneath it, and their allocated bytes. */
  readonly entries: Uint32Array;
  readonly bytes: Float64Array;
  readonly #scan: StackScan;

  constructor(scan: StackScan) {
    this.#scan = scan;
    const table = scan.entries;
    this.entries = new Uint32Array(table.directories);
    this.bytes = new Float64Array(table.directories);
    const counted = new Set<bigint>();
    for (let entry = 0; entry < table.count; entry++) {
      const directory = table.parents[entry] as number;
      if (table.layers[entry] !== 0 || directory === NO_DIRECTORY) continue;
      this.entries[directory] = (this.entries[directory] as number) + 1;
      this.bytes[directory] = (this.bytes[directory] as number) + this.#once(entry, counted);
    }
    for (const directory of table.innermostFirst()) {
      const entry = table.directoryEntry[directory] as number;
      const parent = table.parents[entry] as number;
      if (table.layers[entry] !== 0 || parent === NO_DIRECTORY) continue;
      this.entries[parent] = (this.entries[parent] as number) + (this.entries[directory] as number);
      this.bytes[parent] = (this.bytes[parent] as number) + (this.bytes[directory] as number);
    }
  }

  /** Allocated bytes of an entry; an inode with several names counts at the first alone, as du does. */
  #once(entry: number, counted: Set<bigint>): number {
    const table = this.#scan.entries;
    if (table.nlink(entry) > 1 && table.directory(entry) === NO_DIRECTORY) {
      const ino = table.ino(entry);
      if (counted.has(ino)) return 0;
      counted.add(ino);
    }
    return table.allocated(entry);
  }

  /** The upper's share beneath an object's directory; null where the upper has no such directory. */
  of(id: number): { entries: number; bytes: number } | null {
    const { objects, entries } = this.#scan;
    if (!objects.isDir(id)) return null;
    const { upper } = objects.stack(id);
    if (upper < 0) return null;
    const directory = entries.directory(upper);
    return { entries: this.entries[directory] ?? 0, bytes: this.bytes[directory] ?? 0 };
  }

  /** The heaviest directories, and how the upper grew by the birth times of its inodes. */
  report(): UpperUse {
    const { objects, entries } = this.#scan;
    const weighed: { id: number; entries: number; bytes: number }[] = [];
    for (let id = 0; id < objects.count; id++) {
      const beneath = this.of(id);
      if (beneath && beneath.entries > 0) weighed.push({ id, ...beneath });
    }
    weighed.sort((a, b) => b.bytes - a.bytes || a.id - b.id);
    const heavy = weighed.slice(0, HEAVIEST);
    const births: { at: bigint; bytes: number }[] = [];
    const counted = new Set<bigint>();
    let undated = 0;
    for (let entry = 0; entry < entries.count; entry++) {
      if (entries.layers[entry] !== 0 || entries.parents[entry] === NO_DIRECTORY) continue;
      const bytes = this.#once(entry, counted);
      const at = entries.btimeNs(entry);
      if (at === null) undated += bytes;
      else births.push({ at, bytes });
    }
    births.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    return {
      directories: heavy.map(({ id, entries: count, bytes }) => ({
        id,
        path: objects.path(id),
        depth: this.#depth(id),
        entries: count,
        bytes: String(bytes),
        own: String(bytes - this.#inChildren(id)),
      })),
      growth: cumulative(births),
      undated: String(undated),
    };
  }

  #depth(id: number): number {
    let depth = 0;
    for (let at = id; at !== 0; at = this.#scan.objects.parents[at] as number) depth++;
    return depth;
  }

  #inChildren(id: number): number {
    const { objects } = this.#scan;
    let sum = 0;
    for (const child of objects.children(id)) sum += this.of(child)?.bytes ?? 0;
    return sum;
  }
}

/** Running sums at no more than POINTS moments, the last one always among them. */
function cumulative(births: { at: bigint; bytes: number }[]): [string, string][] {
  const step = Math.max(1, Math.ceil(births.length / POINTS));
  const out: [string, string][] = [];
  let sum = 0;
  births.forEach(({ at, bytes }, i) => {
    sum += bytes;
    if ((i + 1) % step === 0 || i === births.length - 1) out.push([String(at), String(sum)]);
  });
  return out;
}
