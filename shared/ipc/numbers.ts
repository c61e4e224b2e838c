import { z } from 'zod';
import { NumberMeaning } from '../contract/inode.ts';
import { ErrorLine, ScanMeta } from '../contract/scan.ts';
import { LayerProgress, RowId, RowType, Status, ViewId } from './parts.ts';
import { BytesText, StackRef } from './probe.ts';
import type { CallSpec } from './rpc.ts';

/** What may be asked of numbers: everything that an inode number means. */

/** An inode number in decimal, of 64 bits. */
export const InodeNumber = z
  .string()
  .regex(/^\d{1,20}$/, 'an inode number')
  .refine((text) => BigInt(text) < 2n ** 64n, 'an inode number of 64 bits');

/** A meaning, with what a window needs to draw it and to go there. */
export const FoundNumber = z.object({
  meaning: NumberMeaning,
  /** Row of the object; null where there is none. One that lies hidden has a row while hidden objects are shown. */
  id: RowId.nullable(),
  path: BytesText.nullable(),
  type: RowType,
  status: Status,
});
export type FoundNumber = z.infer<typeof FoundNumber>;

/** What a number means in one opened stack. */
export const NumbersInView = z.object({
  view: ViewId,
  stack: StackRef,
  found: z.array(FoundNumber),
  /** There are more than the limit. */
  more: z.boolean(),
  /** False: the stack is still being read, or was not read whole. */
  complete: z.boolean(),
  /** Without privilege it is not known which number what was copied up shows. */
  unknown: z.boolean(),
});
export type NumbersInView = z.infer<typeof NumbersInView>;

export const numberCallSpecs = {
  /** Everything that the number means, in a view or (null) in all that are open, each in the order of
   * `NumberAs`; where there are more than the limit, some of them. */
  numbers: {
    params: z.object({
      view: ViewId.nullable(),
      number: InodeNumber,
      limit: z.number().int().min(1).max(2000),
    }),
    result: z.object({ views: z.array(NumbersInView) }),
  },
  /**
   * For the terminal: the same in a stack that is read for it, or (null) in every stack of `list`, whose meanings then
   * name their stack. A stack of all that cannot be read stands in `errors`.
   */
  inode: {
    params: z.object({ stack: StackRef.nullable(), number: InodeNumber, through: z.boolean().default(false) }),
    item: z.union([
      z.object({ layers: z.array(LayerProgress) }),
      z.object({ found: z.array(NumberMeaning), unknown: z.boolean() }),
    ]),
    result: z.object({
      /** The stack's; null where all were searched. */
      meta: ScanMeta.shape.meta.nullable(),
      stacks: z.number().int(),
      errors: z.array(ErrorLine),
    }),
  },
} satisfies Record<string, CallSpec>;
