import type { InodeMode } from './mode.ts';

/** A number as a mount with xino shows it, taken apart: the filesystem id in the top bits, the inode's number below. */
export type MappedNumber = { fsid: number; ino: bigint };

/** Takes a number of a xino mount apart; null where no filesystem id stands in it. */
export function mappedNumber(
  { mode, xinoBits }: Pick<InodeMode, 'mode' | 'xinoBits'>,
  shown: bigint,
): MappedNumber | null {
  if (mode !== 'xino' || xinoBits === null) return null;
  const low = 64 - xinoBits;
  const fsid = Number(shown >> BigInt(low + 1));
  return fsid === 0 ? null : { fsid, ino: BigInt.asUintN(low, shown) };
}
