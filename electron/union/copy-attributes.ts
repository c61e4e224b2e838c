import { asBytes } from '../../shared/bytes/bytes.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { type Stat, statx } from '../probe/syscalls/statx.ts';
import { xattrsOfFd } from '../probe/syscalls/xattr.ts';
import { isErrno } from './failure.ts';
import { OVERLAY, setXattr } from './syscalls/attributes.ts';
import { chmodFd, chownFd, utimensFd } from './syscalls/names.ts';

/** A union's own attributes are of the layer; escaped ones are of a file that was made through an overlay. */
const isOwn = (name: string): boolean =>
  (name.startsWith(OVERLAY) && !name.startsWith(`${OVERLAY}overlay.`)) || name.startsWith('trusted.stratoscope.');

/** Gives a copy what its original has beside its data: owner, mode, attributes, times. Throws a SyscallError. */
export function copyAttributes(from: number, to: number, stat: Stat): void {
  chownFd(to, stat.uid, stat.gid);
  if (stat.mode >> 12 !== Kind.symlink) chmodFd(to, stat.mode & 0o7777);
  for (const { name, value } of xattrsOfFd(from, (name) => !isOwn(name))) {
    if (value === null) continue;
    try {
      setXattr(to, name, value);
    } catch (error) {
      // The upper's filesystem has no attributes of this kind.
      if (!isErrno(error, 'EOPNOTSUPP')) throw error;
    }
  }
  utimensFd(to, stat.atimeNs, stat.mtimeNs);
}

/** Does what touches a directory's names on behalf of a copy-up, which users do not see: its times stay. */
export function keepingTimes<T>(directory: number, use: () => T): T {
  const { atimeNs, mtimeNs } = statx(directory, asBytes(''));
  try {
    return use();
  } finally {
    utimensFd(directory, atimeNs, mtimeNs);
  }
}
