import { asBytes, type Bytes, joinBytes } from '../../shared/bytes/bytes.ts';
import type { BuiltCase } from './build.ts';
import type { Operation } from './case.ts';
import {
  changeMode,
  detach,
  listDirectory,
  listOn,
  makeDirectory,
  makeLink,
  mount,
  readFile,
  removeDirectory,
  removeFile,
  renamePath,
  SystemError,
  statPath,
  unmount,
  writeFile,
} from './libc.ts';

/** What the kernel says of one merged path. A path that is neither listed nor found has no object. */
export interface KernelObject {
  /** `ok`, or the name of the errno of lstat. */
  readonly lookup: string;
  readonly listed: boolean;
  /** The type in the listing (a DT_ value), where it is listed. */
  readonly dirType: number | null;
  /** st_mode and st_size, where the lookup is ok; the size as decimal text. */
  readonly mode: number | null;
  readonly size: string | null;
  /** Of a regular file: its first bytes, or the errno of open or read. */
  readonly data: { readonly bytes: Bytes } | { readonly errno: string } | null;
  /** Of a directory: the errno of its listing, where that fails at some or all entries. */
  readonly listingErrno: string | null;
}

/** The merged view, by path; the root is ''. As entries, so that it can cross a pipe. */
export type KernelView = [Bytes, KernelObject][];

/** The option string of mount(2) for a built case. */
export function mountOptions(built: BuiltCase): Bytes {
  const { upper, lowers, data, options } = built.case;
  const root = (layer: { id: string }): string => built.roots.get(layer.id) as string;
  const parts = [`lowerdir=${[lowers.map(root).join(':'), ...data.map(root)].join('::')}`];
  if (upper) parts.push(`upperdir=${root(upper)}`, `workdir=${built.work}`);
  for (const [key, value] of Object.entries(options)) parts.push(value === true ? key : `${key}=${value}`);
  return asBytes(parts.join(','));
}

/** Mounts at `target`, which is made. Gives the errno of the kernel's refusal, or null. */
export function mountOverlay(target: Bytes, options: Bytes): string | null {
  try {
    makeDirectory(target);
  } catch (error) {
    if (!(error instanceof SystemError && error.errno === 'EEXIST')) throw error;
  }
  return mount('overlay', target, 'overlay', 0, options);
}

export const unmountOverlay = (target: Bytes): void => unmount(target, detach);

/** Does the operations below a mount, one after another; what the kernel refuses is passed over. */
export function operate(target: Bytes, operations: readonly Operation[]): void {
  for (const operation of operations) {
    try {
      operateOne(joinBytes(target, operation.path), operation, joinBytes(target, operation.to ?? operation.path));
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }
}

function operateOne(path: Bytes, operation: Operation, to: Bytes): void {
  const stat = statPath(path);
  const isDirectory = typeof stat !== 'string' && (stat.mode & S_IFMT) === S_IFDIR;
  const isFile = typeof stat !== 'string' && (stat.mode & S_IFMT) === S_IFREG;
  switch (operation.do) {
    case 'append':
      if (isFile) writeFile(path, asBytes('more\n'));
      break;
    case 'create':
      if (stat === 'ENOENT') writeFile(path, asBytes(`new:${operation.path}\n`));
      break;
    case 'chmod':
      // Through a symlink chmod would change what it points to.
      if (isFile || isDirectory) changeMode(path, 0o700);
      break;
    case 'mkdir':
      makeDirectory(path);
      break;
    case 'rename':
      renamePath(path, to);
      break;
    case 'link':
      makeLink(path, to);
      break;
    case 'remove':
      removeTree(path, isDirectory);
  }
}

function removeTree(path: Bytes, isDirectory: boolean): void {
  if (!isDirectory) {
    removeFile(path);
    return;
  }
  const listing = listDirectory(path);
  for (const { name, type } of typeof listing === 'string' ? [] : listing)
    removeTree(joinBytes(path, name), type === DT_DIR);
  removeDirectory(path);
}

const DT_DIR = 4;
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;

/** More than the names of any directory of a case. */
const patience = 64;

/**
 * Walks the merged view breadth-first, asking in each directory for what it lists and for each of `names`.
 * Looking makes the kernel write origins and impure marks into the upper: nobody may want to know the layers after.
 */
export function observe(target: Bytes, names: readonly Bytes[], lookupFirst: boolean): KernelView {
  const view: KernelView = [];
  const queue: Bytes[] = [asBytes('')];
  const look = (path: Bytes): Omit<KernelObject, 'listed' | 'dirType' | 'listingErrno'> => {
    const file = path === '' ? target : joinBytes(target, path);
    const stat = statPath(file);
    if (typeof stat === 'string') return { lookup: stat, mode: null, size: null, data: null };
    const read = (stat.mode & S_IFMT) === S_IFREG ? readFile(file) : null;
    const data = read === null ? null : 'data' in read ? { bytes: read.data } : read;
    return { lookup: 'ok', mode: stat.mode, size: String(stat.size), data };
  };
  const rootLook = look(asBytes(''));
  let errnoOfRoot: string | null = null;
  for (let directory = queue.shift(); directory !== undefined; directory = queue.shift()) {
    const found = new Map<Bytes, ReturnType<typeof look>>();
    const ask = (name: Bytes): void => {
      if (!found.has(name)) found.set(name, look(joinBytes(directory as Bytes, name)));
    };
    if (lookupFirst) for (const name of names) ask(name);
    const { entries, errno } = listOn(directory === '' ? target : joinBytes(target, directory), patience);
    const types = new Map(entries.map(({ name, type }) => [name, type]));
    if (!lookupFirst) for (const name of names) ask(name);
    for (const name of types.keys()) ask(name);
    if (errno !== null) {
      const at = view.findIndex(([path]) => path === directory);
      if (at < 0) errnoOfRoot = errno;
      else view[at] = [directory, { ...(view[at] as KernelView[number])[1], listingErrno: errno }];
    }
    for (const [name, looked] of found) {
      const dirType = types.get(name) ?? null;
      if (dirType === null && looked.lookup === 'ENOENT') continue;
      const path = joinBytes(directory, name);
      view.push([path, { ...looked, listed: dirType !== null, dirType, listingErrno: null }]);
      if (looked.mode !== null && (looked.mode & S_IFMT) === S_IFDIR) queue.push(path);
    }
  }
  view.unshift([asBytes(''), { ...rootLook, listed: true, dirType: null, listingErrno: errnoOfRoot }]);
  return view;
}
