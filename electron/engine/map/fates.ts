import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { ProbeContract } from '../../../shared/ipc/probe.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import { handleText } from '../../../shared/map/keys.ts';
import type { MapFaultCode, Mapping } from '../../../shared/map/record.ts';
import { MarkBit } from '../../../shared/merge/marks.ts';
import type { StackScan } from '../scan.ts';
import { handlesOf } from './identify.ts';
import { FilesystemNames, type Truth } from './truth.ts';

/** What is wrong with a mapping, in the contract's word and in a sentence. */
export type Fault = { fault: MapFaultCode; why: string };

/** `ok`: it is as the stack is now. `unknown`: a layer or privilege is missing to tell. */
export type Fate = 'ok' | 'unknown' | Fault;

const inode = ({ fs, ino, handle }: Mapping['upper']): string => `${ino} (${fs}, ${handle ?? 'no handle'})`;

/** Whether two name the same inode. Without handles the number must do. */
export const isSame = (a: Mapping['upper'], b: Mapping['upper']): boolean =>
  a.fs === b.fs && a.ino === b.ino && a.handle === b.handle;

/** Mappings by the number of their upper inode. */
export class ByUpper {
  readonly #of = new Map<string, Map<bigint, Mapping>>();

  constructor(mappings: Iterable<Mapping>) {
    for (const one of mappings) {
      let own = this.#of.get(one.upper.fs);
      if (own === undefined) {
        own = new Map();
        this.#of.set(one.upper.fs, own);
      }
      own.set(one.upper.ino, one);
    }
  }

  get(fs: string, ino: bigint): Mapping | undefined {
    return this.#of.get(fs)?.get(ino);
  }
}

/** What became of mappings that a map has: for each, in order. Inodes are judged by their handles, not by numbers. */
export async function fatesOf(
  stored: readonly Mapping[],
  scan: StackScan,
  truth: Truth,
  probe: Client<ProbeContract>,
  signal: AbortSignal,
): Promise<Fate[]> {
  const now = new ByUpper(truth.mappings);
  const fates = stored.map((one): Fate | null => fateByTruth(one, now.get(one.upper.fs, one.upper.ino)));
  const left = stored.filter((_, i) => fates[i] === null);
  const entries = new UpperEntries(scan, left);
  const handles = await handlesOf(scan, probe, entries.all, signal);
  const names = new FilesystemNames(scan);
  return stored.map((one, i) => {
    const fate = fates[i];
    if (fate !== null && fate !== undefined) return fate;
    let isUnknown = false;
    for (const entry of entries.of(one.upper.ino)) {
      const handle = handles.get(entry);
      if (handle === undefined) {
        isUnknown = true;
        continue;
      }
      const other = {
        fs: names.keyOf(0, scan.entries.dev(entry), handle),
        ino: one.upper.ino,
        handle: handleText(handle),
      };
      if (other.fs !== one.upper.fs) continue;
      if (other.handle !== one.upper.handle)
        return { fault: 'upper-reused', why: `its number is now that of ${inode(other)}` };
      return fateOfThere(one, entry, scan, truth);
    }
    if (isUnknown || !truth.isUpperWhole) return 'unknown';
    if (entries.isAt(one.path))
      return { fault: 'upper-replaced', why: 'another inode stands at its path, and none in the upper is it' };
    return { fault: 'upper-gone', why: 'no name in the upper leads to it' };
  });
}

/** Of how many inodes nothing could be told: entries of the map, and upper inodes that have none. */
export function countUnknown(entries: readonly Mapping[], scan: StackScan, truth: Truth): number {
  const numbers = new Set(entries.map(({ upper }) => upper.ino));
  return entries.length + [...truth.unknown].filter((entry) => !numbers.has(scan.entries.ino(entry))).length;
}

/** By what the stack maps that upper number to now; null where it maps it to nothing. */
function fateByTruth(stored: Mapping, now: Mapping | undefined): Fate | null {
  if (now === undefined) return null;
  if (stored.upper.handle !== now.upper.handle)
    return { fault: 'upper-reused', why: `its number is now that of ${inode(now.upper)}` };
  if (isSame(stored.lower, now.lower)) return 'ok';
  if (stored.lower.fs === now.lower.fs && stored.lower.ino === now.lower.ino)
    return { fault: 'lower-reused', why: `the number of its lower inode is now that of ${inode(now.lower)}` };
  return { fault: 'lower-replaced', why: `its origin is now ${inode(now.lower)}` };
}

/** The upper inode is there, and the stack maps it to nothing: why. */
function fateOfThere(stored: Mapping, entry: number, scan: StackScan, truth: Truth): Fate {
  if (truth.unknown.has(entry)) return 'unknown';
  const { entries } = scan;
  const fact = scan.origins.facts.get(entry);
  if (!fact) return { fault: 'upper-unmapped', why: 'the upper inode has no origin any more' };
  switch (fact.state) {
    case 'stale': {
      for (let other = 0; other < entries.count; other++) {
        if (entries.layer(other) === 0 || !entries.isPlaced(other)) continue;
        if (entries.ino(other) !== stored.lower.ino) continue;
        if (isOn(scan, other, stored.lower.fs))
          return { fault: 'lower-reused', why: 'its number is now that of another inode of a lower layer' };
      }
      return isAtPath(scan, stored)
        ? { fault: 'lower-replaced', why: 'another inode stands at its path in a lower layer, and it is gone' }
        : { fault: 'lower-gone', why: fact.why };
    }
    case 'foreign':
      return { fault: 'lower-gone', why: fact.why };
    case 'verified':
    case 'by-path':
      return scan.layers.some(({ error }) => error !== null)
        ? 'unknown'
        : { fault: 'upper-unmapped', why: 'the kernel takes no number from its origin' };
    case 'unknown':
    case 'unverified':
      return 'unknown';
    default:
      return { fault: 'upper-unmapped', why: fact.why };
  }
}

/** Whether a raw entry is on the filesystem with that key, as far as its layer tells: by uuid, subvolumes apart. */
function isOn(scan: StackScan, entry: number, fs: string): boolean {
  const layer = scan.stack.facts.layers.find((one) => one.layer === scan.entries.layer(entry));
  const dev = scan.entries.dev(entry);
  return layer?.fs.uuid === null ? fs === `dev:${dev}` : fs.startsWith(layer?.fs.uuid ?? '?');
}

/** Whether a lower layer has an entry at the mapping's path. */
function isAtPath(scan: StackScan, { path }: Mapping): boolean {
  return scan.stack.facts.layers.some(({ layer }) => layer !== 0 && entryAt(scan, layer, path) >= 0);
}

/** Raw entry of a layer at a path from its root; negative where there is none, or a whiteout. */
function entryAt(scan: StackScan, layer: number, path: Bytes): number {
  let entry = scan.root(layer) ?? -1;
  for (const name of path.split('/')) {
    if (entry < 0) return entry;
    entry = scan.entries.findName(entry, name);
  }
  return entry >= 0 && scan.entries.marks(entry) & (MarkBit.whiteout | MarkBit.xattrWhiteout) ? -1 : entry;
}

/** The upper's entries that have the number of one of these mappings. */
class UpperEntries {
  readonly #scan: StackScan;
  readonly #byIno = new Map<bigint, number[]>();

  constructor(scan: StackScan, wanted: readonly Mapping[]) {
    this.#scan = scan;
    for (const { upper } of wanted) this.#byIno.set(upper.ino, []);
    if (wanted.length === 0) return;
    const { entries } = scan;
    for (let entry = 0; entry < entries.count; entry++) {
      if (entries.layers[entry] === 0 && entries.isPlaced(entry)) this.#byIno.get(entries.ino(entry))?.push(entry);
    }
    // Those without a name in the upper stand in the index.
    for (const { entry } of scan.index?.entries ?? [])
      if (entry >= 0 && !entries.isPlaced(entry)) this.#byIno.get(entries.ino(entry))?.push(entry);
  }

  get all(): number[] {
    return [...this.#byIno.values()].flat();
  }
  of(ino: bigint): readonly number[] {
    return this.#byIno.get(ino) ?? [];
  }
  isAt(path: Bytes): boolean {
    return entryAt(this.#scan, 0, path) >= 0;
  }
}
