/** The call `observe`: what the kernel reports through an overlay mount (see the contract). */
import type { z } from 'zod';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Observed, probeContract } from '../../../shared/ipc/probe.ts';
import { AT_HANDLE_FID, nameToHandle } from '../syscalls/handle.ts';
import { PATH_MAX, SyscallError } from '../syscalls/libc.ts';
import { AT_FDCWD, close, type Dirent, listDirectory, Open, openat, openat2, Resolve } from '../syscalls/open.ts';
import { Mode, statx } from '../syscalls/statx.ts';
import { askApart } from '../walk/apart.ts';
import { FAR, openOverlay } from './mount.ts';

type ObserveSpec = (typeof probeContract)['calls']['observe'];
export type ObserveParams = z.output<ObserveSpec['params']>;
export type ObserveItem = z.input<ObserveSpec['item']>;
type Context = { item(item: ObserveItem): void; drained(): Promise<void>; signal: AbortSignal };

/** Names after which what was seen is sent, and other work and a cancellation get their turn. */
const BATCH = 256;

/** Nothing is followed, and nothing leads out of the mount. */
const INSIDE = Resolve.beneath | Resolve.noXdev | Resolve.noSymlinks | Resolve.noMagicLinks;

/** Answers the call; here, or, where the mount may hang, in a process that can be left behind. */
export async function observe(params: ObserveParams, context: Context): Promise<{ looked: number }> {
  const root = await openOverlay(params.dev, context.signal);
  if (root === FAR)
    return askApart((client) => client.call('observe', params, { onItem: context.item }), context.signal);
  try {
    let looked = 0;
    for (const [directory, wanted] of params.directories.entries()) {
      looked += await observeDirectory(root, directory, wanted, params.handles, context);
      if (context.signal.aborted) break;
    }
    return { looked };
  } finally {
    close(root);
  }
}

async function observeDirectory(
  root: number,
  directory: number,
  { path, names, others }: ObserveParams['directories'][number],
  handles: boolean,
  { item, drained, signal }: Context,
): Promise<number> {
  let fd = -1;
  try {
    let listing: Map<Bytes, Dirent> | null;
    try {
      fd = openInside(root, path);
      // The list first: a look-up may write impure, which changes what the next one says.
      const isListed = others || names.some((name) => name !== '');
      listing = isListed ? new Map(listDirectory(fd).map((entry) => [entry.name, entry])) : null;
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      item({ directory, error: error.code, observed: [] });
      return 0;
    }
    const known = new Set(names);
    const all = others && listing ? [...names, ...[...listing.keys()].filter((name) => !known.has(name))] : names;
    let observed: Observed[] = [];
    for (const name of all) {
      const listed = name === '' || listing === null ? undefined : listing.get(name);
      const entry = listed === undefined ? null : { ino: `${listed.ino}`, type: listed.type };
      observed.push({ name, ...(name === '' ? {} : { listed: entry }), ...look(fd, name, handles) });
      if (observed.length < BATCH) continue;
      item({ directory, error: null, observed });
      observed = [];
      await drained();
      await new Promise((resolve) => setImmediate(resolve));
      if (signal.aborted) return all.length;
    }
    item({ directory, error: null, observed });
    // So that a cancellation is heard also where directories are small.
    if (directory % BATCH === BATCH - 1) await new Promise((resolve) => setImmediate(resolve));
    return all.length;
  } finally {
    if (fd >= 0) close(fd);
  }
}

/** Opens a directory below the merged root for reading, a part of its path at a time where that is long. */
function openInside(root: number, path: Bytes): number {
  if (path === '') return reading(root, asBytes('.'));
  let at = root;
  let rest = path as string;
  try {
    while (rest.length >= PATH_MAX) {
      const cut = rest.lastIndexOf('/', PATH_MAX - 2);
      const next = openat2(at, asBytes(rest.slice(0, cut)), Open.path | Open.directory, INSIDE);
      if (at !== root) close(at);
      at = next;
      rest = rest.slice(cut + 1);
    }
    return reading(at, asBytes(rest));
  } finally {
    if (at !== root) close(at);
  }
}

/** Opens a directory for reading inside the mount; moves no access time where that may be asked for. */
function reading(at: number, path: Bytes): number {
  const flags = Open.readOnly | Open.directory;
  try {
    return openat2(at, path, flags | Open.noAtime, INSIDE);
  } catch (error) {
    // Somebody else's, without the capability for it.
    if (!(error instanceof SyscallError) || error.code !== 'EPERM') throw error;
    return openat2(at, path, flags, INSIDE);
  }
}

/** One name of an open directory, or the directory itself: stat, then an open and its fstat. */
function look(directory: number, name: Bytes, handles: boolean): Pick<Observed, 'stat' | 'fstat' | 'handle'> {
  let fd: number;
  try {
    // A place, so that what is asked is asked of one object, and no device is opened.
    fd = openat(directory, name === '' ? asBytes('.') : name, Open.path | Open.noFollow);
  } catch (error) {
    if (error instanceof SyscallError) return { stat: { errno: error.code }, fstat: null };
    throw error;
  }
  try {
    const { dev, ino, nlink, mode, mountRoot } = statx(fd, asBytes(''));
    if (mountRoot === true && name !== '') return { stat: { covered: true }, fstat: null };
    return {
      stat: { dev, ino: `${ino}`, nlink, mode },
      fstat: opened(fd, mode & Mode.mask),
      ...(handles ? { handle: handleOf(fd) } : {}),
    };
  } catch (error) {
    if (error instanceof SyscallError) return { stat: { errno: error.code }, fstat: null };
    throw error;
  } finally {
    close(fd);
  }
}

function opened(place: number, type: number): Observed['fstat'] {
  if (type !== Mode.regular && type !== Mode.directory) return null;
  const flags = Open.readOnly | Open.nonBlock | Open.noAtime;
  let fd = -1;
  try {
    fd =
      type === Mode.directory
        ? openat(place, asBytes('.'), flags | Open.directory | Open.noFollow)
        : openat(AT_FDCWD, asBytes(`/proc/self/fd/${place}`), flags);
    const { dev, ino } = statx(fd, asBytes(''));
    return { dev, ino: `${ino}` };
  } catch (error) {
    if (error instanceof SyscallError) return { errno: error.code };
    throw error;
  } finally {
    if (fd >= 0) close(fd);
  }
}

function handleOf(place: number): Observed['handle'] {
  try {
    return nameToHandle(place, asBytes(''), AT_HANDLE_FID)?.handle ?? null;
  } catch (error) {
    if (error instanceof SyscallError) return null;
    throw error;
  }
}
