/** Opens what overlay.origin names while its entry is read, so that nobody has to ask again. */

import { asBytes } from '../../../shared/bytes/bytes.ts';
import { ItemKind, OPENED_SIZE } from '../../../shared/ipc/records.ts';
import { FB_MAGIC, FbField } from '../../../shared/xattrs/index.ts';
import { rawOpenByHandleAt } from '../syscalls/handle.ts';
import { errno, Memory } from '../syscalls/libc.ts';
import { AT_EMPTY_PATH, Open, raw } from '../syscalls/open.ts';
import { rawStatx, STATX_SIZE, Statx, StatxField } from '../syscalls/statx.ts';
import type { ChunkWriter } from './chunk.ts';
import type { OriginPlace, WalkRoot } from './messages.ts';

const STAT_AT = 256;
const EMPTY_AT = STAT_AT + STATX_SIZE;
const HANDLE_MAX = 128;
const WANTED = Statx.basic & ~(Statx.atime | Statx.ctime);
const NO_NAME = new Uint8Array(0);

/** The handles of one walk, for one thread. */
export class OriginOpener {
  readonly #places: { uuid: Uint8Array; root: number; fd: number }[];
  readonly #memory = new Memory(EMPTY_AT + 8);
  readonly #value = new Uint8Array(OPENED_SIZE);
  readonly #view = new DataView(this.#value.buffer);

  constructor(roots: readonly WalkRoot[], places: readonly OriginPlace[]) {
    this.#places = places.map(({ root, uuid }) => ({ uuid, root: (roots[root] as WalkRoot).fd, fd: -1 }));
  }

  /** Adds to the record to come what the stored handle value[0, size) opens; nothing where it is of no place here. */
  open(value: Uint8Array, size: number, writer: ChunkWriter): void {
    const length = value[FbField.length] as number;
    if (size <= FbField.fid || length > size || length <= FbField.fid || length - FbField.fid > HANDLE_MAX) return;
    // What the kernel would pass over is left to whoever decodes it (util.c:ovl_check_fb_len).
    const flags = value[FbField.flags] as number;
    if (value[FbField.version] !== 0 || value[FbField.magic] !== FB_MAGIC || flags > 7 || (flags & 3) === 1) return;
    next: for (const place of this.#places) {
      for (let i = 0; i < 16; i++) if (value[FbField.uuid + i] !== place.uuid[i]) continue next;
      // A place (O_PATH) is refused as the mount of open_by_handle_at: the directory itself is opened, once.
      if (place.fd < 0) place.fd = this.#readable(place.root);
      const failed = place.fd < 0 ? errno() : this.#stat(place.fd, value, length);
      if (failed === 0) writer.item(ItemKind.opened, NO_NAME, 0, 0, this.#value, OPENED_SIZE);
      else {
        this.#view.setInt32(0, failed, true);
        writer.item(ItemKind.opened, NO_NAME, 0, 0, this.#value, 4);
      }
      return;
    }
  }

  #readable(root: number): number {
    this.#memory.string(0, asBytes('.'));
    return raw.openat(root, this.#memory.address, Open.readOnly | Open.directory | Open.closeOnExec, 0);
  }

  /** Opens the handle as a place and reads what it is into #value; 0 or the errno. */
  #stat(mountFd: number, value: Uint8Array, length: number): number {
    const { view, bytes, address } = this.#memory;
    view.setUint32(0, length - FbField.fid, true);
    view.setInt32(4, value[FbField.type] as number, true);
    for (let i = FbField.fid; i < length; i++) bytes[8 + i - FbField.fid] = value[i] as number;
    const fd = rawOpenByHandleAt(mountFd, address, Open.path | Open.closeOnExec);
    if (fd < 0) return errno();
    bytes[EMPTY_AT] = 0;
    const failed = rawStatx(fd, address + EMPTY_AT, AT_EMPTY_PATH, WANTED, address + STAT_AT) < 0 ? errno() : 0;
    raw.close(fd);
    if (failed !== 0) return failed;
    const out = this.#view;
    out.setUint32(0, view.getUint32(STAT_AT + StatxField.ino, true), true);
    out.setUint32(4, view.getUint32(STAT_AT + StatxField.ino + 4, true), true);
    out.setUint32(8, view.getUint32(STAT_AT + StatxField.nlink, true), true);
    out.setUint32(12, view.getUint16(STAT_AT + StatxField.mode, true), true);
    out.setUint32(16, view.getUint32(STAT_AT + StatxField.devMajor, true), true);
    out.setUint32(20, view.getUint32(STAT_AT + StatxField.devMinor, true), true);
    return 0;
  }

  close(): void {
    for (const place of this.#places) if (place.fd >= 0) raw.close(place.fd);
  }
}
