import { z } from 'zod';
import { ErrorLine, ScanMeta } from '../contract/scan.ts';
import { VerifyCounts, VerifyRow } from '../contract/verify.ts';
import { LayerProgress, ViewId } from './parts.ts';
import { BytesText, StackRef } from './probe.ts';
import type { CallSpec } from './rpc.ts';

/** How far it is: the layers are read; names are looked at; layers are read again and differences judged. */
export const VerifyProgress = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('reading'), layers: z.array(LayerProgress) }),
  z.object({ phase: z.literal('looking'), done: z.number().int(), total: z.number().int() }),
  z.object({ phase: z.literal('judging'), done: z.number().int(), total: z.number().int() }),
]);
export type VerifyProgress = z.infer<typeof VerifyProgress>;

export const verifyCallSpecs = {
  /**
   * Asks the kernel, through the mount, what it reports, and holds it against what the layers foretell. **It touches the
   * mount**: to be called on the user's word alone, after `sideEffects` of shared/verify was shown. `paths` null: every
   * visible object. The layers are read afresh. Rows come as they are known: those that differ, or all. Fails with
   * not-mounted for plain directories and lines of mounts that are gone, unmounted where the mount went meanwhile.
   */
  verify: {
    params: z
      .object({
        view: ViewId.optional(),
        stack: StackRef.optional(),
        paths: z.array(BytesText).max(100_000).nullable(),
        /** With `paths` null: only this directory and what is beneath it. */
        beneath: BytesText.optional(),
        rows: z.enum(['wrong', 'all']).default('wrong'),
        through: z.boolean().default(false),
      })
      .refine(({ view, stack }) => (view === undefined) !== (stack === undefined), 'either a view or a stack'),
    item: z.union([
      z.object({ progress: VerifyProgress }),
      z.object({ meta: ScanMeta.shape.meta }),
      z.object({ rows: z.array(VerifyRow) }),
    ]),
    result: VerifyCounts.extend({
      meta: ScanMeta.shape.meta,
      errors: z.array(ErrorLine),
      /** A row is wrong by a fault, of the stack or ours: not cached alone. */
      faulty: z.boolean(),
    }),
  },
} satisfies Record<string, CallSpec>;
