import { z } from 'zod';
import { FindingCode } from './scan.ts';

/** The shapes of `doctor` and `why`, as the terminal contract (version 1) has them. */

/** Error: an answer is wrong or refused. Warning: programs may be misled. Note: worth knowing. */
export const Severity = z.enum(['error', 'warning', 'note']);
export type Severity = z.infer<typeof Severity>;

/** Numbers and raw bytes by name: 64-bit numbers as decimal text, bytes as hex. */
export const Evidence = z.record(z.string(), z.json());
export type Evidence = z.infer<typeof Evidence>;

/** One finding of one object. */
export const DoctorRow = z.object({
  code: FindingCode,
  severity: Severity,
  path: z.string(),
  pathB64: z
    .string()
    .regex(/^[A-Za-z0-9+/]*=*$/)
    .optional(),
  /** Layer of the entry that it is about. */
  layer: z.number().int(),
  evidence: Evidence,
  /** One sentence each. */
  cause: z.string(),
  cure: z.string(),
  /** The kernel's rule behind it: `file.c:function: what it does`. */
  rule: z.string(),
});
export type DoctorRow = z.infer<typeof DoctorRow>;

/** The last line of `doctor`. */
export const DoctorSummary = z.object({
  summary: z.object({
    errors: z.number().int(),
    warnings: z.number().int(),
    notes: z.number().int(),
    /** Objects looked at. */
    checked: z.number().int(),
  }),
});
export type DoctorSummary = z.infer<typeof DoctorSummary>;
