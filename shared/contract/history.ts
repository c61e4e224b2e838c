import { z } from 'zod';
import { Decimal, Provenance, Shown } from './scan.ts';

/**
 * A state of a path, as readings of the layers found it. `untilNs` null: it is so now; else when it ended: the birth of
 * what followed it, where that is known to lie between two readings, or the reading that found it ended.
 */
export const RememberedState = z.object({
  /** The first reading that found it so. */
  sinceNs: Decimal,
  untilNs: Decimal.nullable(),
  /** st_ino; null where the kernel counts. */
  ino: Decimal.nullable(),
  dev: Shown.shape.dev,
  real: z.object({ layer: z.number().int(), ino: Decimal }),
  provenance: Provenance,
  /** It was foretold to last, over copy-up, eviction and remount. */
  stable: z.boolean(),
  /** One sentence: how it ended; of what is so now, that it is. */
  why: z.string(),
});
export type RememberedState = z.infer<typeof RememberedState>;
