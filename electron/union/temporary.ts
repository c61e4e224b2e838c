import { asBytes } from '../../shared/bytes/bytes.ts';
import { close, Open } from '../probe/syscalls/open.ts';
import { statx } from '../probe/syscalls/statx.ts';
import { copyAttributes } from './copy-attributes.ts';
import { copyData } from './copy-data.ts';
import { type Node, realOf } from './node.ts';
import { writeOrigin } from './origin.ts';
import { truncateFd } from './syscalls/data.ts';
import { Create, openTemporary, reopen, utimensFd } from './syscalls/names.ts';
import type { Union } from './union.ts';

/**
 * The temporary file of a lower file: a copy without a name on the upper's filesystem, of which all descriptors are,
 * and which gets its name on the first change. `withData` false leaves it empty, for a file that is to be truncated.
 * Throws a SyscallError; then nothing is left of it.
 */
export function ensureTemp(union: Union, node: Node, withData = true): number {
  if (node.temp !== null) {
    union.step('temp-shared', node.ino);
    return node.temp;
  }
  const lower = realOf(node);
  const stat = statx(lower.fd, asBytes(''));
  const temp = openTemporary(union.layers.ready, Create.readWrite | Open.noAtime, 0o600);
  try {
    union.step('temp-born', node.ino);
    if (withData) {
      const from = reopen(lower.fd, Open.readOnly | Open.noAtime);
      try {
        union.step(copyData(from, temp, stat.size), node.ino);
      } finally {
        close(from);
      }
    } else truncateFd(temp, 0n);
    copyAttributes(lower.fd, temp, stat);
    writeOrigin(union, temp, lower);
    const atime = node.origin && union.store.atime(node.origin);
    if (atime !== null) utimensFd(temp, atime, null);
  } catch (error) {
    close(temp);
    throw error;
  }
  node.temp = temp;
  return temp;
}
