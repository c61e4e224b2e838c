import { asBytes, type Bytes, joinBytes } from '../bytes/bytes.ts';
import { shellQuote, textForEyes } from '../bytes/show.ts';
import type { ListLayer, ListObject, ScanEntry, ScanObject } from '../contract/scan.ts';
import { mappedNumber } from '../inodes/mapped.ts';
import { sourceInode } from '../inodes/source.ts';
import type { DecodedXattr, FactCommand } from '../ipc/engine.ts';
import { bytesOf, LayerNames, shownPath } from './words.ts';

export type CommandsInput = {
  object: ScanObject;
  stack: ListObject;
  xattrs: DecodedXattr[];
  parameters: Record<string, string>;
  index: { name: string; ino: string } | 'unknown' | null;
  /** A process of the mount namespace that the layers' paths are of; null: the one in which commands are typed. */
  throughPid: number | null;
};

/** What `stat -c %F` calls a type. */
const STAT_TYPE: Record<string, string> = {
  dir: 'directory',
  symlink: 'symbolic link',
  fifo: 'fifo',
  char: 'character special file',
  block: 'block special file',
  socket: 'socket',
};

/**
 * Each fact of an object with the command that shows it by hand, and the value that its output then holds. All of them
 * look at layers, never at the mount, where looking alone can write. None for what a path does not lead to: a layer
 * whose place is not known or covered, or that lies on another overlay.
 */
export function commandsFor(input: CommandsInput): FactCommand[] {
  const { object, stack } = input;
  const names = new LayerNames(stack);
  const root = asBytes(input.throughPid === null ? '' : `/proc/${input.throughPid}/root`);
  const layers = new Map(stack.layers.map((layer) => [layer.layer, layer]));
  const place = (layer: number, path: Bytes): string | null => {
    const base = layers.get(layer);
    return base === undefined || !isReachable(base)
      ? null
      : shellQuote(joinBytes(asBytes(root + bytesOf(base.path, base.pathB64)), path));
  };
  const out: FactCommand[] = [];
  for (const entry of object.entries) {
    const at = place(entry.layer, bytesOf(entry.path, entry.pathB64));
    if (at !== null) out.push(...entryCommands(entry, at, names.word(entry.layer)));
  }
  const top = object.entries[0];
  const topPlace = top === undefined ? null : place(top.layer, bytesOf(top.path, top.pathB64));
  if (top !== undefined && topPlace !== null) out.push(...objectCommands(object, top, topPlace));
  out.push(...numberCommand(input, place));
  for (const { layer, name, value } of input.xattrs) {
    const entry = object.entries.find((one) => one.layer === layer);
    const at = entry === undefined ? null : place(layer, bytesOf(entry.path, entry.pathB64));
    if (at === null || value === null) continue;
    const command = `getfattr -h --absolute-names -e hex -n ${shellQuote(asBytes(name))} ${at}`;
    out.push({
      fact: `${textForEyes(asBytes(name))} on ${names.word(layer)}`,
      value: `0x${value}`,
      command,
      layer,
      xattr: name,
    });
  }
  return [...out, ...stackCommands(input, root)];
}

/** The number that stat shows, made by hand of the inode that it is from: a look at the layer, not at the mount. */
function numberCommand(
  { object, stack }: CommandsInput,
  place: (layer: number, path: Bytes) => string | null,
): FactCommand[] {
  const { shown, entries } = object;
  const source = sourceInode(object);
  const entry = entries.find(({ layer, ino }) => layer === source?.layer && ino === source.ino);
  const at = entry === undefined ? null : place(entry.layer, bytesOf(entry.path, entry.pathB64));
  if (at === null || shown === null || shown.ino === null || shown.ino === 'unknown') return [];
  const mapped = mappedNumber({ mode: stack.inodeMode, xinoBits: stack.xinoBits }, BigInt(shown.ino));
  const stat = `stat -c %i ${at}`;
  const above = mapped && `${mapped.fsid} << ${65 - (stack.xinoBits ?? 0)}`;
  const command = above === null ? stat : `printf %u "$(($(${stat}) | ${above}))"`;
  return [{ fact: 'st_ino', value: shown.ino, command }];
}

const isReachable = ({ path, fs, state }: ListLayer): boolean =>
  path !== 'unknown' && fs.type !== 'overlay' && state !== 'missing' && state !== 'covered' && state !== 'unreadable';

/** Facts of one entry of one layer. */
function entryCommands(entry: ScanEntry, at: string, where: string): FactCommand[] {
  const { layer } = entry;
  const facts: [string, string | number, string][] = [
    ['inode', entry.ino, '%i'],
    ['device', entry.dev, '%Hd:%Ld'],
    ['links', entry.nlink, '%h'],
    ['size', entry.size, '%s'],
  ];
  const isWhiteout = entry.type === 'whiteout' && entry.marks.includes('whiteout');
  if (isWhiteout) facts.push(['whiteout', 'character special file 0:0', '%F %t:%T']);
  else if (STAT_TYPE[entry.type] !== undefined) facts.push(['type', STAT_TYPE[entry.type] as string, '%F']);
  return facts
    .filter(([, value]) => value !== 'unknown')
    .map(([fact, value, format]) => ({
      fact: `${fact} of ${where}’s entry`,
      value: String(value),
      command: `stat -c ${shellQuote(asBytes(format))} ${at}`,
      layer,
    }));
}

/** Facts that the object has from its topmost entry. */
function objectCommands(object: ScanObject, top: ScanEntry, at: string): FactCommand[] {
  const out: FactCommand[] = [];
  const put = (fact: string, value: string, format: string): void => {
    out.push({ fact, value, command: `stat -c ${shellQuote(asBytes(format))} ${at}` });
  };
  if (object.mode !== 'unknown') put('mode', (Number.parseInt(object.mode, 8) & 0o7777).toString(8), '%a');
  if (object.uid !== 'unknown' && object.gid !== 'unknown') put('owner', `${object.uid}:${object.gid}`, '%u:%g');
  if (object.mtimeNs !== 'unknown') put('modified', seconds(object.mtimeNs), '%.9Y');
  const { btimeNs } = object;
  if (top.layer === 0 && btimeNs !== null && btimeNs !== 'unknown') put('in the upper since', seconds(btimeNs), '%.9W');
  if (object.target !== undefined) {
    out.push({
      fact: 'target',
      value: shownPath(object.target, object.targetB64),
      command: `readlink -n ${at}`,
    });
  }
  return out;
}

/** Module parameters that stand in for options which are not shown. */
const PARAMETERS = ['redirect_dir', 'redirect_always_follow', 'metacopy', 'index', 'nfs_export', 'xino_auto'];

/** Facts of the mount, and the module parameters that options not shown come from. */
function stackCommands({ stack, parameters, index, throughPid }: CommandsInput, root: Bytes): FactCommand[] {
  const out: FactCommand[] = [];
  if (stack.mount !== null && stack.dev !== null) {
    const mount = shellQuote(bytesOf(stack.mount, stack.mountB64));
    const task = throughPid === null ? '' : `-N ${throughPid} `;
    out.push({ fact: 'device of the mount', value: stack.dev, command: `findmnt ${task}-n -o MAJ:MIN -M ${mount}` });
    for (const [key, value] of Object.entries(stack.options)) {
      const text = value === '' ? key : `${key}=${value}`;
      out.push({ fact: `option ${key}`, value: text, command: `findmnt ${task}-n -o FS-OPTIONS -M ${mount}` });
    }
  }
  for (const key of PARAMETERS) {
    const value = parameters[key];
    if (value === undefined) continue;
    out.push({
      fact: `module parameter ${key}`,
      value,
      command: `cat /sys/module/overlay/parameters/${shellQuote(asBytes(key))}`,
    });
  }
  if (index !== null && index !== 'unknown' && stack.work !== null && stack.work !== 'unknown') {
    const at = shellQuote(asBytes(`${root}${bytesOf(stack.work, stack.workB64)}/index/${index.name}`));
    out.push({ fact: 'index entry', value: index.ino, command: `stat -c %i ${at}` });
  }
  return out;
}

/** Nanoseconds since the epoch as `stat` prints seconds with nine digits. */
function seconds(ns: string): string {
  const value = BigInt(ns);
  const whole = value / 1_000_000_000n;
  const rest = value % 1_000_000_000n;
  if (rest >= 0n) return `${whole}.${String(rest).padStart(9, '0')}`;
  // Before the epoch the sign stands once, before the whole: -1.5 s is -1.500000000.
  return `${whole === 0n ? '-0' : whole}.${String(-rest).padStart(9, '0')}`;
}
