import { asBytes } from '../../shared/bytes/bytes.ts';
import { fstatfs } from '../probe/syscalls/mount.ts';
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
  readonly keys: string[];
  /** Uuids as 32 hex digits, by layer. */
  readonly uuids: string[];

  constructor(layers: Layers) {
    const entries = [layers.upper, ...layers.lowers];
    this.uuids = layers.roots.map(uuidOf);
    const keyOf = (i: number): string => keyOfLayer(entries[i]?.fd as number, this.uuids[i] as string);
    const stored = getXattr(layers.work, TABLE);
    this.keys = stored === null ? [] : (JSON.parse(Buffer.from(stored).toString()) as string[]);
    const known = this.keys.length;
    const upper = keyOf(0);
    // A work directory that was copied elsewhere: what was said of another filesystem counts no more.
    if (this.keys[0] !== upper) this.keys.splice(0, this.keys.length, upper);
    this.#ids = entries.map((_, i) => {
      const key = keyOf(i);
      if (!this.keys.includes(key)) this.keys.push(key);
      return this.keys.indexOf(key);
    });
    if (this.keys.length > 255) fail('EOVERFLOW');
    if (this.keys.length !== known || stored === null)
      setXattr(layers.work, TABLE, Buffer.from(JSON.stringify(this.keys)));
  }

  idOf(layer: number): number {
    return this.#ids[layer] as number;
  }

  /** A layer that lies on the filesystem of this number, or -1. */
  layerOf(id: number): number {
    return this.#ids.indexOf(id);
  }

  /** The number that the union shows. Throws EOVERFLOW where the filesystem's own has more than 56 bits. */
  shown(id: number, ino: bigint): bigint {
    if (id === 0) return ino;
    if (ino >= LIMIT) fail('EOVERFLOW');
    return ino | (BigInt(id) << SHIFT);
  }
}

/** What names a filesystem for good, as far as it can be told: the uuid; on btrfs the subvolume too. */
function keyOfLayer(fd: number, uuid: string): string {
  const { fsid, type } = fstatfs(fd);
  // f_fsid of btrfs holds the subvolume; of the others it is made of the device or the uuid.
  const BTRFS = 0x9123683e;
  const own = /^0+$/.test(uuid) ? `fsid:${fsid}` : uuid;
  const handle = handleOf(fd);
  return type === BTRFS && handle !== null ? `${own}/${handle.fid.slice(16, 32)}` : own;
}
