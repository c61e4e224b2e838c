import { asBytes, type Bytes, joinBytes } from '../../../shared/bytes/bytes.ts';
import { closeOpen, listOn, openPath, type Stat, statOpen, statPath } from '../libc.ts';
import { Random } from '../random.ts';

/** The numbers that one call reports; decimal text, the device as `major:minor`. */
export interface Numbers {
  readonly dev: string;
  readonly ino: string;
  readonly nlink: number;
}

/** What the mount shows of one path. */
export interface Seen {
  readonly path: string;
  readonly isDir: boolean;
  /** By stat, or its errno. */
  readonly stat: Numbers | string;
  /** By fstat of it opened (what is neither file nor directory, with O_PATH), or the errno of that. */
  readonly fstat: Numbers | string;
  /** d_ino of its parent's raw listing; null for the root. */
  readonly dino: string | null;
}

const numbersOf = (stat: Stat | string): Numbers | string =>
  typeof stat === 'string'
    ? stat
    : { dev: `${stat.dev >> 32n}:${stat.dev & 0xffffffffn}`, ino: String(stat.ino), nlink: stat.nlink };

const DT_DIR = 4;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;

/** More than the entries of any directory that cannot be looked up. */
const patience = 64;

/**
 * Everything below a mount. All directories are listed before anything is asked for by name: a lookup writes origins and
 * impure marks, which change listings. Then all is asked for in a random order, so that what the kernel counts differs
 * from one look to the next.
 */
export function look(target: Bytes, seed: number): Seen[] {
  const dinos = new Map<string, string | null>([['', null]]);
  const place = (path: string): Bytes => (path === '' ? target : joinBytes(target, asBytes(path)));
  const directories = [''];
  for (let directory = directories.shift(); directory !== undefined; directory = directories.shift()) {
    for (const { name, type, ino } of listOn(place(directory), patience).entries) {
      const path = directory === '' ? name : `${directory}/${name}`;
      dinos.set(path, String(ino));
      if (type === DT_DIR) directories.push(path);
    }
  }
  return new Random(seed).shuffled([...dinos]).map(([path, dino]) => {
    const stat = statPath(place(path));
    const type = typeof stat === 'string' ? 0 : stat.mode & 0o170000;
    const fd = openPath(place(path), type === S_IFREG || type === S_IFDIR ? 'read' : 'place');
    let fstat: Numbers | string;
    if (typeof fd === 'string') fstat = fd;
    else {
      fstat = numbersOf(statOpen(fd));
      closeOpen(fd);
    }
    return { path, isDir: type === S_IFDIR, stat: numbersOf(stat), fstat, dino };
  });
}
