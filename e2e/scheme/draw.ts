import type { OpenFlag, OperationLine } from '../../shared/scheme/operation.ts';
import type { Random } from '../kernel/random.ts';

/** Draws operations, mostly on what is there. Descriptors, mappings and handles are named by slots. */

export type Drawn =
  | OperationLine
  /** Everything is closed, and a new session begins. */
  | { op: 'restart' };

/** What stands in the tree, for the draw to choose from. */
export type Seen = {
  files: string[];
  directories: string[];
  others: string[];
  fds: number[];
  maps: number;
  handles: string[];
};

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const WEIGHTS = {
  open: 14,
  create: 7,
  close: 9,
  pread: 6,
  read: 3,
  pwrite: 8,
  write: 3,
  mmap: 2,
  peek: 6,
  stat: 5,
  fstat: 5,
  readdir: 4,
  fsync: 1,
  ftruncate: 2,
  truncate: 3,
  mkdir: 6,
  rmdir: 4,
  unlink: 9,
  rename: 14,
  link: 6,
  symlink: 2,
  readlink: 1,
  mknod: 2,
  chmod: 4,
  chown: 2,
  utimens: 2,
  setxattr: 2,
  getxattr: 1,
  handle: 3,
  openHandle: 4,
  evict: 2,
  restart: 1,
} as const;

const base64 = (value: string): string => Buffer.from(value).toString('base64');

export function draw(random: Random, seen: Seen): Drawn {
  const directory = (): string =>
    random.chance(0.95) ? random.pick(seen.directories) : random.pick([...seen.files, 'x']);
  const fresh = (): string => {
    const above = directory();
    return above === '' ? random.pick(NAMES) : `${above}/${random.pick(NAMES)}`;
  };
  const from = (list: readonly string[]): string =>
    list.length > 0 && random.chance(0.9) ? random.pick(list) : fresh();
  const file = (): string => from(seen.files);
  const any = (): string => from([...seen.files, ...seen.files, ...seen.directories.slice(1), ...seen.others]);
  const fd = (): number => (seen.fds.length > 0 && random.chance(0.97) ? random.pick(seen.fds) : 99);
  const access = (): OpenFlag => random.weighted({ RDONLY: 6, WRONLY: 1, RDWR: 2 });
  const flags = (): OpenFlag[] => [
    access(),
    ...(random.chance(0.1) ? (['TRUNC'] as const) : []),
    ...(random.chance(0.1) ? (['APPEND'] as const) : []),
    ...(random.chance(0.03) ? (['DIRECTORY'] as const) : []),
  ];
  const data = (): string => base64(random.pick(['x', 'yz', 'longer text', 'q'.repeat(5000)]));
  const off = (): number => random.pick([0, 0, 1, 7, 4095, 4096, 9000]);
  const len = (): number => random.pick([0, 1, 16, 5000, 20000]);
  const mode = (): number => random.pick([0o644, 0o600, 0o755, 0o4711, 0o2755, 0o1777, 0o400]);
  // The root is asked for by another name on the other side.
  const notRoot = (path: string): string => (path === '' ? random.pick(NAMES) : path);
  const op = random.weighted(WEIGHTS);
  switch (op) {
    case 'open':
      return { op, path: any(), flags: flags() };
    case 'create':
      return {
        op: 'open',
        path: fresh(),
        flags: [...flags(), 'CREAT', ...(random.chance(0.3) ? (['EXCL'] as const) : [])],
        mode: mode(),
      };
    case 'close':
    case 'fsync':
    case 'fstat':
      return { op, fd: fd() };
    case 'read':
      return { op, fd: fd(), len: len() };
    case 'pread':
      return { op, fd: fd(), len: len(), off: off() };
    case 'write':
      return { op, fd: fd(), data: data() };
    case 'pwrite':
      return { op, fd: fd(), data: data(), off: off() };
    case 'mmap':
      return { op, fd: fd(), len: random.pick([1, 4096, 10000]) };
    case 'peek':
      return { op, map: random.between(1, Math.max(1, seen.maps)), off: 0, len: random.pick([1, 4, 16]) };
    case 'stat':
    case 'readlink':
    case 'handle':
      return { op, path: any() };
    case 'readdir':
      return { op, path: directory() };
    case 'ftruncate':
      return { op, fd: fd(), size: off() };
    case 'truncate':
      return { op, path: file(), size: off() };
    case 'mkdir':
      return { op, path: fresh(), mode: mode() };
    case 'rmdir':
      return { op, path: notRoot(random.chance(0.9) ? directory() : any()) };
    case 'unlink':
      return { op, path: any() };
    case 'rename': {
      const path = notRoot(random.chance(0.3) ? directory() : any());
      const flag = random.weighted({ none: 8, NOREPLACE: 1, EXCHANGE: 2 });
      return { op, path, to: random.chance(0.5) ? any() : fresh(), flags: flag === 'none' ? [] : [flag] };
    }
    case 'link':
      return { op, path: random.chance(0.95) ? file() : any(), to: fresh() };
    case 'symlink':
      return { op, path: fresh(), target: random.pick(['a', '../a', '/d', 'b/c', '.', '..', 'nowhere']) };
    case 'mknod':
      return {
        op,
        path: fresh(),
        ...random.pick([
          { type: 'fifo' },
          { type: 'socket' },
          { type: 'file' },
          { type: 'char', rdev: '1:3' },
        ] as const),
      };
    case 'chmod':
      return { op, path: any(), mode: mode() };
    case 'chown':
      return { op, path: any(), uid: random.pick([0, 1000]), gid: random.pick([0, 100]) };
    case 'utimens':
      return { op, path: any(), atimeNs: '1500000000000000001', mtimeNs: '1600000000123456789' };
    case 'setxattr':
      return {
        op,
        path: any(),
        name: random.pick(['user.note', 'trusted.note', 'trusted.overlay.opaque']),
        value: data().slice(0, 16),
        flags: random.pick([[], [], ['CREATE'], ['REPLACE']] as const).slice(),
      };
    case 'getxattr':
      return { op, path: any(), name: random.pick(['user.note', 'trusted.note', 'trusted.overlay.opaque']) };
    case 'openHandle':
      return { op, handle: seen.handles.length > 0 ? random.pick(seen.handles) : '0', flags: [access()] };
    case 'evict':
    case 'restart':
      return { op };
  }
}
