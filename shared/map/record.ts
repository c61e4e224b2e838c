import { z } from 'zod';
import type { Bytes } from '../bytes/bytes.ts';
import { jsonField } from '../bytes/show.ts';
import { Decimal, DevText, Unknown } from '../contract/scan.ts';

/** A mapping, in the program and in the words of the terminal contract. */

/** An inode by what names it for good, and the number that looks it up. */
export type MappedInode = {
  /** Key of its filesystem (see keys.ts). */
  fs: string;
  ino: bigint;
  /** See handleText; null: the filesystem gives none, and re-use of the number cannot be told. */
  handle: string | null;
};

/** An upper inode, and the lower inode that it was copied up from. */
export type Mapping = {
  upper: MappedInode;
  lower: MappedInode & { layer: number };
  /** One of the upper inode's names, from the merged root. */
  path: Bytes;
  /** Birth of the upper inode, which is its copy-up: ns since the epoch; null where the filesystem keeps none. */
  since: bigint | null;
};

/** A filesystem of a map: its key, its type, and its st_dev as of now ('unknown' where it is not in sight). */
export type MapFilesystem = { key: string; type: string; dev: string | 'unknown' };

const Side = z.object({
  dev: z.union([DevText, Unknown]),
  ino: Decimal,
  fs: z.string(),
  handle: z.string().nullable(),
});

/** The object of `map`: the keys are fs and handle; dev is as of now. */
export const MapObject = z.object({
  upper: Side,
  lower: Side.extend({ layer: z.number().int() }),
  path: z.string(),
  pathB64: z
    .string()
    .regex(/^[A-Za-z0-9+/]*=*$/)
    .optional(),
  /** When the upper inode was born, ns since the epoch. */
  since: z.union([Decimal, Unknown]),
});
export type MapObject = z.infer<typeof MapObject>;

/** What a build did to an entry. */
export const MapChange = z.enum(['added', 'changed', 'removed']);
export type MapChange = z.infer<typeof MapChange>;

/** The object of `map build`: an entry that it wrote or removed. */
export const MapChanged = MapObject.extend({ change: MapChange });
export type MapChanged = z.infer<typeof MapChanged>;

/**
 * What is wrong with an entry. `gone`: no name of the layer leads to the inode any more; `replaced`: another inode
 * stands in its place; `reused`: another inode has got its number; `upper-unmapped`: the upper inode is there, and has
 * no origin (any more) that counts.
 */
export const MapFaultCode = z.enum([
  'upper-gone',
  'upper-replaced',
  'upper-reused',
  'upper-unmapped',
  'lower-gone',
  'lower-replaced',
  'lower-reused',
]);
export type MapFaultCode = z.infer<typeof MapFaultCode>;

/** The object of `map check`: a bad entry. */
export const MapFault = MapObject.extend({ fault: MapFaultCode, why: z.string() });
export type MapFault = z.infer<typeof MapFault>;

/** A mapping as the contract says it; `devOf` gives the device of a filesystem's key. */
export function mapObject(
  { upper, lower, path, since }: Mapping,
  devOf: (fs: string) => string | 'unknown',
): MapObject {
  return {
    upper: { dev: devOf(upper.fs), ino: String(upper.ino), fs: upper.fs, handle: upper.handle },
    lower: {
      dev: devOf(lower.fs),
      ino: String(lower.ino),
      fs: lower.fs,
      handle: lower.handle,
      layer: lower.layer,
    },
    ...(jsonField('path', path) as { path: string }),
    since: since === null ? 'unknown' : String(since),
  };
}
