import { asBytes } from '../bytes/bytes.ts';
import { shellQuote } from '../bytes/show.ts';
import type { RecipeFilesystem } from './filesystems.ts';
import type { RecipeNode } from './recipe.ts';

/** Commands of a shell that make filesystems and the entries in them. */

/** A file holds so many bytes of its own; what is beyond is a hole. */
const BLOCK = 4096n;

export const isSquashed = ({ kind }: RecipeFilesystem): boolean =>
  kind === 'squashfs' || kind === 'squashfs without handles';

export const isXattrWhiteout = ({ type, xattrs }: RecipeNode): boolean =>
  type === 'whiteout' && xattrs.some(({ name }) => name.endsWith('.overlay.whiteout'));

/** Commands that make and mount an empty filesystem. */
export function imageLines({ number, kind, uuid }: RecipeFilesystem): string[] {
  const at = `f${number}`;
  const dashed = (uuid ?? '').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  switch (kind) {
    case 'ext4':
      return [
        `truncate -s 32M ${at}.img; mkfs.ext4 -q -U ${dashed} ${at}.img`,
        `mkdir ${at}; mount -o loop ${at}.img ${at}`,
        // Else two filesystems would give one number to two inodes.
        `touch ${at}/fill{1..${number * 16}}`,
      ];
    case 'xfs':
      return [
        `truncate -s 320M ${at}.img; mkfs.xfs -q -m uuid=${dashed} ${at}.img`,
        `mkdir ${at}; mount -o loop,nouuid ${at}.img ${at}`,
      ];
    case 'btrfs':
      return [
        `truncate -s 128M ${at}.img; mkfs.btrfs -q ${at}.img > /dev/null`,
        `mkdir ${at}; mount -o loop ${at}.img ${at}`,
      ];
    case 'tmpfs':
      return [`mkdir ${at}; mount -t tmpfs -o size=32M tmpfs ${at}`];
    default:
      return [`mkdir ${at} s${number}`];
  }
}

/** Commands that make a squashfs of what was gathered for it. */
export function squashLines(fs: RecipeFilesystem): string[] {
  if (!isSquashed(fs)) return [];
  const { number, kind } = fs;
  const exports = kind === 'squashfs' ? '' : ' -no-exports';
  return [
    `mksquashfs s${number} f${number}.img -quiet -no-progress${exports}`,
    `mount -o loop,ro f${number}.img f${number}`,
  ];
}

/** Commands that make an entry under its quoted path. */
export function creation(node: RecipeNode, word: string): string[] {
  const { type, attributes, size } = node;
  switch (type) {
    case 'dir':
      return [`mkdir -p ${word}`];
    case 'symlink':
      return [`ln -s ${shellQuote(attributes.target ?? asBytes('target'))} ${word}`];
    case 'char':
      return [`mknod ${word} c ${attributes.rdev.replace(':', ' ')}`];
    case 'block':
      return [`mknod ${word} b ${attributes.rdev.replace(':', ' ')}`];
    case 'whiteout':
      return [isXattrWhiteout(node) ? `: > ${word}` : `mknod -m 0 ${word} c 0 0`];
    case 'file': {
      if (size === 0n) return [`: > ${word}`];
      if (attributes.blocks === '0') return [`truncate -s ${size} ${word}`];
      const bytes = size < BLOCK ? size : BLOCK;
      return [`head -c ${bytes} /dev/zero > ${word}`, ...(size > bytes ? [`truncate -s ${size} ${word}`] : [])];
    }
    default:
      return [plainCreation(type, word)];
  }
}

export function plainCreation(type: string, word: string): string {
  switch (type) {
    case 'symlink':
      return `ln -s target ${word}`;
    case 'fifo':
      return `mkfifo ${word}`;
    case 'char':
      return `mknod ${word} c 1 3`;
    case 'block':
      return `mknod ${word} b 7 0`;
    case 'socket':
      return `python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' ${word}`;
    default:
      return `: > ${word}`;
  }
}

/** Of the upper: it was written after its inode was born, as a fresh one is too; a copy has an older time. */
export const isWrittenSince = ({ layer, attributes: { mtimeNs, btimeNs } }: RecipeNode): boolean =>
  layer === 0 && btimeNs !== null && BigInt(mtimeNs) >= BigInt(btimeNs);

/** Nanoseconds since the epoch as touch takes them. */
export function secondsOf(ns: string): string {
  const value = BigInt(ns);
  const rest = ((value % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  return `${(value - rest) / 1_000_000_000n}.${String(rest).padStart(9, '0')}`;
}
