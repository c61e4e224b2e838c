import { AFTER_PATHS, bind, check, scratch } from './libc.ts';

/** Namespaces: setns(2), unshare(2) and the questions of ioctl_ns(2). All of them concern the calling thread alone. */

export const CLONE_FS = 0x200;
export const CLONE_NEWNS = 0x20000;

const setnsCall = bind<(fd: number, type: number) => number>('setns', 'int', ['int', 'int']);
const unshareCall = bind<(flags: number) => number>('unshare', 'int', ['int']);
const ioctl = bind<(fd: number, request: number, argument: number) => number>('ioctl', 'int', [
  'int',
  'long',
  'address',
]);

/**
 * Puts the calling thread into the namespace of `fd`. For a mount namespace the thread must have left the others'
 * root and current directory first (`unshareFs`). Throws a SyscallError.
 */
export function setns(fd: number, type: number): void {
  check('setns', setnsCall(fd, type));
}

/** Gives the calling thread a root and current directory of its own, as setns to a mount namespace needs. */
export function unshareFs(): void {
  check('unshare', unshareCall(CLONE_FS));
}

const NS_GET_USERNS = 0xb701;
const NS_GET_NSTYPE = 0xb703;
const NS_GET_MNTNS_ID = 0x8008b705;
const NS_MNT_GET_INFO = 0x8010b70a;
const NS_MNT_GET_NEXT = 0x8010b70b;
const NS_MNT_GET_PREV = 0x8010b70c;

/** A new descriptor of the user namespace that owns the namespace of `fd`. EPERM: it is outside the caller's own. */
export const ownerOfNamespace = (fd: number): number => check('NS_GET_USERNS', ioctl(fd, NS_GET_USERNS, 0));

/** CLONE_NEW… of the namespace of `fd`. */
export const typeOfNamespace = (fd: number): number => check('NS_GET_NSTYPE', ioctl(fd, NS_GET_NSTYPE, 0));

/** 64-bit id of the mount namespace of `fd`, as listmount and statmount take it. ENOTTY before Linux 6.10. */
export function mountNamespaceId(fd: number): bigint {
  check('NS_GET_MNTNS_ID', ioctl(fd, NS_GET_MNTNS_ID, scratch.address + AFTER_PATHS));
  return scratch.view.getBigUint64(AFTER_PATHS, true);
}

/** struct mnt_ns_info: size, number of mounts, id. */
export type MountNamespace = { id: bigint; mounts: number };

function info(call: string, fd: number, request: number): { result: number; namespace: MountNamespace } {
  const at = AFTER_PATHS;
  scratch.bytes.fill(0, at, at + 16);
  scratch.view.setUint32(at, 16, true);
  const result = check(call, ioctl(fd, request, scratch.address + at));
  return {
    result,
    namespace: { mounts: scratch.view.getUint32(at + 4, true), id: scratch.view.getBigUint64(at + 8, true) },
  };
}

/** Id and size of the mount namespace of `fd`. ENOTTY before Linux 6.12. */
export const mountNamespaceInfo = (fd: number): MountNamespace =>
  info('NS_MNT_GET_INFO', fd, NS_MNT_GET_INFO).namespace;

/**
 * A new descriptor of the mount namespace after (or before) that of `fd`, in the kernel's order of ids, those without a
 * process included. Throws a SyscallError: ENOENT at the end, ENOTTY before Linux 6.12, EPERM without CAP_SYS_ADMIN.
 */
export function neighbourNamespace(
  fd: number,
  direction: 'next' | 'previous',
): { fd: number; namespace: MountNamespace } {
  const { result, namespace } = info(
    direction === 'next' ? 'NS_MNT_GET_NEXT' : 'NS_MNT_GET_PREV',
    fd,
    direction === 'next' ? NS_MNT_GET_NEXT : NS_MNT_GET_PREV,
  );
  return { fd: result, namespace };
}
