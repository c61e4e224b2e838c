import { asBytes } from '../../shared/bytes/bytes.ts';
import { filesystemKey } from '../../shared/map/keys.ts';
import type { MapFilesystem } from '../../shared/map/record.ts';
import { fstatfs } from '../probe/syscalls/mount.ts';
import { statx } from '../probe/syscalls/statx.ts';
import { fail } from './failure.ts';
import { handleOf, type Layers, uuidOf } from './layers.ts';
import { getXattr, setXattr } from './syscalls/attributes.ts';

/**
 * The numbers of the filesystems that layers lie on, and with them the numbers that the union shows: the real inode
 * number, with the filesystem's in the top byte (as the kernel's xino does). The upper's is 0, so that where all layers
 * lie on one filesystem numbers are the real ones. The table is kept on the work directory: a lower that is added later
 * changes no number, also not where one was taken away.
 */
const TABLE = asBytes('trusted.stratoscope.filesystems');
const SHIFT = 56n;
const LIMIT = 1n << SHIFT;

export class Filesystems {
  /** By layer. */
  readonly #ids: number[];
  /** Keys of the filesystems, by their number. */
  readonly #keys: string[];
  /** Those in sight, by layer. */
  readonly #seen: MapFilesystem[];
  /** Uuids as 32 hex digits, by layer. */
  readonly uuids: string[];

  constructor(layers: Layers) {
    const entries = [layers.upper, ...layers.lowers];
    this.uuids = layers.roots.map(uuidOf);
    this.#seen = layers.roots.map((root, i) => described(root, this.uuids[i] as string));
    const keyOf = (i: number): string => (this.#seen[i] as MapFilesystem).key;
    const stored = getXattr(layers.work, TABLE);
    this.#keys = stored === null ? [] : (JSON.parse(Buffer.from(stored).toString()) as string[]);
    const known = this.#keys.length;
    const upper = keyOf(0);
    // A work directory that was copied elsewhere: what was said of another filesystem counts no more.
    if (this.#keys[0] !== upper) this.#keys.splice(0, this.#keys.length, upper);
    this.#ids = entries.map((_, i) => {
      const key = keyOf(i);
      if (!this.#keys.includes(key)) this.#keys.push(key);
      return this.#keys.indexOf(key);
    });
    if (this.#keys.length > 255) fail('EOVERFLOW');
    if (this.#keys.length !== known || stored === null)
      setXattr(layers.work, TABLE, Buffer.from(JSON.stringify(this.#keys)));
  }

  idOf(layer: number): number {
    return this.#ids[layer] as number;
  }

  /** A filesystem in the words of the map; its type and device are told where it is in sight. */
  filesystem(id: number): MapFilesystem {
    const key = this.#keys[id] as string;
    return this.#seen.find((one) => one.key === key) ?? { key, type: 'unknown', dev: 'unknown' };
  }

  /** The number of a filesystem by its key, or null. */
  byKey(key: string): number | null {
    const id = this.#keys.indexOf(key);
    return id < 0 ? null : id;
  }

  /** The lower layers that lie on the filesystem of this number. */
  lowersOn(id: number): number[] {
    return this.#ids.flatMap((one, layer) => (one === id && layer > 0 ? [layer] : []));
  }

  /** The number that the union shows. Throws EOVERFLOW where the filesystem's own has more than 56 bits. */
  shown(id: number, ino: bigint): bigint {
    if (id === 0) return ino;
    if (ino >= LIMIT) fail('EOVERFLOW');
    return ino | (BigInt(id) << SHIFT);
  }
}

/** Filesystem types by the magic that statfs tells. */
const TYPES: Record<number, string> = {
  61267: 'ext4',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  16914836: 'tmpfs',
  1936814952: 'squashfs',
  3774210530: 'erofs',
  2035054128: 'overlay',
  1702057286: 'fuse',
};

/** A layer's filesystem in the words of the map: what names it for good, as far as it can be told. */
function described(root: number, uuid: string): MapFilesystem {
  const { type: magic, fsid } = fstatfs(root);
  const type = TYPES[magic] ?? `0x${magic.toString(16)}`;
  const own = /^0+$/.test(uuid) ? null : uuid;
  const { dev } = statx(root, asBytes(''));
  const key = filesystemKey({ type, uuid: own, isShared: false, dev }, handleOf(root));
  // Without a uuid the device alone would name it, and that changes: f_fsid is better than nothing.
  return { key: own === null ? `fsid:${fsid}` : key, type, dev };
}
