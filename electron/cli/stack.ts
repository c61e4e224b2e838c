import { readlinkSync } from 'node:fs';
import { posix } from 'node:path';
import type { Command } from 'commander';
import type { z } from 'zod';
import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { usage } from './failures.ts';

/** STACK as the user names it. Every text here is bytes (see arguments.ts). */
export type StackOptions = {
  pid?: Bytes;
  lower?: Bytes[];
  data?: Bytes[];
  upper?: Bytes;
  work?: Bytes;
  options?: Bytes[];
  mountinfo?: Bytes;
};
export type StackInput = z.input<typeof StackRef>;

const collect = (word: string, before: string[] | undefined): string[] => [...(before ?? []), word];

/** Declares the options that name a stack. */
export function withStack(command: Command): Command {
  return command
    .option('--pid <pid>', 'the mount namespace of this process is meant')
    .option('--lower <dir...>', 'a lower directory, the topmost first; may be repeated', collect)
    .option('--data <dir...>', 'a data-only lower directory; may be repeated', collect)
    .option('--upper <dir>', 'the upper directory')
    .option('--work <dir>', 'the work directory')
    .option('--options <k=v,...>', 'options as for mount: index=on,redirect_dir=on,userxattr', collect)
    .option('--mountinfo <line>', 'a line of /proc/PID/mountinfo');
}

/** The working directory, in bytes and without symlinks. */
function workingDirectory(): Bytes {
  return asBytes(readlinkSync('/proc/self/cwd', 'latin1'));
}

/** A directory as named, made absolute. Symlinks and `..` stay, for only the kernel knows where they lead. */
export function absolute(path: Bytes): Bytes {
  if (path === '') throw usage('a path is empty', 'name a directory');
  return path.startsWith('/') ? path : asBytes(`${workingDirectory()}/${path}`);
}

/** A mount point as mountinfo writes it: absolute, without `.`, `..` and slashes that say nothing. */
function mountPoint(path: Bytes): Bytes {
  if (path === '') throw usage('the mount point is empty', 'name one; stratoscope list shows them');
  return asBytes(posix.resolve(workingDirectory(), path));
}

function pidOf(text: Bytes | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw usage(`--pid ${textForEyes(text)} is no process id`, 'name a running process');
  return Number(text);
}

/** Lower and data-only layers that the kernel takes (overlayfs.h: OVL_MAX_STACK). */
const MAX_LOWERS = 500;

/** Options that say where a layer is have flags of their own. */
const LAYER_OPTIONS = new Set(['lowerdir', 'lowerdir+', 'datadir+', 'upperdir', 'workdir']);

function overlayOptions(words: Bytes[]): Record<string, Bytes> {
  const out: Record<string, Bytes> = {};
  for (const word of words.flatMap((text) => text.split(','))) {
    if (word === '') continue;
    const equals = word.indexOf('=');
    const key = equals < 0 ? word : word.slice(0, equals);
    if (LAYER_OPTIONS.has(key)) {
      throw usage(`--options holds ${key}`, 'name layers with --lower, --data, --upper and --work');
    }
    if (!/^[a-z_]+$/.test(key))
      throw usage(`--options holds ${textForEyes(asBytes(key))}, which is no option`, 'write k=v,k=v');
    out[key] = asBytes(equals < 0 ? '' : word.slice(equals + 1));
  }
  return out;
}

/** A device, as `list` shows it, names its mount too: also one whose mount point is covered. */
const DEVICE = /^\d+:\d+$/;

/** The stack that these words name. Throws a FailureError with code `usage` where they name none, or two. */
export function stackOf(mount: Bytes | undefined, options: StackOptions): StackInput {
  const layers = [options.lower, options.data, options.upper, options.work, options.options];
  const hasLayers = layers.some((one) => one !== undefined);
  const forms = [mount !== undefined, options.mountinfo !== undefined, hasLayers].filter(Boolean).length;
  const help = 'name a mount point, or --lower DIR … [--upper DIR --work DIR], or --mountinfo LINE';
  if (forms === 0) throw usage('no stack is named', help);
  if (forms > 1) throw usage('two stacks are named', help);
  const pid = pidOf(options.pid);
  if (mount !== undefined && DEVICE.test(mount)) {
    if (pid !== null) throw usage('--pid goes with a mount point or --mountinfo', 'leave it out');
    return { kind: 'dev', dev: mount };
  }
  if (mount !== undefined) return { kind: 'mount', mount: mountPoint(mount), pid };
  if (options.mountinfo !== undefined) {
    // Inside a line the kernel writes a newline as \012.
    if (/\n./.test(options.mountinfo)) throw usage('--mountinfo holds more than one line', 'give one of them');
    return { kind: 'mountinfo', line: asBytes(options.mountinfo.replace(/\n$/, '')), pid };
  }
  if (pid !== null) throw usage('--pid goes with a mount point or --mountinfo', 'leave it out');
  if (options.lower === undefined) throw usage('there is no lower directory', 'name one with --lower DIR');
  const count = options.lower.length + (options.data ?? []).length;
  if (count > MAX_LOWERS) {
    throw usage(`${count} lower and data-only directories are named`, `the kernel takes ${MAX_LOWERS} at most`);
  }
  return {
    kind: 'directories',
    lowers: options.lower.map(absolute),
    data: (options.data ?? []).map(absolute),
    upper: options.upper === undefined ? null : absolute(options.upper),
    work: options.work === undefined ? null : absolute(options.work),
    options: overlayOptions(options.options ?? []),
  };
}

/** The stack that these words name, or null where they name none. */
export function optionalStack(mount: Bytes | undefined, options: StackOptions): StackInput | null {
  const { lower, data, upper, work, options: mountOptions, mountinfo } = options;
  const named = [mount, lower, data, upper, work, mountOptions, mountinfo].some((one) => one !== undefined);
  return named ? stackOf(mount, options) : null;
}

/** A path inside the merged tree, without the slashes that say nothing; the root is empty. */
export function pathInside(path: Bytes): Bytes {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw usage(`${textForEyes(path)} goes up by ..`, 'write the path from the merged root');
  return asBytes(parts.join('/'));
}

/** The words that name this stack to a command, each still to be quoted for a shell. */
export function wordsOf(stack: StackInput): Bytes[] {
  const pid = 'pid' in stack && stack.pid ? [asBytes('--pid'), asBytes(String(stack.pid))] : [];
  switch (stack.kind) {
    case 'mount':
      return [asBytes(stack.mount), ...pid];
    case 'mountinfo':
      return [asBytes('--mountinfo'), asBytes(stack.line), ...pid];
    case 'dev':
      return [asBytes(stack.dev)];
    case 'directories': {
      const words = [...stack.lowers.flatMap((dir) => ['--lower', dir])];
      words.push(...(stack.data ?? []).flatMap((dir) => ['--data', dir]));
      if (stack.upper) words.push('--upper', stack.upper);
      if (stack.work) words.push('--work', stack.work);
      const options = Object.entries(stack.options ?? {}).map(([key, value]) =>
        value === '' ? key : `${key}=${value}`,
      );
      if (options.length > 0) words.push('--options', options.join(','));
      return words.map(asBytes);
    }
  }
}
