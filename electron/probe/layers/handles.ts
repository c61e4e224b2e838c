/** Verifies handles: opens each on the filesystem of its layer, says what it is, closes it. */
import { rawOpenByHandleAt } from '../syscalls/handle.ts';
import { errnoName, errno as lastErrno, Memory, SyscallError } from '../syscalls/libc.ts';
import { AT_EMPTY_PATH, close, Open, raw } from '../syscalls/open.ts';
import { rawStatx, STATX_SIZE, Statx, StatxField } from '../syscalls/statx.ts';
import { openReadable } from './place.ts';
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
 * Answers in the order of the requests. `rootOf` gives the place of a layer's root, null where the layer is not open
 * (ENOENT). Stops early when cancelled.
 */
export async function verifyHandles(
  requests: readonly HandleRequest[],
  rootOf: (layer: number) => number | null,
  signal: AbortSignal,
): Promise<HandleAnswer[]> {
  const answers: HandleAnswer[] = [];
  const anchors = new Map<number, number | { errno: string }>();
  const anchorOf = (layer: number): number | { errno: string } => {
    const root = rootOf(layer);
    if (root === null) return { errno: 'ENOENT' };
    try {
      return openReadable(root);
    } catch (error) {
      if (error instanceof SyscallError) return { errno: error.code };
      throw error;
    }
  };
  try {
    for (let at = 0; at < requests.length; at++) {
      if (at % BATCH === BATCH - 1) await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) break;
      const request = requests[at] as HandleRequest;
      let anchor = anchors.get(request.layer);
      if (anchor === undefined) {
        anchor = anchorOf(request.layer);
        anchors.set(request.layer, anchor);
      }
      answers.push(typeof anchor === 'number' ? verify(anchor, request) : anchor);
    }
  } finally {
    for (const anchor of anchors.values()) if (typeof anchor === 'number') close(anchor);
  }
  return answers;
}
