import { z } from 'zod';
import { FindingCode } from './scan.ts';

/** The shape of `verify`: prediction and kernel, side by side. */

const Base64 = z.string().regex(/^[A-Za-z0-9+/]*=*$/);

/** What is compared. `dino` also tells whether a listing gives the name; `fstat` is "DEVICE INODE" of an open. */
export const VerifyField = z.enum(['lookup', 'type', 'dev', 'ino', 'dino', 'nlink', 'fstat']);
export type VerifyField = z.infer<typeof VerifyField>;

/** Why a row is wrong. The first is no fault of anybody's, the second one of the stack's, the last one of this program's. */
export const VerifyCause = z.enum(['cached from before a layer change', 'changed under the mount', 'our error']);
export type VerifyCause = z.infer<typeof VerifyCause>;

const Value = z.union([z.string(), z.number().int()]).nullable();

export const VerifyRow = z.object({
  path: z.string(),
  pathB64: Base64.optional(),
  field: VerifyField,
  /** In the words of scan's `shown`; null: none, or (of a dino) that no listing gives the name. */
  predicted: Value,
  observed: Value,
  /** `unpredictable`: the kernel counts, or what decides it is unknown, or it could not be asked. */
  verdict: z.enum(['agrees', 'wrong', 'unpredictable']),
  /** Of what is wrong; else null. */
  cause: VerifyCause.nullable(),
  /** What the cause is told by. */
  evidence: z.record(z.string(), z.unknown()).nullable(),
  /** One sentence: what to do. */
  cure: z.string().nullable(),
  /** What is found in the object, by code. */
  findings: z.array(FindingCode),
});
export type VerifyRow = z.infer<typeof VerifyRow>;

/** Counts are of rows: a field of a path each. */
export const VerifyCounts = z.object({
  /** Rows that were compared. */
  checked: z.number().int(),
  wrong: z.number().int(),
  unpredictable: z.number().int(),
  /** Paths that were looked at. */
  paths: z.number().int(),
  /** Rows that differed at first and agreed with a second reading of the layers: something changed meanwhile. */
  settled: z.number().int(),
});
export type VerifyCounts = z.infer<typeof VerifyCounts>;

/** The object of `verify`: rows only where they differ, all with `--rows all`. */
export const Verified = VerifyCounts.extend({ rows: z.array(VerifyRow) });
export type Verified = z.infer<typeof Verified>;
