/** One entry of one layer, read afresh and whole; and the names below a work directory. */
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { EntryFacts, Place, RawXattr } from '../../../shared/ipc/probe.ts';
import { nameToHandle } from '../syscalls/handle.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { close, listDirectory, Open, openat, readlinkat } from '../syscalls/open.ts';
import { Mode, statx } from '../syscalls/statx.ts';
import { type Xattr, xattrsOfFd } from '../syscalls/xattr.ts';
import { PlaceOpener } from './place.ts';

const rawXattr = ({ name, value, error }: Xattr): RawXattr => ({
  name,
  value: value && Buffer.from(value).toString('hex'),
  ...(error === undefined ? {} : { error }),
});

/**
 * Opens `path` below `root` as a place (O_PATH): nothing is opened but the name, symlinks are followed nowhere, and
 * nothing leads out of the layer. Throws a SyscallError, ELOOP for a symlink in the middle. The caller closes it.
 */
export function openBelow(root: number, path: Bytes): number {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  let fd = openat(root, asBytes('.'), Open.path | Open.directory);
  for (const [i, name] of names.entries()) {
    try {
      // A layer has no "..": a name that leads out of it names nothing in it.
      if (name === '..') throw new SyscallError('openat', 2);
      const last = i === names.length - 1;
      const next = openat(fd, asBytes(name), Open.path | Open.noFollow | (last ? 0 : Open.directory));
      close(fd);
      fd = next;
    } catch (error) {
      close(fd);
      throw error;
    }
  }
  return fd;
}

/** All of one entry. `path` is relative to the layer's root, empty for the root itself. Throws a SyscallError. */
export async function readEntry(place: Place, path: Bytes, target: boolean): Promise<EntryFacts> {
  const opener = new PlaceOpener();
  try {
    const { fd: root } = await opener.open(place);
    try {
      const fd = openBelow(root, path);
      try {
        return entryOfFd(fd, target);
      } finally {
        close(fd);
      }
    } finally {
      close(root);
    }
  } finally {
    await opener.end();
  }
}

function entryOfFd(fd: number, target: boolean): EntryFacts {
  const stat = statx(fd, asBytes(''));
  return {
    mode: stat.mode,
    ino: `${stat.ino}`,
    dev: stat.dev,
    rdev: stat.rdev,
    nlink: stat.nlink,
    uid: stat.uid,
    gid: stat.gid,
    size: `${stat.size}`,
    blocks: `${stat.blocks}`,
    atimeNs: `${stat.atimeNs}`,
    mtimeNs: `${stat.mtimeNs}`,
    ctimeNs: `${stat.ctimeNs}`,
    btimeNs: stat.btimeNs === null ? null : `${stat.btimeNs}`,
    target: target && (stat.mode & Mode.mask) === Mode.symlink ? readlinkat(fd, asBytes('')) : null,
    xattrs: xattrsOfFd(fd).map(rawXattr),
    handle: nameToHandle(fd, asBytes(''))?.handle ?? null,
  };
}

export type ListedNames = { names: { name: Bytes; ino: string; type: number }[] } | { errno: string };

/** What directories of a layer list, by path. Throws a SyscallError where the layer cannot be opened. */
export async function readNames(place: Place, paths: readonly Bytes[]): Promise<ListedNames[]> {
  const opener = new PlaceOpener();
  try {
    const { fd: root } = await opener.open(place);
    try {
      return paths.map((path) => namesBelow(root, path));
    } finally {
      close(root);
    }
  } finally {
    await opener.end();
  }
}

function namesBelow(root: number, path: Bytes): ListedNames {
  try {
    const at = openBelow(root, path);
    try {
      const fd = openat(at, asBytes('.'), Open.readOnly | Open.directory | Open.noAtime);
      try {
        return { names: listDirectory(fd).map(({ name, ino, type }) => ({ name, ino: `${ino}`, type })) };
      } finally {
        close(fd);
      }
    } finally {
      close(at);
    }
  } catch (error) {
    if (error instanceof SyscallError) return { errno: error.code };
    throw error;
  }
}

export type WorkEntry = { path: Bytes; mode: number; ino: string; nlink: number; xattrs: RawXattr[] };
export type WorkFacts = { entries: WorkEntry[]; error: { code: string; message: string } | null };

/** How deep a work directory is read: work/incompat/volatile/dirty. */
const WORK_DEPTH = 4;
const isOverlay = (name: Bytes): boolean => /^(trusted|user)\.overlay\./.test(name);

/**
 * Everything below a work directory, parents first. What cannot be read (work/ and index/ have mode 0000) is told in
 * `error`; the entries that could be read stand beside it.
 */
export async function readWork(place: Place): Promise<WorkFacts> {
  const facts: WorkFacts = { entries: [], error: null };
  const opener = new PlaceOpener();
  try {
    const { fd: root } = await opener.open(place);
    try {
      readBelow(root, '', WORK_DEPTH, facts);
    } finally {
      close(root);
    }
  } catch (error) {
    note(facts, '', error);
  } finally {
    await opener.end();
  }
  return facts;
}

function note(facts: WorkFacts, path: string, error: unknown): void {
  if (!(error instanceof SyscallError)) throw error;
  facts.error ??= { code: error.code, message: `${path === '' ? 'the work directory' : path}: ${error.message}` };
}

function readBelow(parent: number, path: string, depth: number, facts: WorkFacts): void {
  try {
    const fd = openat(parent, asBytes('.'), Open.readOnly | Open.directory | Open.noAtime);
    try {
      for (const { name } of listDirectory(fd)) readOne(fd, name, path === '' ? name : `${path}/${name}`, depth, facts);
    } finally {
      close(fd);
    }
  } catch (error) {
    note(facts, path, error);
  }
}

function readOne(directory: number, name: Bytes, path: string, depth: number, facts: WorkFacts): void {
  try {
    const fd = openat(directory, name, Open.path | Open.noFollow);
    try {
      const { mode, ino, nlink } = statx(fd, asBytes(''));
      const xattrs = xattrsOfFd(fd, isOverlay).map(rawXattr);
      facts.entries.push({ path: asBytes(path), mode, ino: `${ino}`, nlink, xattrs });
      if ((mode & Mode.mask) === Mode.directory && depth > 1) readBelow(fd, path, depth - 1, facts);
    } finally {
      close(fd);
    }
  } catch (error) {
    note(facts, path, error);
  }
}
