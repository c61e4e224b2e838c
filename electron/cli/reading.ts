import type { Command } from 'commander';
import { type Bytes, bytesOfBase64 } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import { looksLikeNumber, parseNumber } from '../../shared/inodes/number-text.ts';
import type { ScanOptions } from './commands/scan.ts';
import type { WatchOptions } from './commands/watch.ts';
import { usage } from './failures.ts';
import type { Format } from './session.ts';
import { optionalStack, pathInside, type StackInput, type StackOptions, stackOf } from './stack.ts';

/** The words of the commands that read a stack. */

export const THROUGH =
  'read a layer that lies on another overlay through that mount, where there is no other way; may write';

export type ReadOptions = StackOptions & {
  format?: Format;
  debug?: boolean;
  hidden?: boolean;
  summary?: boolean;
  through?: boolean;
  path?: Bytes;
  depth?: Bytes;
  b64?: boolean;
};

/** Adds what says how much of a stack is read and shown. */
export function narrowing(command: Command): Command {
  return command
    .option('--hidden', 'show also what lies hidden, with what hides it')
    .option('--path <subtree>', 'only this path and what lies beneath it')
    .option('--depth <n>', 'only so many levels; 0 is the root of what is shown')
    .option('--through', THROUGH);
}

export function scanOptionsOf({ hidden, path, depth, through }: ReadOptions): ScanOptions {
  if (depth !== undefined && !/^\d{1,9}$/.test(depth)) {
    throw usage(`--depth ${textForEyes(depth)} is no number of levels`, 'name 0 or more');
  }
  return {
    hidden: hidden === true,
    path: path === undefined ? null : pathInside(path),
    depth: depth === undefined ? null : Number(depth),
    through: through === true,
  };
}

export type ReportWords = ReadOptions & { report?: boolean; script?: boolean; observe?: boolean; yes?: boolean };

/** What `explain` prints instead of its words; null: the words. Throws a FailureError with code `usage`. */
export function explainedAs({ report, script, observe, yes, format }: ReportWords): 'report' | 'script' | null {
  if (report && script) throw usage('--report and --script are two texts', 'name one of them');
  if (observe && !report) throw usage('--observe is for a report', 'add --report');
  if (yes && !observe) throw usage('--yes answers what --observe asks', 'add --observe, or leave --yes out');
  const as = report ? 'report' : script ? 'script' : null;
  if (as !== null && format !== undefined && format !== 'table')
    throw usage(`--${as} is plain text, not ${format}`, 'leave --format out');
  return as;
}

/** When `watch` ends by itself. Throws a FailureError with code `usage`. */
export function watchOptionsOf({
  for: seconds,
  count,
  through,
}: ReadOptions & { for?: Bytes; count?: Bytes }): WatchOptions {
  if (seconds !== undefined && !/^\d{1,6}(\.\d{1,3})?$/.test(seconds))
    throw usage(`--for ${textForEyes(seconds)} is no number of seconds`, 'name seconds, such as 10 or 0.5');
  if (count !== undefined && !/^[1-9]\d{0,8}$/.test(count))
    throw usage(`--count ${textForEyes(count)} is no number of events`, 'name 1 or more');
  return {
    seconds: seconds === undefined ? null : Number(seconds),
    count: count === undefined ? null : Number(count),
    through: through === true,
  };
}

/**
 * Takes the words that name a stack apart from the one that follows. `--lower A B PATH` gives all three words to the
 * option; then the last one, if it is not the first of its option, is it. `isNamed`: an option names the stack already.
 */
function lastWord(
  words: Bytes[],
  options: ReadOptions,
  raw: Bytes[],
  isNamed: boolean,
): { mount: Bytes | undefined; last: Bytes | undefined; rest: Bytes[] } {
  const rest = [...words];
  const mount = isNamed ? undefined : rest.shift();
  const last = rest.shift() ?? lastWordOf(options.data, raw) ?? lastWordOf(options.lower, raw);
  return { mount, last, rest };
}

const isNamed = ({ lower, data, mountinfo }: ReadOptions): boolean => (lower ?? data ?? mountinfo) !== undefined;

/** Takes MOUNTPOINT and PATH apart. */
export function explainWords(words: Bytes[], options: ReadOptions, raw: Bytes[]): { stack: StackInput; path: Bytes } {
  const { mount, last: path, rest } = lastWord(words, options, raw, isNamed(options));
  if (path === undefined) throw usage('no path is named', 'name the path in the merged tree, the root is /');
  if (rest.length > 0) throw usage('there are too many words', 'name one stack and one path');
  const decoded = options.b64 ? decodeBase64(path) : path;
  return { stack: stackOf(mount, options), path: pathInside(decoded) };
}

/** Takes MOUNTPOINT and TEXT apart. */
export function whyWords(words: Bytes[], options: ReadOptions, raw: Bytes[]): { stack: StackInput; text: Bytes } {
  const { mount, last: text, rest } = lastWord(words, options, raw, isNamed(options));
  if (text === undefined) throw usage('no message is given', 'give the line that the program printed, in quotes');
  if (rest.length > 0) throw usage('there are too many words', 'put the message in quotes');
  if (text.trim() === '') throw usage('the message is empty', 'give the line that the program printed');
  return { stack: stackOf(mount, options), text };
}

/** Takes MOUNTPOINT and NUMBER apart; with --all there is no mount point, and the stack is null. */
export function inodeWords(
  words: Bytes[],
  options: ReadOptions & { all?: boolean },
  raw: Bytes[],
): { stack: StackInput | null; number: bigint } {
  const isAll = options.all === true;
  const { mount, last, rest } = lastWord(words, options, raw, isAll || isNamed(options));
  if (last === undefined) throw usage('no number is named', 'name an inode number, in decimal or as 0x…');
  if (rest.length > 0) throw usage('there are too many words', `name one ${isAll ? 'number' : 'stack and one number'}`);
  const number = parseNumber(last);
  if (number === null) {
    const why = looksLikeNumber(last) ? 'is more than an inode number of 64 bits' : 'is no inode number';
    throw usage(`${textForEyes(last)} ${why}`, 'name one in decimal or as 0x…, up to 18446744073709551615');
  }
  if (!isAll) return { stack: stackOf(mount, options), number };
  if (optionalStack(undefined, options) !== null || options.pid !== undefined)
    throw usage('--all is all mounts in sight', 'name no stack beside it');
  return { stack: null, number };
}

/** Takes MOUNTPOINT and the paths behind it apart; paths are null where there are none. */
export function verifyWords(words: Bytes[], options: ReadOptions): { stack: StackInput; paths: Bytes[] | null } {
  const rest = [...words];
  const mount = isNamed(options) ? undefined : rest.shift();
  const stack = stackOf(mount, options);
  if (stack.kind === 'directories')
    throw usage('plain directories are no mount, and the kernel reports nothing of them', 'name a mount point');
  const paths = rest.map((path) => pathInside(options.b64 ? decodeBase64(path) : path));
  return { stack, paths: paths.length === 0 ? null : paths };
}

/** Takes the last value of an option that takes many, unless it is the one that directly follows the option. */
function lastWordOf(values: Bytes[] | undefined, raw: Bytes[]): Bytes | undefined {
  const last = values?.at(-1);
  const before = last === undefined ? undefined : raw[raw.lastIndexOf(last) - 1];
  return before === undefined || before === '--lower' || before === '--data' ? undefined : values?.pop();
}

function decodeBase64(text: Bytes): Bytes {
  try {
    return bytesOfBase64(text);
  } catch {
    throw usage('PATH is not base64', 'copy pathB64 from the output of scan, or leave --b64 out');
  }
}
