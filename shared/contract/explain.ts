import { z } from 'zod';
import { RememberedState } from './history.ts';
import { ScanObject, Unknown } from './scan.ts';

/** The shape of `explain`: the scan object, and what it rests on. */

const Base64 = z.string().regex(/^[A-Za-z0-9+/]*=*$/);

/** One step of the lookup. `path` is relative to the layer's root. */
export const ExplainStep = z.object({
  layer: z.number().int(),
  path: z.string(),
  pathB64: Base64.optional(),
  found: z.string(),
  rule: z.string(),
  says: z.string(),
});

/** An attribute, each field with the bytes [from, to) of the value that it comes from. */
export const ExplainXattr = z.object({
  layer: z.number().int(),
  name: z.string(),
  nameB64: Base64.optional(),
  /** Hex of the raw value. */
  value: z.union([z.string().regex(/^([0-9a-f]{2})*$/), Unknown]),
  /** It is one of those that this mount heeds. */
  counts: z.boolean(),
  fields: z.array(z.object({ label: z.string(), text: z.string(), from: z.number().int(), to: z.number().int() })),
  problem: z.string().nullable(),
});

export const Explained = ScanObject.extend({
  /** In words: what it is and why, one sentence each. */
  explanation: z.array(z.string()),
  wouldChange: z.array(z.string()),
  steps: z.array(ExplainStep),
  xattrs: z.array(ExplainXattr),
  /** The entry of the index directory for the lower inode, where there is one. */
  index: z.union([z.object({ name: z.string(), ino: z.string(), nlink: z.number().int() }), Unknown]).nullable(),
  /** What it showed before and shows now, the newest first, where the window saw the stack; else empty. */
  history: z.array(RememberedState),
  /** Each fact with the command that shows it by hand. */
  commands: z.array(z.object({ fact: z.string(), value: z.string(), command: z.string() })),
});
export type Explained = z.infer<typeof Explained>;
