/** Directories of the machine, for completing a path that a person types. */
import { asBytes, type Bytes, compareBytes } from '../../../shared/bytes/bytes.ts';
import { ownView } from '../discovery/namespaces.ts';
import { notLooked, Reach } from '../discovery/reach.ts';
import { mountOf } from '../discovery/view.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { close, listDirectory, Open, openat, pathOfFd } from '../syscalls/open.ts';
import { Mode, statx } from '../syscalls/statx.ts';

const DT_UNKNOWN = 0;
const DT_DIR = 4;
const DT_LNK = 10;

/** The directory cannot be listed: `code` is an errno's name, or a word of `notLooked`. */
export class CannotList extends Error {
  readonly code: string;
  constructor(code: string, why: string) {
    super(`${why}`);
    this.code = code;
  }
}

/**
 * Names of the directories in `path`, in byte order; symlinks that lead to directories are among them. Nothing is
 * looked up on an overlay or on a filesystem that may hang. Throws CannotList.
 */
export async function listDirectories(path: Bytes): Promise<Bytes[]> {
  const view = ownView();
  const reach = new Reach();
  try {
    const place = await reach.open(view, path);
    if (typeof place !== 'number') throw new CannotList(place.code, place.why);
    const names: Bytes[] = [];
    const links: Bytes[] = [];
    try {
      // Listing an overlay makes it write into its upper, at its root too.
      if (mountOf(view.mounts, pathOfFd(place))?.mount.fsType === 'overlay')
        throw new CannotList('overlay', notLooked('overlay').why);
      const fd = openat(place, asBytes('.'), Open.readOnly | Open.directory | Open.noAtime);
      try {
        for (const { name, type } of listDirectory(fd)) {
          if (type === DT_DIR) names.push(name);
          else if (type === DT_LNK) links.push(name);
          else if (type === DT_UNKNOWN) {
            const kind = statx(fd, name).mode & Mode.mask;
            if (kind === Mode.directory) names.push(name);
            else if (kind === Mode.symlink) links.push(name);
          }
        }
      } finally {
        close(fd);
      }
    } finally {
      close(place);
    }
    for (const name of links) {
      const target = await reach.open(view, asBytes(`${path}/${name}`));
      if (typeof target !== 'number') continue;
      close(target);
      names.push(name);
    }
    return names.sort(compareBytes);
  } catch (error) {
    if (error instanceof SyscallError) throw new CannotList(error.code, notLooked(error.code).why);
    throw error;
  } finally {
    await reach.end();
  }
}
