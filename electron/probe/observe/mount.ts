/** The root of an overlay mount, opened for a user who said that it may be touched. */
import { asBytes } from '../../../shared/bytes/bytes.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { readNamespaces } from '../discovery/namespaces.ts';
import { openPlain } from '../discovery/open-path.ts';
import { farOverlays, overlaysOf } from '../discovery/overlays.ts';
import { Reach } from '../discovery/reach.ts';
import { inOrder } from '../discovery/stack.ts';
import { danger } from '../discovery/view.ts';
import { isApart } from '../programs.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { close, Open } from '../syscalls/open.ts';
import { statx } from '../syscalls/statx.ts';

/** The mount may wait for a server that never answers: it is to be asked by a process of its own. */
export const FAR = 'far';

/**
 * Opens the root of the overlay with this device, in whatever mount namespace it is whole and can be reached (O_PATH).
 * Through a detached, read-only clone of the mount where privilege allows: what other mounts lie on in it is then seen,
 * and no access time moves but those of directories in the upper. `FAR` where a process of its own must do it. Throws a
 * FailureError: not-found, unreadable. The caller closes the descriptor.
 */
export async function openOverlay(dev: string, signal: AbortSignal): Promise<number | typeof FAR> {
  const reach = new Reach(signal);
  try {
    const namespaces = await readNamespaces(reach, signal);
    const overlay = overlaysOf(namespaces).find((one) => one.dev === dev);
    if (!overlay) throw fail('not-found', 'no mount has this device any more', dev, 'it was unmounted');
    const far = farOverlays(namespaces);
    let why: string | null = null;
    for (const { view, seen } of inOrder(overlay.instances)) {
      if (seen.mount.root !== '/') continue;
      const { mountPoint } = seen.mount;
      const risk = far.has(dev) ? 'hangs' : danger(view.mounts, mountPoint, far);
      if (risk === 'hangs' && !isApart) return FAR;
      try {
        const fd = openPlain(await reach.root(view), mountPoint, Open.path | Open.directory);
        let kept = false;
        try {
          // Another mount may lie on the mount point.
          if (statx(fd, asBytes('')).dev !== dev) {
            why ??= 'another mount covers it';
            continue;
          }
          const clone = await reach.clone(view, fd);
          kept = clone === null;
          return clone ?? fd;
        } finally {
          if (!kept) close(fd);
        }
      } catch (error) {
        if (!(error instanceof SyscallError)) throw error;
        why ??= `the kernel says ${error.code}`;
      }
    }
    const hint = 'look at it as a process that sees the whole mount, or with privilege';
    throw fail('unreadable', `its root cannot be reached: ${why ?? 'only a part of it is mounted'}`, dev, hint);
  } finally {
    await reach.end();
  }
}

const fail = (code: string, message: string, path: string, hint: string): FailureError =>
  new FailureError({ code, message, path, hint });
