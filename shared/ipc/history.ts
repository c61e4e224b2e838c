import { z } from 'zod';
import type { CallSpec } from './rpc.ts';

export const historyCallSpecs = {
  /** How much is remembered. Settings: `history` (false: nothing is), `historyMegabytes` (the bound, 200 by default). */
  historyInfo: {
    params: z.object({}),
    result: z.object({
      on: z.boolean(),
      stacks: z.number().int(),
      /** Of the file, its log included. */
      bytes: z.number().int(),
      limitBytes: z.number().int(),
      /** No reading is being remembered now. */
      isIdle: z.boolean(),
      /** Of the engine's time, what the last one took, in ms; null before the first. */
      lastMs: z.number().nullable(),
    }),
  },
  /** Forgets everything, and takes the file away. */
  historyWipe: { params: z.object({}), result: z.object({ bytes: z.number().int() }) },
} satisfies Record<string, CallSpec>;
