import { type Bytes, compareBytes } from '../../../shared/bytes/bytes.ts';
import type { Handle, LayerFacts, ProbeContract } from '../../../shared/ipc/probe.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import { filesystemKey, handleText } from '../../../shared/map/keys.ts';
import type { MapFilesystem, Mapping } from '../../../shared/map/record.ts';
import { MarkBit } from '../../../shared/merge/marks.ts';
import { hexOfArray, parseHandle } from '../../../shared/xattrs/index.ts';
import { Describer } from '../describe.ts';
import { DirectoryState } from '../entry-columns.ts';
import { HiddenTree } from '../hidden.ts';
import type { StackScan } from '../scan.ts';
import { handlesOf } from './identify.ts';

/** What a scan says that an inode map of the stack holds. */
export type Truth = {
  /** In order of the upper's filesystem and number. */
  mappings: Mapping[];
  filesystems: MapFilesystem[];
  /** Upper entries that have or may have an origin, of which it cannot be told now whether it counts. */
  unknown: Set<number>;
  /** Every directory of the upper was read: what is not in it is gone. */
  isUpperWhole: boolean;
};

/** An upper entry with an origin that counts. */
type Found = {
  entry: number;
  path: Bytes;
  /** The lower entry whose handle must be asked, or the handle that stands in overlay.origin. */
  lower: { entry: number | null; handle: Handle | null; layer: number; dev: string; ino: bigint };
};

/**
 * Reads the mappings out of a scan: each upper inode whose origin is verified, or, of a metacopy, found by path. Their
 * handles are asked of the probe. A directory's counts where it is the lower directory that it merges with, whose
 * number the kernel shows; the root's is never shown, and is left out.
 */
export async function truthOf(scan: StackScan, probe: Client<ProbeContract>, signal: AbortSignal): Promise<Truth> {
  const { entries } = scan;
  const unknown = new Set<number>();
  const found = findMapped(scan, unknown);
  const asked = found.flatMap(({ entry, lower }) => (lower.entry === null ? [entry] : [entry, lower.entry]));
  const handles = await handlesOf(scan, probe, asked, signal);
  const names = new FilesystemNames(scan);
  const mappings: Mapping[] = [];
  for (const { entry, path, lower } of found) {
    const handle = handles.get(entry);
    const lowerHandle = lower.entry === null ? lower.handle : handles.get(lower.entry);
    // It changed under our hands, or may not be asked.
    const isNested =
      lower.entry !== null &&
      scan.stack.facts.layers.some((one) => one.layer === lower.layer && one.fs.type === 'overlay');
    if (handle === undefined || (lowerHandle === undefined && !isNested)) {
      unknown.add(entry);
      continue;
    }
    mappings.push({
      upper: {
        fs: names.keyOf(0, entries.dev(entry), handle),
        ino: entries.ino(entry),
        handle: handleText(handle),
      },
      lower: {
        fs: names.keyOf(lower.layer, lower.dev, lowerHandle ?? null),
        ino: lower.ino,
        handle: handleText(lowerHandle ?? null),
        layer: lower.layer,
      },
      path,
      since: entries.btimeNs(entry),
    });
  }
  mappings.sort(({ upper: a }, { upper: b }) => (a.fs < b.fs ? -1 : a.fs > b.fs ? 1 : 0) || (a.ino < b.ino ? -1 : 1));
  return { mappings, filesystems: names.all, unknown, isUpperWhole: isUpperWhole(scan) };
}

/** Upper entries with an origin that counts, one an inode; those of which it cannot be told join `unknown`. */
function findMapped(scan: StackScan, unknown: Set<number>): Found[] {
  const { objects, entries } = scan;
  const hidden = new HiddenTree(scan);
  const describer = new Describer(scan, hidden);
  const found = new Map<string, Found>();
  for (let id = 1; id < objects.count; id++) {
    const entry = describer.shown(id);
    if (entry < 0 || entries.layers[entry] !== 0 || objects.isWhiteout(id)) continue;
    const marks = entries.marks(entry);
    if (marks & MarkBit.unknown || entries.blindLayers.has(0)) unknown.add(entry);
    if (!(marks & (MarkBit.origin | MarkBit.metacopy))) continue;
    const lower = lowerOf(id, entry);
    if (lower === 'unknown') unknown.add(entry);
    if (lower === 'unknown' || lower === null) continue;
    // Of several names the first by its bytes stands for all, so that it is the same the next time.
    const key = `${entries.dev(entry)}:${entries.ino(entry)}`;
    const path = entries.isPlaced(entry) ? entries.path(entry) : objects.path(id);
    const other = found.get(key);
    if (!other || compareBytes(path, other.path) < 0) found.set(key, { entry, path, lower });
  }
  return [...found.values()];

  function lowerOf(id: number, entry: number): Found['lower'] | 'unknown' | null {
    const origin = describer.origin(id);
    if (origin === null) return null;
    if (origin === 'unknown' || origin.state === 'unverified') return 'unknown';
    if (origin.state === 'by-path') {
      if (!objects.isCertain(id)) return 'unknown';
      const lower = describer.metacopyLower(id, entry) as number;
      return {
        entry: lower,
        handle: null,
        layer: entries.layer(lower),
        dev: entries.dev(lower),
        ino: entries.ino(lower),
      };
    }
    if (origin.state !== 'verified') return null;
    const fact = scan.origins.facts.get(entry);
    const value = entries.xattr(entry, 'origin');
    const parsed = value ? parseHandle(value) : null;
    if (!fact || fact.ino === null || fact.dev === null || !parsed || 'problem' in parsed) return 'unknown';
    if (objects.isDir(id)) {
      const [first] = objects.stack(id).lowers;
      if (first === undefined) return null;
      if (first < 0) return 'unknown';
      if (entries.ino(first) !== fact.ino || entries.dev(first) !== fact.dev) return null;
    }
    return {
      entry: null,
      handle: { type: parsed.type, fid: hexOfArray(parsed.fid) },
      layer: typeof origin.layer === 'number' ? origin.layer : fact.layer,
      dev: fact.dev,
      ino: fact.ino,
    };
  }
}

function isUpperWhole(scan: StackScan): boolean {
  const { entries } = scan;
  if (scan.phase !== 'ready' || scan.layers.find(({ layer }) => layer === 0)?.error) return false;
  for (let directory = 0; directory < entries.directories; directory++) {
    const entry = entries.directoryEntry[directory] as number;
    if (entries.layers[entry] === 0 && entries.directoryState[directory] !== DirectoryState.read) return false;
  }
  for (let entry = 0; entry < entries.count; entry++)
    if (entries.layers[entry] === 0 && entries.marks(entry) & MarkBit.covered) return false;
  return true;
}

/** The filesystems of a stack's inodes, by key. */
export class FilesystemNames {
  readonly #layers: LayerFacts[];
  readonly #found = new Map<string, MapFilesystem>();

  constructor(scan: StackScan) {
    this.#layers = scan.stack.facts.layers;
  }

  get all(): MapFilesystem[] {
    return [...this.#found.values()];
  }

  /** Key of the filesystem of an inode on this layer's, with this st_dev and handle. It joins `all`. */
  keyOf(layer: number, dev: string, handle: Handle | null): string {
    const facts = this.#layers.find((one) => one.layer === layer) as LayerFacts;
    const { type, uuid } = facts.fs;
    const isShared = this.#layers.some((one) => one.fs.uuid === uuid && one.dev !== null && one.dev !== facts.dev);
    const key = filesystemKey({ type, uuid, isShared, dev }, handle);
    if (!this.#found.has(key)) this.#found.set(key, { key, type, dev });
    return key;
  }
}
