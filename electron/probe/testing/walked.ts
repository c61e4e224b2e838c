/** Chunks of a walk, taken apart again by the book (shared/ipc/records.ts), for tests to look at. */
import type { WalkProgress } from '../../../shared/ipc/probe.ts';
import {
  BLOCK_HEADER,
  BLOCK_PARTIAL,
  Field,
  ITEM_REFUSED,
  ItemKind,
  NO_DIRECTORY,
  NO_TIME,
  RECORD_FIXED,
} from '../../../shared/ipc/records.ts';
import type { Probe } from '../client.ts';

export type Walked = {
  /** Relative to the layer's root, as bytes in latin1. */
  path: string;
  layer: number;
  mode: number;
  ino: bigint;
  size: bigint;
  blocks: bigint;
  mtime: bigint;
  btime: bigint | null;
  uid: number;
  gid: number;
  nlink: number;
  dev: string;
  rdev: string;
  errno: number;
  flags: number;
  dtype: number;
  isDirectory: boolean;
  xattrs: Record<string, string | null>;
  target: string | null;
};
export type WalkedDirectory = { layer: number; path: string; errno: number; entries: number };

/** Collects a walk's chunks. Throws where a block comes before its parent's, or lengths do not add up. */
export class WalkReader {
  readonly entries: Walked[] = [];
  readonly directories = new Map<string, WalkedDirectory>();
  chunks = 0;
  largestChunk = 0;
  readonly #paths = new Map<string, string>();

  readonly take = (chunk: Uint8Array): void => {
    this.chunks++;
    this.largestChunk = Math.max(this.largestChunk, chunk.length);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    for (let at = 0; at < chunk.length; at += view.getUint32(at, true)) this.#block(view, at);
  };

  #block(view: DataView, start: number): void {
    const end = start + view.getUint32(start, true);
    const layer = view.getUint16(start + 4, true);
    const id = view.getUint32(start + 8, true);
    const key = `${layer} ${id}`;
    const path = id === 0 ? '' : this.#paths.get(key);
    if (path === undefined) throw new Error(`the block of directory ${key} comes before its parent's`);
    const directory = this.directories.get(key) ?? { layer, path, errno: 0, entries: 0 };
    this.directories.set(key, directory);
    directory.errno ||= view.getInt16(start + 6, true);
    const count = view.getUint32(start + 12, true);
    directory.entries += count;
    let at = start + BLOCK_HEADER;
    for (let i = 0; i < count; i++) {
      this.#record(view, at, layer, path);
      at += view.getUint32(at, true);
    }
    if (at !== end) throw new Error(`records end at ${at}, their block at ${end}`);
    if (view.getUint32(start + 16, true) & ~BLOCK_PARTIAL) throw new Error('unknown block flags');
  }

  #record(view: DataView, at: number, layer: number, parent: string): void {
    const u32 = (field: number): number => view.getUint32(at + field, true);
    const u64 = (field: number): bigint => view.getBigUint64(at + field, true);
    const text = (from: number, length: number): string =>
      Buffer.from(view.buffer, view.byteOffset + from, length).toString('latin1');
    const nameLength = view.getUint16(at + Field.nameLength, true);
    const name = text(at + RECORD_FIXED, nameLength);
    const path = parent === '' ? name : `${parent}/${name}`;
    const child = u32(Field.childDirectory);
    if (child !== NO_DIRECTORY) this.#paths.set(`${layer} ${child}`, path);
    const btime = view.getBigInt64(at + Field.btime, true);
    const entry: Walked = {
      path,
      layer,
      mode: u32(Field.mode),
      ino: u64(Field.ino),
      size: u64(Field.size),
      blocks: u64(Field.blocks),
      mtime: view.getBigInt64(at + Field.mtime, true),
      btime: btime === NO_TIME ? null : btime,
      uid: u32(Field.uid),
      gid: u32(Field.gid),
      nlink: u32(Field.nlink),
      dev: `${u32(Field.devMajor)}:${u32(Field.devMinor)}`,
      rdev: `${u32(Field.rdevMajor)}:${u32(Field.rdevMinor)}`,
      errno: view.getInt16(at + Field.errno, true),
      flags: view.getUint8(at + Field.flags),
      dtype: view.getUint8(at + Field.dtype),
      isDirectory: child !== NO_DIRECTORY,
      xattrs: {},
      target: null,
    };
    let item = at + RECORD_FIXED + nameLength;
    for (let i = 0; i < view.getUint16(at + Field.items, true); i++) {
      const kind = view.getUint8(item);
      const length = view.getUint8(item + 1);
      const size = view.getUint16(item + 2, true);
      const refused = size === ITEM_REFUSED;
      const value = refused ? null : text(item + 4 + length, size);
      if (kind === ItemKind.target) entry.target = value;
      else {
        const prefix = kind === ItemKind.trusted ? 'trusted.overlay.' : 'user.overlay.';
        entry.xattrs[prefix + text(item + 4, length)] = value;
      }
      item += 4 + length + (refused ? 0 : size);
    }
    if (u32(Field.length) !== ((item - at + 7) & ~7)) throw new Error(`the record of ${path} has a wrong length`);
    this.entries.push(entry);
  }

  /** By path within a layer. */
  byPath(layer = 0): Map<string, Walked> {
    return new Map(this.entries.filter((entry) => entry.layer === layer).map((entry) => [entry.path, entry]));
  }
}

export type WalkOptions = { session?: number; targets?: boolean; isolate?: boolean; signal?: AbortSignal };

/** Walks these directories as layers 0, 1, … */
export async function walkPaths(probe: Probe, paths: readonly string[], options: WalkOptions = {}) {
  const { session = 1, targets = false, isolate = false, signal } = options;
  const reader = new WalkReader();
  let progress: WalkProgress = { layers: [] };
  const layers = paths.map((path, layer) => ({ layer, place: { pid: null, path }, isolate }));
  const result = await probe.client.call(
    'walk',
    { session, layers, targets },
    {
      onChunk: reader.take,
      onItem: (item) => {
        progress = item;
      },
      ...(signal ? { signal } : {}),
    },
  );
  return { reader, result, progress };
}
