import { z } from 'zod';
import { WatchEvent, WatchMeta } from '../contract/watch.ts';
import { BytesText, StackRef } from './probe.ts';
import type { CallSpec } from './rpc.ts';

export const liveCallSpecs = {
  /**
   * Watches a stack until it is cancelled or its mount has left its namespace. The meta item comes once nothing can be
   * missed any more. `readMonotonicNs` is when the events' records were read, of CLOCK_MONOTONIC on the probe's machine.
   */
  watch: {
    params: z.object({
      stack: StackRef,
      /** Tell of temporary files too. */
      lifetimes: z.boolean().default(true),
      through: z.boolean().default(false),
    }),
    item: z.union([
      z.object({ meta: WatchMeta.shape.meta }),
      z.object({ events: z.array(WatchEvent), readMonotonicNs: z.string() }),
      z.object({ unmounted: z.object({ stillAt: z.array(BytesText) }) }),
    ]),
    result: z.object({ unmounted: z.boolean() }),
  },
} satisfies Record<string, CallSpec>;
