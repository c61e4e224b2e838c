import { asBytes, hexOfBytes } from '../../shared/bytes/bytes.ts';
import type { EntryFacts } from '../../shared/ipc/probe.ts';
import {
  BLOCK_HEADER,
  Field,
  ItemKind,
  NO_DIRECTORY,
  NO_TIME,
  RECORD_FIXED,
  RecordFlag,
} from '../../shared/ipc/records.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { CODE_ERRNO, Code } from '../../shared/merge/tree.ts';
import { Describer } from './describe.ts';
import { NUMBER_UNKNOWN } from './entry-columns.ts';
import { HiddenTree } from './hidden.ts';
import { Inodes } from './inodes.ts';
import { Listed } from './listing.ts';
import { DATA_UNKNOWN } from './object-columns.ts';
import type { StackScan } from './scan.ts';

/** The records of one directory of an overlay and all below it, made from what was read of that overlay's layers. */
export class NestedLayer {
  readonly #scan: StackScan;
  readonly #layer: number;
  readonly #describer: Describer;
  readonly #inodes: Inodes;
  readonly #chunks: Uint8Array[] = [];

  constructor(scan: StackScan, layer: number) {
    this.#scan = scan;
    this.#layer = layer;
    this.#describer = new Describer(scan, new HiddenTree(scan));
    this.#inodes = new Inodes(scan);
  }

  pack(start: number): { root: EntryFacts; chunks: Uint8Array[] } {
    const { objects } = this.#scan;
    let nextId = 1;
    const todo = [{ object: start, id: 0 }];
    for (let at = todo.shift(); at !== undefined; at = todo.shift()) {
      const records: Uint8Array[] = [];
      for (const child of objects.children(at.object)) {
        // What the inner mount neither finds nor lists, the outer never sees.
        if (objects.codes[child] === Code.ENOENT && objects.listed[child] === Listed.no) continue;
        const isDir = objects.isDir(child) && objects.codes[child] === Code.ok;
        const id = isDir ? nextId++ : NO_DIRECTORY;
        if (isDir) todo.push({ object: child, id });
        records.push(this.#record(child, id));
      }
      this.#block(at.id, records, !objects.isWhole(at.object));
    }
    return { root: this.#root(start), chunks: this.#chunks };
  }

  #block(id: number, records: Uint8Array[], isPartly: boolean): void {
    const length = BLOCK_HEADER + records.reduce((sum, record) => sum + record.length, 0);
    // Blocks begin at multiples of 4, as the records' words do.
    const out = new Uint8Array(length);
    const view = new DataView(out.buffer);
    view.setUint32(0, length, true);
    view.setUint16(4, this.#layer, true);
    // EIO: names may be missing, since an inner layer could not be read.
    view.setInt16(6, isPartly ? 5 : 0, true);
    view.setUint32(8, id, true);
    view.setUint32(12, records.length, true);
    let at = BLOCK_HEADER;
    for (const record of records) {
      out.set(record, at);
      at += record.length;
    }
    this.#chunks.push(out);
  }

  #record(id: number, directory: number): Uint8Array {
    const { objects, entries } = this.#scan;
    const top = this.#describer.shown(id);
    const name = objects.name(id);
    const numbers = this.#inodes.of(id);
    const ino = numbers === 'unknown' ? null : numbers.shown.ino;
    // Where the inner mount's memory decides how many links it has, it decides by what number the outer knows it.
    const isTold = ino !== null && this.#inodes.shown(id)?.cached?.nlink === undefined;
    const items = this.#items(top);
    const listed =
      objects.codes[id] === Code.ENOENT
        ? this.#inodes.listedWhiteout(id)
        : numbers === 'unknown'
          ? null
          : numbers.listed;
    if (listed !== null && listed !== ino) addListed(items, listed);
    const length = Math.ceil((RECORD_FIXED + name.length + items.bytes.length) / 8) * 8;
    const out = new Uint8Array(length);
    const view = new DataView(out.buffer);
    const { flags, errno } = this.#answer(id);
    const device = this.#device(id).split(':').map(Number);
    const rdev = entries.rdev(top).split(':').map(Number);
    view.setUint32(Field.length, length, true);
    view.setUint32(Field.mode, entries.mode(top), true);
    view.setBigUint64(Field.ino, ino ?? 0n, true);
    view.setBigUint64(Field.size, entries.size(top), true);
    view.setBigUint64(Field.blocks, entries.blocks(this.#stored(id, top)), true);
    view.setBigInt64(Field.mtime, entries.mtimeNs(top), true);
    view.setBigInt64(Field.btime, entries.btimeNs(top) ?? NO_TIME, true);
    view.setUint32(Field.uid, entries.uid(top), true);
    view.setUint32(Field.gid, entries.gid(top), true);
    view.setUint32(Field.nlink, this.#links(id, top), true);
    view.setUint32(Field.devMajor, device[0] ?? 0, true);
    view.setUint32(Field.devMinor, device[1] ?? 0, true);
    view.setUint32(Field.rdevMajor, rdev[0] ?? 0, true);
    view.setUint32(Field.rdevMinor, rdev[1] ?? 0, true);
    view.setUint32(Field.childDirectory, directory, true);
    view.setUint16(Field.nameLength, name.length, true);
    view.setUint16(Field.items, items.count, true);
    view.setInt16(Field.errno, errno, true);
    view.setUint8(Field.flags, flags | (isTold ? 0 : NUMBER_UNKNOWN));
    view.setUint8(Field.dtype, entries.kind(top));
    for (let i = 0; i < name.length; i++) out[RECORD_FIXED + i] = name.charCodeAt(i);
    out.set(items.bytes, RECORD_FIXED + name.length);
    return out;
  }

  /** What the inner mount answers to the name: nothing (0), an error, or what nobody knows. */
  #answer(id: number): { flags: number; errno: number } {
    const { objects, entries } = this.#scan;
    const code = objects.codes[id] as Code;
    if (!objects.isCertain(id)) return { flags: RecordFlag.covered, errno: 0 };
    if (code !== Code.ok) {
      const listed = objects.listed[id];
      if (listed === Listed.unknown) return { flags: RecordFlag.covered, errno: 0 };
      const unlisted = listed === Listed.no ? RecordFlag.unlisted : 0;
      return { flags: RecordFlag.refused | unlisted, errno: CODE_ERRNO[code] };
    }
    if (entries.kind(this.#describer.shown(id)) !== Kind.file) return { flags: 0, errno: 0 };
    const data = objects.data(id);
    const flags = data === DATA_UNKNOWN ? RecordFlag.dataUnknown : data < 0 ? RecordFlag.noData : 0;
    return { flags, errno: 0 };
  }

  /** Attributes as the inner mount gives them: its own are hidden, those stored escaped come back unescaped. */
  #items(top: number): { bytes: Uint8Array; count: number } {
    const { entries, stack } = this.#scan;
    const own = stack.prefix === 'user' ? ItemKind.user : ItemKind.trusted;
    const bytes: number[] = [];
    let count = 0;
    entries.forEachItem(top, (kind, name, value) => {
      // What a handle opened in the inner upper says nothing to the outer.
      if (kind === ItemKind.opened || kind === ItemKind.listed) return;
      let seen = name;
      if (kind === own) {
        if (!name.startsWith('overlay.')) return;
        seen = name.slice('overlay.'.length);
      }
      const length = value === null ? 0xffff : value.length;
      bytes.push(kind, seen.length, length & 0xff, length >> 8);
      for (let i = 0; i < seen.length; i++) bytes.push(seen.charCodeAt(i));
      for (const byte of value ?? []) bytes.push(byte);
      count++;
    });
    return { bytes: Uint8Array.from(bytes), count };
  }

  /** Entry whose blocks the inner mount counts: of a metacopy, the one that holds its data. */
  #stored(id: number, top: number): number {
    const data = this.#scan.objects.data(id);
    return data === DATA_UNKNOWN || data < 0 ? top : data;
  }

  #device(id: number): string {
    const { stack, objects } = this.#scan;
    return stack.inodes.mode === 'none' && !objects.isDir(id) ? '0:0' : (stack.facts.dev ?? '0:0');
  }

  /** Links as the inner mount counts them. */
  #links(id: number, top: number): number {
    const numbers = this.#inodes.of(id);
    const links = numbers === 'unknown' ? 'unknown' : this.#inodes.nlink(id, numbers);
    return links === 'unknown' ? this.#scan.entries.nlink(top) : links;
  }

  #root(start: number): EntryFacts {
    const { entries } = this.#scan;
    const top = this.#describer.shown(start);
    const xattrs: EntryFacts['xattrs'] = [];
    const items = this.#items(top);
    for (let at = 0, i = 0; i < items.count; i++) {
      const nameLength = items.bytes[at + 1] as number;
      const valueLength = (items.bytes[at + 2] as number) | ((items.bytes[at + 3] as number) << 8);
      const name = String.fromCharCode(...items.bytes.subarray(at + 4, at + 4 + nameLength));
      const prefix = items.bytes[at] === ItemKind.user ? 'user' : 'trusted';
      const from = at + 4 + nameLength;
      const isRefused = valueLength === 0xffff;
      const value = items.bytes.subarray(from, isRefused ? from : from + valueLength);
      xattrs.push({
        name: asBytes(`${prefix}.overlay.${name}`),
        value: isRefused ? null : hexOfBytes(asBytes(String.fromCharCode(...value))),
      });
      at = isRefused ? from : from + valueLength;
    }
    const numbers = this.#inodes.of(start);
    const ino = numbers === 'unknown' ? null : numbers.shown.ino;
    return {
      mode: entries.kind(top) === Kind.dir ? entries.mode(top) : Kind.dir << 12,
      ino: String(ino ?? 0n),
      dev: this.#device(start),
      rdev: '0:0',
      nlink: this.#links(start, top),
      uid: entries.uid(top),
      gid: entries.gid(top),
      size: String(entries.size(top)),
      blocks: String(entries.blocks(top)),
      atimeNs: '0',
      mtimeNs: String(entries.mtimeNs(top)),
      ctimeNs: '0',
      btimeNs: entries.btimeNs(top)?.toString() ?? null,
      target: null,
      xattrs,
      handle: null,
    };
  }
}

/** Adds the number that the inner mount's listing gives, where it is not stat's. */
function addListed(items: { bytes: Uint8Array; count: number }, listed: bigint): void {
  const item = new Uint8Array(12);
  item.set([ItemKind.listed, 0, 8, 0]);
  new DataView(item.buffer).setBigUint64(4, listed, true);
  const bytes = new Uint8Array(items.bytes.length + item.length);
  bytes.set(items.bytes);
  bytes.set(item, items.bytes.length);
  items.bytes = bytes;
  items.count++;
}
