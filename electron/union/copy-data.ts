import { isErrno } from './failure.ts';
import { cloneFile, copyRange, nextData, nextHole, read, truncateFd, write } from './syscalls/data.ts';

/** How much is copied by one call, in bytes. */
const CHUNK = 1 << 30;
const BUFFER = 1 << 20;
/** Nothing else would help where these are met: the room is lacking, or the disk is broken. */
const FATAL = ['ENOSPC', 'EDQUOT', 'EIO'];

/**
 * Fills the empty file `to` with the data of `from`: shared where the filesystem can clone, else copied, and holes stay
 * holes. Throws a SyscallError (ENOSPC, EDQUOT, EIO); any other refusal falls back to the next way.
 */
export function copyData(from: number, to: number, size: bigint): 'cloned' | 'copied' {
  if (size === 0n) return 'copied';
  try {
    cloneFile(to, from);
    return 'cloned';
  } catch (error) {
    if (!isErrno(error) || FATAL.includes(error.code)) throw error;
  }
  let canCopyRange = true;
  for (let at = nextData(from, 0n); at !== null && at < size; at = nextData(from, at)) {
    const hole = nextHole(from, at);
    const end = hole < size ? hole : size;
    while (at < end) {
      const rest = end - at;
      if (canCopyRange) {
        try {
          const got = copyRange(from, to, at, rest > CHUNK ? CHUNK : Number(rest));
          if (got === 0) break;
          at += BigInt(got);
          continue;
        } catch (error) {
          if (!isErrno(error) || FATAL.includes(error.code)) throw error;
          canCopyRange = false;
        }
      }
      const data = read(from, rest > BUFFER ? BUFFER : Number(rest), at);
      if (data.length === 0) break;
      for (let done = 0; done < data.length; ) done += write(to, data.slice(done), at + BigInt(done));
      at += BigInt(data.length);
    }
    if (at < end || at >= size) break;
  }
  truncateFd(to, size);
  return 'copied';
}
