/** The handles of many entries of a layer, by path: what names each of them for good. */
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Handle, Place } from '../../../shared/ipc/probe.ts';
import { nameToHandle } from '../syscalls/handle.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { close } from '../syscalls/open.ts';
import { statx } from '../syscalls/statx.ts';
import { openBelow } from './entry.ts';
import { PlaceOpener } from './place.ts';

export type Identity = { handle: Handle | null; ino: string; dev: string } | { errno: string };

/** How many are asked before other work gets its turn. */
const BATCH = 1000;

/**
 * What each path below the place names, answers in the order of the paths: its handle (null where the filesystem gives
 * none) and its number, both of the one inode that the name led to. Entries are opened as places (O_PATH), symlinks
 * followed nowhere, so nothing that is looked at moves. Paths in tree order are the fastest: a directory is opened once
 * for all names in it. Stops early when cancelled. Throws a SyscallError where the place itself cannot be opened.
 */
export async function identify(place: Place, paths: readonly Bytes[], signal: AbortSignal): Promise<Identity[]> {
  const answers: Identity[] = [];
  const opener = new PlaceOpener();
  try {
    const { fd: root } = await opener.open(place);
    const directory = new Directory(root);
    try {
      for (const [i, path] of paths.entries()) {
        if (i % BATCH === BATCH - 1) await new Promise((resolve) => setImmediate(resolve));
        if (signal.aborted) break;
        answers.push(identityOf(directory, path));
      }
    } finally {
      directory.close();
      close(root);
    }
  } finally {
    await opener.end();
  }
  return answers;
}

function identityOf(directory: Directory, path: Bytes): Identity {
  try {
    const cut = path.lastIndexOf('/');
    const parent = directory.at(asBytes(cut < 0 ? '' : path.slice(0, cut)));
    const fd = openBelow(parent, asBytes(path.slice(cut + 1)));
    try {
      const { ino, dev } = statx(fd, asBytes(''));
      return { handle: nameToHandle(fd, asBytes(''))?.handle ?? null, ino: `${ino}`, dev };
    } finally {
      close(fd);
    }
  } catch (error) {
    if (error instanceof SyscallError) return { errno: error.code };
    throw error;
  }
}

/** The directory that the last path lay in, kept open for the next. */
class Directory {
  readonly #root: number;
  #path = asBytes('');
  #fd: number;

  constructor(root: number) {
    this.#root = root;
    this.#fd = root;
  }

  /** A descriptor of the directory, good until the next call. Throws a SyscallError. */
  at(path: Bytes): number {
    if (path === this.#path) return this.#fd;
    const fd = path === '' ? this.#root : openBelow(this.#root, path);
    this.close();
    this.#path = path;
    this.#fd = fd;
    return fd;
  }

  close(): void {
    if (this.#fd !== this.#root) close(this.#fd);
    this.#path = asBytes('');
    this.#fd = this.#root;
  }
}
