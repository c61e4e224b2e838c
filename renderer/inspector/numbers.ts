import type { ListObject, ScanObject, Shown } from '../../shared/contract/scan.ts';
import { mappedNumber } from '../../shared/inodes/mapped.ts';
import { sourceInode } from '../../shared/inodes/source.ts';
import { deviceText } from '../tree/format.ts';
import { layerWord } from './words.ts';

/** How a number of the mount is drawn: its bits, its short form, how long it lasts. Pure. */

/** A run of a number's 64 bits, the highest first: `from` ≥ `to`, counted from 0. */
export type BitRun = { what: 'fsid' | 'counter' | 'inode'; from: number; to: number; words: string };
export type NumberBits = { bits: string; runs: BitRun[]; layer: number | null };

/**
 * The bits of st_ino with what each is for. Null where the mount sets nothing above its numbers, or where the number is
 * none that can be told. A number that leaves no room for the filesystem id stands alone.
 */
export function bitsOf(facts: ListObject, object: ScanObject): NumberBits | null {
  const { inodeMode, xinoBits } = facts;
  const { shown } = object;
  if (inodeMode !== 'xino' || xinoBits === null || shown === null || shown.ino === null || shown.ino === 'unknown')
    return null;
  const bits = BigInt.asUintN(64, BigInt(shown.ino)).toString(2).padStart(64, '0');
  const source = sourceInode(object);
  const layer = facts.layers.find((one) => one.layer === source?.layer);
  const whose = layer ? `${layerWord(layer)}’s inode` : 'inode';
  const real = source?.ino ?? shown.ino;
  if (shown.dev !== 'overlay')
    return {
      bits,
      runs: [{ what: 'inode', from: 63, to: 0, words: `${whose} ${real}, no room for a filesystem id` }],
      layer: source?.layer ?? null,
    };
  const mapped = mappedNumber({ mode: inodeMode, xinoBits }, BigInt(shown.ino));
  const low = 64 - xinoBits;
  return {
    bits,
    runs: [
      { what: 'fsid', from: 63, to: low + 1, words: `fs id ${mapped?.fsid ?? 0}` },
      { what: 'counter', from: low, to: low, words: 'no counter' },
      { what: 'inode', from: low - 1, to: 0, words: `${whose} ${mapped ? String(mapped.ino) : shown.ino}` },
    ],
    layer: source?.layer ?? null,
  };
}

/** `63`, or `63–62`. */
export const runText = ({ from, to }: BitRun): string => (from === to ? String(from) : `${from}–${to}`);

/** A number of this mount in few letters: `1·18`, `18`, or `volatile`. */
export function shortOf(facts: ListObject, ino: string | null): string {
  if (ino === null) return 'volatile';
  if (ino === 'unknown') return ino;
  const mapped = mappedNumber({ mode: facts.inodeMode, xinoBits: facts.xinoBits }, BigInt(ino));
  return mapped === null ? ino : `${mapped.fsid}·${mapped.ino}`;
}

/** What stands under a number: `st_ino`, or `st_ino, P1` where its device is not the mount's own. */
export const underNumber = ({ dev }: Shown): string =>
  dev.startsWith('pseudo:') ? `st_ino, ${deviceText(dev)}` : 'st_ino';

/** How long a number lasts: the sign beside it, and words. */
export type Lasts = { sign: 'stays' | 'changes' | 'volatile' | 'unknown'; words: string };

export function lastsOf(facts: ListObject, object: ScanObject): Lasts | null {
  const { shown } = object;
  if (shown === null) return null;
  if (shown.stable === 'unknown') return { sign: 'unknown', words: 'whether it lasts is not known' };
  if (shown.ino === null) return { sign: 'volatile', words: 'another number after eviction and remount' };
  const isWritable = !facts.readonly && facts.layers.some(({ role }) => role === 'upper');
  const isUppers = sourceInode(object)?.layer === 0 || !isWritable;
  if (shown.stable)
    return {
      sign: 'stays',
      words: isUppers ? 'over eviction and remount' : 'over copy-up, eviction and remount',
    };
  if (shown.cached) return { sign: 'changes', words: 'once an inode from before the copy-up leaves memory' };
  if (shown.why === 'lower hard link') return { sign: 'changes', words: 'when this name alone is copied up' };
  return { sign: 'changes', words: isUppers ? 'while it is mounted' : 'when it is copied up, or while it is mounted' };
}
