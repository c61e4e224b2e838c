import { SyscallError } from '../syscalls/libc.ts';
import { listmount, StatMount, statmount } from '../syscalls/mount.ts';

/** Offset of mnt_id_old in struct statmount (include/uapi/linux/mount.h). */
const STATMOUNT_MNT_ID_OLD = 56;

/**
 * By the reusable id of each mount of a namespace: the unique id after which mounts are younger than it. Empty where the
 * kernel does not tell (before Linux 6.11, or without privilege). `namespace` gives its 64-bit id, 0 for our own.
 *
 * Unique ids are given in the order in which mounts are made. But mounts that were copied when the namespace was made
 * have consecutive ids in the order of the tree, which says nothing about their age: all of them count as one moment.
 */
export function mountAges(namespace: () => bigint): Map<number, bigint> {
  const out = new Map<number, bigint>();
  try {
    const id = namespace();
    const ids = listmount(id).sort((a, b) => (a < b ? -1 : 1));
    let copied = 0;
    while (copied + 1 < ids.length && ids[copied + 1] === (ids[copied] as bigint) + 1n) copied++;
    ids.forEach((unique, i) => {
      const record = statmount(unique, StatMount.mntBasic, id);
      const reusable = new DataView(record.buffer).getUint32(STATMOUNT_MNT_ID_OLD, true);
      out.set(reusable, i > copied ? unique : (ids[copied] as bigint));
    });
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
  return out;
}
