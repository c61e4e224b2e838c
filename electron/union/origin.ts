import { asBytes } from '../../shared/bytes/bytes.ts';
import type { Handle } from '../../shared/ipc/probe.ts';
import { handleText } from '../../shared/map/keys.ts';
import { arrayOfHex, FB_MAGIC, FbField, hexOfArray, parseHandle } from '../../shared/xattrs/index.ts';
import { openByHandle } from '../probe/syscalls/handle.ts';
import { close } from '../probe/syscalls/open.ts';
import { statx } from '../probe/syscalls/statx.ts';
import type { Entry } from './entries.ts';
import { isErrno } from './failure.ts';
import { handleOf } from './layers.ts';
import type { Origin } from './stores/store.ts';
import { getXattr, mark, setXattr } from './syscalls/attributes.ts';
import type { Union } from './union.ts';

/** overlay.origin: the lower inode's handle on its copy, as the kernel writes it (struct ovl_fb). */
const ORIGIN = mark('origin');

function encode({ type, fid }: Handle, uuid: string): Uint8Array {
  const bytes = arrayOfHex(fid) ?? new Uint8Array();
  const value = new Uint8Array(FbField.fid + bytes.length);
  value[FbField.magic] = FB_MAGIC;
  value[FbField.length] = value.length;
  value[FbField.type] = type;
  value.set(arrayOfHex(uuid) ?? new Uint8Array(16), FbField.uuid);
  value.set(bytes, FbField.fid);
  return value;
}

/** The lower inode that an entry stands for. */
export const originOfEntry = ({ filesystems }: Union, lower: Entry): Origin => ({
  filesystem: filesystems.idOf(lower.layer),
  ino: lower.ino,
  handle: handleText(handleOf(lower.fd)),
});

/** Writes on a copy (`fd`) which lower inode it is of; a zero length where the lower gives no handle. */
export function writeOrigin({ filesystems }: Union, fd: number, lower: Entry): void {
  const handle = handleOf(lower.fd);
  const uuid = filesystems.uuids[lower.layer] as string;
  setXattr(fd, ORIGIN, handle === null ? new Uint8Array() : encode(handle, uuid));
}

/**
 * The lower inode that a copy's overlay.origin names, where it is alive on the filesystem of one of the lowers and of the
 * copy's type; else null.
 */
export function readOrigin({ filesystems, layers }: Union, upper: Entry): Origin | null {
  const value = getXattr(upper.fd, ORIGIN);
  if (value === null) return null;
  const parsed = parseHandle(value);
  if ('problem' in parsed) return null;
  const handle = { type: parsed.type, fid: hexOfArray(parsed.fid) };
  for (const { layer } of layers.lowers) {
    if (filesystems.uuids[layer] !== parsed.uuid) continue;
    let place: number;
    try {
      place = openByHandle(layers.roots[layer] as number, handle);
    } catch (error) {
      if (isErrno(error)) continue;
      throw error;
    }
    try {
      const { mode, ino, dev, nlink } = statx(place, asBytes(''));
      if (mode >> 12 !== upper.kind || nlink === 0) continue;
      // On btrfs a handle opens through any subvolume of the filesystem.
      const at = layers.lowers.find((one) => one.dev === dev);
      if (at) return { filesystem: filesystems.idOf(at.layer), ino, handle: handleText(handle) };
    } finally {
      close(place);
    }
  }
  return null;
}
