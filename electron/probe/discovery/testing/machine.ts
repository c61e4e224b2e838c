import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { asBytes, type Bytes, bytesOfArray } from '../../../../shared/bytes/bytes.ts';
import { type LayerFacts, StackFacts } from '../../../../shared/ipc/probe.ts';
import { parseMountinfo } from '../../../../shared/mountinfo/line.ts';
import { PlaceOpener } from '../../layers/place.ts';
import { bind, bindNumber, check, Memory } from '../../syscalls/libc.ts';
import { statx } from '../../syscalls/statx.ts';
import { listOverlays } from '../index.ts';

/** Real mounts for the tests of discovery, in a folder of their own; `end` removes all of it, also after a failure. */

const mountCall = bind<(s: number, t: number, fs: number, flags: number, data: number) => number>('mount', 'int', [
  'address',
  'address',
  'address',
  'long',
  'address',
]);
const umountCall = bind<(target: number, flags: number) => number>('umount2', 'int', ['address', 'int']);
const fsopen = bindNumber<(name: number, flags: number, a: number, b: number) => number>(430, [
  'address',
  'uint',
  'int',
  'int',
]);
const fsconfig = bindNumber<(fd: number, command: number, key: number, value: number, aux: number) => number>(431, [
  'int',
  'uint',
  'address',
  'address',
  'int',
]);
const fsmount = bindNumber<(fd: number, flags: number, attributes: number, unused: number) => number>(432, [
  'int',
  'uint',
  'uint',
  'int',
]);
const moveMount = bindNumber<(from: number, name: number, to: number, path: number, flags: number) => number>(429, [
  'int',
  'address',
  'int',
  'address',
  'uint',
]);
const closeCall = bind<(fd: number) => number>('close', 'int', ['int']);
const openCall = bind<(path: number, flags: number) => number>('open', 'int', ['address', 'int']);
const mkdirCall = bind<(path: number, mode: number) => number>('mkdir', 'int', ['address', 'uint']);

const memory = new Memory(65536);
/** Each argument of a call has a place of its own; null is the null pointer. */
const argument = (slot: number, bytes: string | null): number =>
  bytes === null ? 0 : memory.string(slot * 16384, asBytes(bytes));

const O_PATH = 0o10000000;
const DETACH = 2;
const FsConfig = { flag: 0, string: 1, fd: 5, create: 6 } as const;

/** Mounts by mount(2). Throws a SyscallError. */
export function mount(type: string, target: string, data: string | null, flags = 0, source = type): void {
  const result = mountCall(argument(0, source), argument(1, target), argument(2, type), flags, argument(3, data));
  check('mount', result);
}
export const MS_BIND = 4096;

/** Unmounts, lazily where `lazy`. Throws a SyscallError: EBUSY. */
export const unmount = (target: string, lazy = false): void => {
  check('umount2', umountCall(argument(0, target), lazy ? DETACH : 0));
};

export const mkdir = (path: string): void => {
  check('mkdir', mkdirCall(argument(0, path), 0o755));
};

export const openPlace = (path: string): number => check('open', openCall(argument(0, path), O_PATH));
export const closeFd = (fd: number): void => {
  closeCall(fd);
};

/** Mounts an overlay by fsopen, fsconfig, fsmount, move_mount; a number is a descriptor, null a flag. */
export function mountNew(target: string, options: [string, string | number | null][]): void {
  const context = check('fsopen', fsopen(argument(0, 'overlay'), 0, 0, 0));
  try {
    for (const [key, value] of options) {
      const name = argument(0, key);
      if (value === null) check(key, fsconfig(context, FsConfig.flag, name, 0, 0));
      else if (typeof value === 'number') check(key, fsconfig(context, FsConfig.fd, name, 0, value));
      else check(key, fsconfig(context, FsConfig.string, name, argument(1, value), 0));
    }
    check('fsconfig', fsconfig(context, FsConfig.create, 0, 0, 0));
    const mounted = check('fsmount', fsmount(context, 0, 0, 0));
    const MOVE_MOUNT_F_EMPTY_PATH = 4;
    const moved = moveMount(mounted, argument(0, ''), -100, argument(1, target), MOVE_MOUNT_F_EMPTY_PATH);
    closeFd(mounted);
    check('move_mount', moved);
  } finally {
    closeFd(context);
  }
}

export class Machine {
  readonly folder = mkdtempSync('/tmp/stratoscope-discovery-');
  readonly #children: ChildProcess[] = [];

  /** A path in the folder. */
  at(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Runs a shell script in the folder; returns what it prints. */
  sh(script: string): string {
    return execFileSync('bash', ['-ec', script], { cwd: this.folder, encoding: 'utf8' }).trim();
  }

  /** A filesystem of this type in a loop image, mounted at `name`. */
  filesystem(type: 'ext4' | 'xfs' | 'btrfs', name: string): void {
    const size = type === 'ext4' ? '64M' : type === 'xfs' ? '320M' : '160M';
    const make = type === 'ext4' ? 'mkfs.ext4 -q -F' : type === 'xfs' ? 'mkfs.xfs -q -f' : 'mkfs.btrfs -q -f';
    this.sh(
      `truncate -s ${size} ${name}.img; ${make} ${name}.img >/dev/null; mkdir -p ${name}; mount -o loop ${name}.img ${name}`,
    );
  }

  /** Starts a command that prints a line when it is ready, or when all that is left to do is `exec sleep`. */
  async start(command: string, args: string[]): Promise<ChildProcess> {
    const child = spawn(command, args, { cwd: this.folder, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    await new Promise((resolve, reject) => {
      child.stdout?.once('data', resolve);
      child.once('exit', (code) => reject(new Error(`${command} ended with ${code} before it was ready`)));
    });
    const willSleep = /exec \S*sleep \d+$/.test(args.at(-1) ?? '');
    const name = (): string => readFileSync(`/proc/${child.pid}/comm`, 'latin1').trim();
    while (willSleep && child.exitCode === null && name() !== 'sleep')
      await new Promise((resolve) => setTimeout(resolve, 5));
    return child;
  }

  /** Ends a child and waits for it. */
  async stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Unmounts everything in the folder and removes it. */
  async end(): Promise<void> {
    for (const child of this.#children) await this.stop(child);
    const mounts = parseMountinfo(bytesOfArray(readFileSync('/proc/self/mountinfo')));
    for (const { mount: one } of mounts.reverse()) {
      if (one.mountPoint.startsWith(`${this.folder}/`)) unmount(one.mountPoint, true);
    }
    rmSync(this.folder, { recursive: true });
  }
}

/**
 * The overlay mounted at a path, as `list` gives it. One in our own namespace wins: a namespace that another program
 * made meanwhile may hold copies of what was mounted there before.
 */
export async function listed(mountPoint: string): Promise<StackFacts> {
  const all: StackFacts[] = [];
  await listOverlays((stack) => all.push(stack));
  const there = all.filter((stack) => stack.mount === mountPoint);
  const ownNamespace = /\d+/.exec(readlinkSync('/proc/self/ns/mnt'))?.[0];
  const own = there.filter((stack) => stack.ns === ownNamespace);
  const found = own.length > 0 ? own : there;
  if (found.length !== 1) throw new Error(`${found.length} overlays at ${mountPoint}`);
  return StackFacts.parse(found[0]);
}

/** State and path of each layer: "ok /x/l1". */
export const states = (stack: StackFacts): string[] =>
  stack.layers.map(({ state, path, assumed }) => `${state}${assumed ? ' assumed' : ''} ${path}`);

export const bytes = (text: string): Bytes => asBytes(text);

/** Inode number of what a layer's place opens, as the walk opens it; or why it does not open. */
export async function inodeAt(layer: LayerFacts | undefined): Promise<string> {
  if (!layer?.place) return 'no place';
  const opener = new PlaceOpener();
  try {
    const { fd } = await opener.open(layer.place);
    try {
      return `${statx(fd, asBytes('')).ino}`;
    } finally {
      closeFd(fd);
    }
  } finally {
    await opener.end();
  }
}
