import { z } from 'zod';
import { Decimal, DevText, EntryRole, HiddenBy, OriginState, Unknown } from './scan.ts';

/** The shape of `inode`: one meaning that a number has in a stack. */

const Base64 = z.string().regex(/^[A-Za-z0-9+/]*=*$/);

/**
 * As what the number stands. `st_ino` and `d_ino`: what stat and readdir through the mount report. `real`: an inode of
 * a layer. `origin`: the lower inode that an upper one was copied up from. `index`: an entry of the index directory.
 * `xino-part`: the inode's number below the filesystem id in a st_ino.
 */
export const NumberAs = z.enum(['st_ino', 'd_ino', 'real', 'origin', 'index', 'xino-part']);
export type NumberAs = z.infer<typeof NumberAs>;

/**
 * How it stands there. st_ino, d_ino, xino-part: `stable` or `unstable` (see scan's `shown.stable`), or `cached`: what
 * an inode that is still in memory may show. real: the entry's role. origin: its state. index: `alive`, `whiteout`,
 * `stale` (the lower inode that it names is gone) or `foreign` (it is of no lower's filesystem).
 */
export const NumberState = z.enum([
  'stable',
  'unstable',
  'cached',
  ...EntryRole.options.filter((role) => role !== 'whiteout'),
  ...OriginState.options.filter((state) => state !== 'stale'),
  'alive',
  'whiteout',
  'stale',
  'unknown',
]);
export type NumberState = z.infer<typeof NumberState>;

export const NumberMeaning = z.object({
  as: NumberAs,
  /** Merged path; null for what has none: an index entry without a name, a file of a data-only layer that none uses. */
  path: z.string().nullable(),
  pathB64: Base64.optional(),
  /** The layer that the number is from. */
  layer: z.union([z.number().int(), Unknown]),
  /** st_ino and xino-part: as in scan's `shown`; a listing tells none: null. The others: the real device. */
  dev: z
    .union([DevText, z.literal('overlay'), z.templateLiteral([z.literal('pseudo:'), z.number().int()]), Unknown])
    .nullable(),
  state: NumberState,
  /** The whole number: for xino-part what stat shows, for index the entry's own inode, also if its lower one is meant. */
  ino: Decimal,
  /** real: what hides the entry. */
  hiddenBy: HiddenBy.optional(),
  /** real: path below the layer's root, where it is not the merged one. */
  entryPath: z.string().optional(),
  entryPathB64: Base64.optional(),
  /** index: name of the entry. */
  entry: z.string().optional(),
  /** With --all: the stack, by mount point and device. */
  mount: z.string().nullable().optional(),
  mountB64: Base64.optional(),
  stackDev: DevText.nullable().optional(),
});
export type NumberMeaning = z.infer<typeof NumberMeaning>;
