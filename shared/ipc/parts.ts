import { z } from 'zod';

/** What the calls of the engine have in common. */

export const ViewId = z.number().int().positive();
export const RowId = z.number().int().min(0);

export const RowType = z.enum(['file', 'dir', 'symlink', 'fifo', 'char', 'block', 'socket', 'whiteout', 'unknown']);
export type RowType = z.infer<typeof RowType>;

/** The word of the status column. Hidden rows also say by what. */
export const Status = z.enum([
  'lower',
  'upper',
  'copied up',
  'metacopy',
  'merged',
  'whiteout',
  'hidden',
  'unknown',
  'reading',
]);
export type Status = z.infer<typeof Status>;

export const LayerProgress = z.object({
  layer: z.number().int(),
  entries: z.number().int(),
  done: z.boolean(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type LayerProgress = z.infer<typeof LayerProgress>;
