import { asBytes, type Bytes, joinBytes } from '../../../shared/bytes/bytes.ts';
import { Memory, SyscallError } from '../syscalls/libc.ts';
import { close, listDirectory, Open, openat } from '../syscalls/open.ts';
import { XattrReader } from '../syscalls/xattr.ts';
import { type RealObject, realObjectOfValue } from './real-object.ts';

/** An object of the upper that was copied up, and what it was copied from. The root's path is empty. */
export type Origin = { path: Bytes; object: RealObject };

/** So many entries of an upper are asked for an origin, breadth first, in directories down to this depth. */
const MAX_ENTRIES = 256;
const MAX_DEPTH = 4;
const DT_DIR = 4;

/**
 * Origins in the first levels of an upper, root first. `clone` is a detached clone of it, through which reading leaves
 * no trace. Reads trusted.* and so finds nothing without CAP_SYS_ADMIN.
 */
export function originsIn(clone: number): Origin[] {
  const out: Origin[] = [];
  const reader = new XattrReader();
  const memory = new Memory(1024);
  const attribute = memory.string(512, asBytes('trusted.overlay.origin'));
  const take = (length: number, path: Bytes): void => {
    const object = length > 0 ? realObjectOfValue(reader.value.bytes.slice(0, length)) : null;
    if (object && !object.upper) out.push({ path, object });
  };
  let asked = 0;
  take(reader.getOfFd(clone, attribute), asBytes(''));
  let level: Bytes[] = [asBytes('')];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0 && asked < MAX_ENTRIES; depth++) {
    const below: Bytes[] = [];
    for (const directory of level) {
      if (asked >= MAX_ENTRIES) break;
      let fd = -1;
      try {
        fd = openat(clone, directory === '' ? asBytes('.') : directory, Open.readOnly | Open.directory | Open.noFollow);
        for (const { name, type } of listDirectory(fd)) {
          if (++asked > MAX_ENTRIES) break;
          memory.string(0, name);
          const path = joinBytes(directory, name);
          take(reader.get(fd, memory, 0, attribute), path);
          if (type === DT_DIR) below.push(path);
        }
      } catch (error) {
        if (!(error instanceof SyscallError)) throw error;
      } finally {
        if (fd >= 0) close(fd);
      }
    }
    level = below;
  }
  return out;
}
