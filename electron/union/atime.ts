import { asBytes } from '../../shared/bytes/bytes.ts';
import { fstatfs } from '../probe/syscalls/mount.ts';
import { type Stat, statx } from '../probe/syscalls/statx.ts';
import { type Node, realOf } from './node.ts';
import type { Union } from './union.ts';

/** Access times of lower files that are read through a temporary file: what a plain file on the upper's mount would show. */

export type AtimeRule = 'strict' | 'relatime' | 'noatime';

const ST_NOATIME = 1024;
const ST_RELATIME = 4096;
const DAY_NS = 86_400_000_000_000n;
/** f_flags of struct statfs. */
const FLAGS_AT = 80;

/** The rule of the mount that a descriptor was opened through. */
export function ruleOf(fd: number): AtimeRule {
  const { bytes } = fstatfs(fd);
  const flags = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(FLAGS_AT, true));
  return flags & ST_NOATIME ? 'noatime' : flags & ST_RELATIME ? 'relatime' : 'strict';
}

/** Whether a read moves the access time (kernel: fs/inode.c:relatime_need_update). */
export const moves = (
  rule: AtimeRule,
  times: { atimeNs: bigint; mtimeNs: bigint; ctimeNs: bigint },
  nowNs: bigint,
): boolean =>
  rule === 'strict' ||
  (rule === 'relatime' &&
    (times.atimeNs <= times.mtimeNs || times.atimeNs <= times.ctimeNs || nowNs - times.atimeNs >= DAY_NS));

/** The access time of an object that is not copied up, given what its lower inode says. */
export const shownAtime = ({ store }: Union, { origin }: Node, lower: Stat): bigint =>
  (origin && store.atime(origin)) ?? lower.atimeNs;

/** Notes that a file was read which is not copied up. */
export function noteRead(union: Union, node: Node, rule: AtimeRule): void {
  if (node.upper || node.origin === null || rule === 'noatime') return;
  const lower = statx(realOf(node).fd, asBytes(''));
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const atimeNs = shownAtime(union, node, lower);
  if (!moves(rule, { ...lower, atimeNs }, nowNs)) return;
  union.store.setAtime(node.origin, nowNs);
  union.step('atime-kept', node.ino);
}
