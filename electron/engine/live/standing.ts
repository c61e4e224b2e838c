import { arrayOfBytes, asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { ItemKind } from '../../../shared/ipc/records.ts';
import type { Standing } from '../../../shared/live/asker.ts';
import type { Now } from '../../../shared/live/raw.ts';
import { Kind, MarkBit } from '../../../shared/merge/marks.ts';
import type { EntryTable } from '../entries.ts';
import type { Prefix } from '../entry-columns.ts';
import { markOf } from '../entry-marks.ts';

/** A standing with what the lookup reads of it. */
export type UpperStanding = Standing & {
  /** MarkBit of the prefix that counts. */
  bits: number;
  redirect: Bytes | null;
  /** Names of the inode; 1 where it is not known. */
  nlink: number;
};

type Attribute = { name: string; value: Uint8Array | null };

/** The part of a standing that follows from the overlay attributes that count, by their short names. */
function marksOf(attributes: readonly Attribute[], mode: number, isEmpty: boolean, isWhiteout: boolean) {
  const kind = mode >>> 12;
  let bits = isWhiteout ? MarkBit.whiteout : 0;
  let redirect: Bytes | null = null;
  const texts: string[] = [];
  for (const { name, value } of attributes) {
    if (value === null) {
      bits |= MarkBit.unknown;
      continue;
    }
    const bytes = asBytes(name);
    bits |= markOf(arrayOfBytes(bytes), 0, bytes.length)?.(kind, value.length, value[0] ?? 0, isEmpty) ?? 0;
    const text = Buffer.from(value).toString('latin1');
    if (name === 'redirect' && value.length > 0) redirect = asBytes(text.split('\0')[0] ?? '');
    // What chattr sets is no business of overlayfs's own: whoever looks sees it.
    if (name !== 'protattr') texts.push(`${name}=${text}`);
  }
  const is = bits & (MarkBit.whiteout | MarkBit.xattrWhiteout) ? 'whiteout' : kind === Kind.dir ? 'directory' : 'other';
  return {
    is: is as Standing['is'],
    bits,
    redirect,
    marks: bits & MarkBit.unknown ? null : texts.sort().join('\n'),
    isOpaque: (bits & MarkBit.opaque) !== 0,
    isMetacopy: (bits & MarkBit.metacopy) !== 0,
    hasOrigin: (bits & MarkBit.origin) !== 0,
  };
}

/** Whose marks count, and whether they could be read at all. */
export type MarkReading = { prefix: Prefix; isReadable: boolean };

/** The standing of a state that the probe read. */
export function standingOfNow(now: Extract<Now, { is: 'there' }>, { prefix, isReadable }: MarkReading): UpperStanding {
  const start = `${prefix}.overlay.`;
  const attributes = now.overlay
    .filter(({ name }) => name.startsWith(start))
    .map(({ name, value }) => ({ name: name.slice(start.length), value: value === null ? null : arrayOfBytes(value) }));
  const isWhiteout = now.mode >>> 12 === Kind.char && now.rdev === '0:0';
  const marks = marksOf(attributes, now.mode, now.size === '0', isWhiteout);
  const { fid, ino, nlink, mode, uid, gid, size, mtimeNs } = now;
  return { ...marks, ...(isReadable ? {} : { marks: null }), fid, ino, nlink, mode, uid, gid, size, mtimeNs };
}

/** The standing of an entry of the scan; its handle is not known. */
export function standingOfEntry(
  entries: EntryTable,
  entry: number,
  { prefix, isReadable }: MarkReading,
): UpperStanding {
  const wanted = prefix === 'user' ? ItemKind.user : ItemKind.trusted;
  const attributes: Attribute[] = [];
  if (prefix !== 'none')
    entries.forEachItem(entry, (kind, name, value) => {
      if (kind === wanted) attributes.push({ name, value });
    });
  const mode = entries.mode(entry);
  const size = entries.size(entry);
  const isWhiteout = (entries.marks(entry) & MarkBit.whiteout) !== 0;
  const marks = marksOf(attributes, mode, size === 0n, isWhiteout);
  return {
    ...marks,
    bits: entries.marks(entry),
    ...(isReadable ? {} : { marks: null }),
    fid: null,
    ino: entries.hasNumber(entry) ? `${entries.ino(entry)}` : null,
    nlink: entries.nlink(entry),
    mode,
    uid: entries.uid(entry),
    gid: entries.gid(entry),
    size: `${size}`,
    mtimeNs: `${entries.mtimeNs(entry)}`,
  };
}

/** A standing of which only what the records imply is known. */
export function guessed(standing: Standing): UpperStanding {
  const { is, isOpaque, isMetacopy } = standing;
  const bits =
    (is === 'whiteout' ? MarkBit.whiteout : 0) | (isOpaque ? MarkBit.opaque : 0) | (isMetacopy ? MarkBit.metacopy : 0);
  return { ...standing, bits, redirect: null, nlink: 1 };
}

export const isUpperStanding = (standing: Standing): standing is UpperStanding => 'bits' in standing;
