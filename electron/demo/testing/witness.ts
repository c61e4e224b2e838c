import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { DemoForm } from '../../../shared/demo/manifest.ts';
import type { Demo } from '../index.ts';

/**
 * What the tests of the demo see it with: the kernel's own answers through `/proc/PID/root`, and find and getfattr.
 * None of it shares code with what builds the demo.
 */

export const isRoot = process.geteuid?.() === 0;

/** A plain user for the forms without privilege; root lends itself to this one. */
export const PLAIN_UID = 1000;

/** What a child process says of the demo that it holds. */
export type HeldDemo = Pick<Demo, 'form' | 'inMemory' | 'dir' | 'mount' | 'pid' | 'stacks' | 'steps' | 'refused'>;

export type Held = {
  child: ChildProcessByStdio<Writable, Readable, null>;
  demo: HeldDemo;
  /** Ends the child in order, and waits for it. */
  end(): Promise<void>;
};

/**
 * Builds a demo in a process of its own, as a plain user if this one is root and `plain` is set. `inside` are words
 * before the command, of a program that runs it.
 */
export async function holdDemo(
  dir: string,
  options: { form?: DemoForm; plain?: boolean; env?: NodeJS.ProcessEnv; inside?: string[] } = {},
) {
  const program = `${import.meta.dirname}/hold.ts`;
  const words = [process.execPath, program, dir, options.form ?? ''];
  if (options.plain && isRoot) {
    words.unshift('setpriv', `--reuid=${PLAIN_UID}`, `--regid=${PLAIN_UID}`, '--clear-groups');
  }
  const [command = '', ...rest] = [...(options.inside ?? []), ...words];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...options.env } });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const said = JSON.parse(value ?? '{"failure":{"code":"died","message":"the child said nothing"}}') as
    | { demo: HeldDemo }
    | { failure: { code: string; message: string } };
  if ('failure' in said) {
    await ended;
    throw new Error(`${said.failure.code}: ${said.failure.message}`);
  }
  const held: Held = {
    child,
    demo: said.demo,
    end: async () => {
      child.stdin.end();
      await ended;
    },
  };
  return held;
}

/** A path of the demo as this process reaches it, through the namespace that the demo is in. */
export const reach = (demo: HeldDemo, path: string): Buffer =>
  Buffer.from((demo.pid === null ? '' : `/proc/${demo.pid}/root`) + path, 'latin1');

const TYPES: [
  test: 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket' | 'isBlockDevice',
  word: string,
][] = [
  ['isFile', 'file'],
  ['isDirectory', 'dir'],
  ['isSymbolicLink', 'symlink'],
  ['isFIFO', 'fifo'],
  ['isSocket', 'socket'],
  ['isBlockDevice', 'block'],
];

/** The name of the error, also of those that libuv has no word for (ESTALE). */
function errorName(error: unknown): string {
  const { errno, code } = error as NodeJS.ErrnoException;
  return Object.entries(constants.errno).find(([, number]) => number === -(errno ?? 0))?.[0] ?? code ?? String(error);
}

/** What lstat says of a path: its type, a whiteout apart from other character devices, or the name of the error. */
export function kind(path: Buffer): string {
  try {
    const stat = lstatSync(path);
    for (const [test, word] of TYPES) if (stat[test]()) return word;
    return stat.rdev === 0 ? 'whiteout' : 'char';
  } catch (error) {
    return errorName(error);
  }
}

/** `ok`, or the name of the error with which opening for reading fails. */
export function opens(path: Buffer): string {
  try {
    closeSync(openSync(path, 'r'));
    return 'ok';
  } catch (error) {
    return errorName(error);
  }
}

export const content = (path: Buffer): string => readFileSync(path, 'latin1');
export const target = (path: Buffer): string => readlinkSync(path, 'latin1');
export const listing = (path: Buffer): string[] => readdirSync(path, 'latin1').sort();

/** One attribute as hex digits, or null. */
export function xattr(path: Buffer, name: string): string | null {
  try {
    const words = ['-h', '--only-values', '--absolute-names', '-n', name, '--', path.toString('latin1')];
    return execFileSync('getfattr', words, { stdio: ['ignore', 'pipe', 'ignore'] }).toString('hex');
  } catch {
    return null;
  }
}

/** Whether a mountinfo of any process names this directory. */
export function mountedAnywhere(dir: string): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/mountinfo`, 'latin1').includes(` ${dir}/`);
    } catch {
      return false;
    }
  });
}

/** Whether a process with this number is there and not a zombie. */
export function alive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

/** Waits until `holds` does, up to thirty seconds; says whether it came to hold. */
export async function eventually(holds: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 1500; tries++) {
    if (holds()) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return holds();
}

/** Whether a loop device still has a file below this directory. */
export function loopedAnywhere(dir: string): boolean {
  return readdirSync('/sys/block').some((name) => {
    try {
      return readFileSync(`/sys/block/${name}/loop/backing_file`, 'latin1').startsWith(`${dir}/`);
    } catch {
      return false;
    }
  });
}

/** Nothing of a demo is left: no directory, no process, no mount, no loop device. */
export const isGone = (demo: HeldDemo): boolean =>
  !existsSync(demo.dir) &&
  (demo.pid === null || !alive(demo.pid)) &&
  !mountedAnywhere(demo.dir) &&
  !loopedAnywhere(demo.dir);

/** Makes a directory that the plain user may build in, below the system's folder for temporary files. */
export function plainDirectory(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), `stratoscope-demo-${name}-`));
  if (isRoot) chownSync(dir, PLAIN_UID, PLAIN_UID);
  return dir;
}

/** Why a plain user can have no overlay in a user namespace here, or null. */
export function usernsRefused(): string | null {
  const dir = plainDirectory('trial');
  try {
    const words = [
      'unshare',
      '--user',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      'mkdir l u w m && mount -t overlay x -o userxattr,lowerdir=l,upperdir=u,workdir=w m',
    ];
    if (isRoot) words.unshift('setpriv', `--reuid=${PLAIN_UID}`, `--regid=${PLAIN_UID}`, '--clear-groups');
    const [command = '', ...rest] = words;
    const { status, stderr } = spawnSync(command, rest, { cwd: dir, encoding: 'utf8' });
    return status === 0 ? null : stderr.trim();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
