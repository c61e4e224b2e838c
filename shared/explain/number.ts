import type { ListObject, ScanObject, Shown } from '../contract/scan.ts';
import { mappedNumber } from '../inodes/mapped.ts';
import type { NumberRow } from '../inodes/rows.ts';
import { sourceInode } from '../inodes/source.ts';
import type { Sentence, Span } from '../ipc/engine.ts';
import { enumerate, inodeNumber, type LayerNames, line, number, option, strong } from './words.ts';

/** The number that the mount shows: from which inode, what is set above it, what stat and readdir give, how long. */
export function numberSentences(object: ScanObject, stack: ListObject, names: LayerNames): Sentence[] {
  const { shown } = object;
  if (shown === null) return [];
  if (shown.ino === 'unknown')
    return [
      line`Which number it shows is ${strong('unknown')}: ${shown.why}${restOf(shown)}${shown.stable === 'unknown' ? [] : lasting(object, stack, names)}.`,
    ];
  const out = [
    shown.ino === null
      ? line`The kernel ${strong('counts')} its number${whyCounted(object, stack)}: stat gives it ${device(shown)}${links(shown)}, and another one after eviction and remount${lasting(object, stack, names)}${listed(shown)}.`
      : line`${fromWhere(object, names)}${above(object, stack)}: ${given(shown, lasting(object, stack, names))}.`,
  ];
  const cached = cachedSentence(shown);
  if (cached) out.push(cached);
  return out;
}

/** The clause of each row of the table; `it` is the inode that the number is from. */
const FROM: Record<NumberRow, (it: Span[]) => Span[]> = {
  'root, with upper': (it) => line`The root shows ${it}, whatever lies below`,
  'root, no upper': (it) => line`The root shows ${it}, the topmost lower root’s`,
  'dir lower only': (it) => line`Its number is from ${it}`,
  'dir merged, no upper part': (it) => line`Its number is from its topmost lower, ${it}`,
  'dir merged with upper': (it) => line`Its number is from its topmost lower, ${it}, with an upper as without`,
  'dir merged, not indexed': (it) => line`The index does not have it, so under nfs_export its number is from ${it}`,
  'dir pure upper': (it) => line`Nothing below merges with it, so its number is from ${it}`,
  'file lower': (it) => line`Its number is from ${it}`,
  'copied up, origin usable': (it) => line`So its number is from ${it}, as before its copy-up`,
  'copied up, origin missing': (it) => line`So its number is from ${it}`,
  'pure upper file': (it) => line`It comes from no lower, so its number is from ${it}`,
  'lower hard link': (it) => line`Its number is from ${it}, which has several names`,
  'hard link copied up, index off': (it) =>
    line`A lower hard link was copied up under this name alone, without an origin, so its number is from ${it}`,
  'hard link copied up, index on': (it) =>
    line`The index keeps the hard link whole, so all its names have their number from ${it}`,
  metacopy: (it) => line`As a metacopy it has its number from ${it}, found by path`,
  'lower gained a link': (it) => line`The lower inode has several names now, so its number is from ${it}`,
};

function fromWhere(object: ScanObject, names: LayerNames): Span[] {
  const source = sourceInode(object);
  const it = source
    ? line`${names.the(source.layer)}’s inode ${inodeNumber(source.ino)}`
    : line`an inode that is not named`;
  const say = FROM[object.shown?.why as NumberRow];
  const clause = say ? say(it) : line`Its number is from ${it}`;
  return line`${clause}`;
}

/** What stands above the inode's own number. */
function above({ shown, type }: ScanObject, stack: ListObject): Span[] {
  const { inodeMode, xinoBits } = stack;
  if (inodeMode === 'same-fs') return line`; all layers lie on one filesystem, so it stands alone`;
  if (inodeMode === 'unknown') return [];
  const xino = option(`xino=${stack.options.xino ?? (inodeMode === 'none' ? 'off' : 'on')}`);
  if (inodeMode === 'none')
    return type === 'dir' ? [] : line`; ${xino} sets no filesystem id above it, so its device tells the filesystem`;
  if (shown?.dev !== 'overlay') return line`; it leaves no room for the ${xinoBits ?? 'few'} bits of ${xino}`;
  const mapped = typeof shown.ino === 'string' ? mappedNumber({ mode: inodeMode, xinoBits }, BigInt(shown.ino)) : null;
  return mapped === null
    ? line`; ${xino} sets no bit above it, as its filesystem has id 0`
    : line`; ${xino} sets fs id ${number(String(mapped.fsid))} above it`;
}

/** `stat and readdir give 18, with 1 link`, and how long; what readdir gives stands behind, where it is another. */
function given(shown: Shown, lasts: Span[]): Span[] {
  const it = inodeNumber(shown.ino ?? '');
  const who = shown.dino === shown.ino ? 'stat and readdir give' : 'stat gives';
  const other = shown.dino === shown.ino ? [] : listed(shown);
  return line`${who} ${it}${onDevice(shown)}${links(shown)}${lasts}${other}`;
}

const deviceOf = (dev: Shown['dev']): Span[] => {
  if (dev === 'unknown') return line`on a device that is ${strong('unknown')}`;
  return dev === 'overlay'
    ? line`on the mount’s own device`
    : line`on the pseudo device of fs id ${number(dev.slice('pseudo:'.length))}`;
};
const device = ({ dev }: Shown): Span[] => deviceOf(dev);
/** The mount's own goes without saying. */
const onDevice = ({ dev }: Shown): Span[] => (dev === 'overlay' ? [] : line` ${deviceOf(dev)}`);

function links({ nlink }: Shown): Span[] {
  if (nlink === 'unknown') return line`, with a link count that is ${strong('unknown')}`;
  return line`, with ${number(String(nlink))} ${nlink === 1 ? 'link' : 'links'}`;
}

function listed({ dino, ino }: Shown): Span[] {
  if (dino === null) return ino === null ? line`; readdir does the same` : [];
  if (dino === 'unknown') return line`; what readdir gives is ${strong('unknown')}`;
  return line`; readdir gives ${inodeNumber(dino)}`;
}

/** What else is known where the number is not, and what is not. */
function restOf(shown: Shown): Span[] {
  const { dev, nlink, dino, stable } = shown;
  const known = [
    ...(dev === 'unknown' || dev === 'overlay' ? [] : line`; it is ${deviceOf(dev)}`),
    ...(nlink === 'unknown' ? [] : line`; it has ${number(String(nlink))} ${nlink === 1 ? 'link' : 'links'}`),
    ...(dino === 'unknown' ? [] : dino === null ? line`; readdir gives none` : listed(shown)),
  ];
  const unknown = [
    ...(dev === 'unknown' ? ['its device'] : []),
    ...(nlink === 'unknown' ? ['its link count'] : []),
    ...(stable === 'unknown' ? ['whether it lasts'] : []),
  ];
  if (unknown.length === 0) return known;
  const verb = unknown.length === 1 ? 'so is' : 'so are';
  return [...line`; ${verb} ${enumerate(unknown)}`, ...known];
}

function whyCounted({ type }: ScanObject, stack: ListObject): Span[] {
  if (stack.inodeMode === 'none' && type === 'dir')
    return line`, as ${option(`xino=${stack.options.xino ?? 'off'}`)} has no room for a filesystem id in that of a directory`;
  if (stack.inodeMode === 'xino' && type === 'dir') return line`, as its inode leaves no room for a filesystem id`;
  return line`, as the layer below does too`;
}

/** How long the number lasts, and what would change it. */
function lasting(object: ScanObject, stack: ListObject, names: LayerNames): Span[] {
  const { shown } = object;
  if (shown === null) return [];
  if (shown.stable === 'unknown') return line`; whether it lasts is ${strong('unknown')}`;
  const isWritable = !stack.readonly && stack.layers.some(({ role }) => role === 'upper');
  if (shown.stable) {
    const isUppers = sourceInode(object)?.layer === 0 || !isWritable;
    return isUppers
      ? line`, before and after eviction and remount`
      : line`, before and after copy-up, eviction and remount`;
  }
  if (shown.ino === null || shown.cached) return shown.ino === null ? line`, so it is ${strong('volatile')}` : [];
  const source = sourceInode(object);
  const fs = stack.layers.find(({ layer }) => layer === source?.layer)?.fs.type ?? '';
  if (/^fuse/.test(fs)) return line`; it may ${strong('change')}, as ${fs} may number anew while it is mounted`;
  switch (shown.why as NumberRow) {
    case 'lower hard link':
      return line`; a copy-up of this name alone would ${strong('change')} it`;
    case 'file lower':
    case 'dir lower only':
    case 'dir merged, no upper part':
      return line`; a copy-up would ${strong('change')} it, as no origin that the kernel follows could be kept${source ? line` for ${names.the(source.layer)}` : ''}`;
    default:
      return line`; it may ${strong('change')}`;
  }
}

/** What an inode from before the copy-up, still in memory, goes on showing. */
function cachedSentence({ cached, ino, dev }: Shown): Sentence | null {
  if (!cached) return null;
  if (cached.ino === 'unknown')
    return line`An inode still in memory from before a copy-up may go on showing ${strong('another')} number; what it was copied from, nothing tells.`;
  if (cached.dev === dev && cached.ino === ino) {
    if (cached.nlink !== undefined)
      return line`An inode still in memory from before the copy-up goes on showing ${cached.nlink === 1 ? '1 link' : `${cached.nlink} links`}.`;
    return cached.dino === undefined
      ? line`An inode still in memory from before the copy-up shows the same.`
      : line`While the directory around it stays in memory, its listing may give ${inodeNumber(cached.dino)}.`;
  }
  const was = cached.ino === null ? line`a number that the kernel counts` : line`${inodeNumber(cached.ino)}`;
  const changes =
    cached.dev !== dev && cached.ino !== ino
      ? line`number ${strong('and')} device change`
      : cached.ino !== ino
        ? line`the number changes`
        : line`the device changes`;
  return line`An inode still in memory from before the copy-up goes on showing ${was} ${deviceOf(cached.dev)}; once it is dropped, ${changes}, though nobody wrote.`;
}
