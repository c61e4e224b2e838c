/** Verifies handles: opens each on the filesystem of its layer, says what it is, closes it. */

import { asBytes } from '../../../shared/bytes/bytes.ts';
import { rawOpenByHandleAt } from '../syscalls/handle.ts';
import { errnoName, errnos, errno as lastErrno, Memory } from '../syscalls/libc.ts';
import { AT_EMPTY_PATH, close, Open, openat, raw } from '../syscalls/open.ts';
import { rawStatx, STATX_SIZE, Statx, StatxField } from '../syscalls/statx.ts';
import type { HandleAnswer, HandleRequest } from './sessions.ts';

const STAT_AT = 256;
const EMPTY_AT = STAT_AT + STATX_SIZE;
const HANDLE_MAX = 128;
const WANTED = Statx.basic & ~(Statx.atime | Statx.ctime);

let memory: Memory | undefined;

/** What the handle names on the filesystem of `mountFd`. Opens a place only (O_PATH): no file, device or fifo. */
function verify(mountFd: number, { handle }: HandleRequest): HandleAnswer {
  memory ??= new Memory(EMPTY_AT + 8);
  const { view, bytes, address } = memory;
  const length = handle.fid.length / 2;
  if (length > HANDLE_MAX) return { errno: 'EINVAL' };
  view.setUint32(0, length, true);
  view.setInt32(4, handle.type, true);
  for (let i = 0; i < length; i++) bytes[8 + i] = Number.parseInt(handle.fid.slice(2 * i, 2 * i + 2), 16);
  const fd = rawOpenByHandleAt(mountFd, address, Open.path | Open.closeOnExec);
  if (fd < 0) return { errno: errnoName(lastErrno()) };
  const failed = rawStatx(fd, address + EMPTY_AT, AT_EMPTY_PATH, WANTED, address + STAT_AT) < 0 ? lastErrno() : 0;
  raw.close(fd);
  if (failed !== 0) return { errno: errnoName(failed) };
  const u32 = (field: number): number => view.getUint32(STAT_AT + field, true);
  return {
    ino: `${view.getBigUint64(STAT_AT + StatxField.ino, true)}`,
    dev: `${u32(StatxField.devMajor)}:${u32(StatxField.devMinor)}`,
    nlink: u32(StatxField.nlink),
    mode: view.getUint16(STAT_AT + StatxField.mode, true),
  };
}

/** How many are verified before other work gets its turn. */
const BATCH = 2000;

/**
 * Answers in the order of the requests. `rootOf` gives an open root, null where the layer is not open (ENOENT). Stops
 * early when cancelled.
 */
export async function verifyHandles(
  requests: readonly HandleRequest[],
  rootOf: (layer: number) => number | null,
  signal: AbortSignal,
): Promise<HandleAnswer[]> {
  const answers: HandleAnswer[] = [];
  // A place (O_PATH) is refused as the mount of open_by_handle_at: the directory itself is opened, for this batch.
  const opened = new Map<number, number>();
  const mountOf = (root: number): number => {
    let fd = opened.get(root);
    if (fd === undefined) {
      fd = openat(root, asBytes('.'), Open.directory);
      opened.set(root, fd);
    }
    return fd;
  };
  try {
    for (let at = 0; at < requests.length; at++) {
      if (at % BATCH === BATCH - 1) await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) break;
      const request = requests[at] as HandleRequest;
      const root = rootOf(request.layer);
      answers.push(root === null ? { errno: errnoName(errnos.ENOENT as number) } : verify(mountOf(root), request));
    }
  } finally {
    for (const fd of opened.values()) close(fd);
  }
  return answers;
}
