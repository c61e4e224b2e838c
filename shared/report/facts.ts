import { z } from 'zod';
import { ScanObject } from '../contract/scan.ts';
import { BytesText, Hex } from '../ipc/probe.ts';

/** What a report and its script rest on beside the object itself. */

/** What a scan's object does not tell of its entries, in their order. */
export const EntryAttributes = z.object({
  layer: z.number().int(),
  path: BytesText,
  /** st_mode. */
  mode: z.number().int(),
  uid: z.number().int(),
  gid: z.number().int(),
  mtimeNs: z.string(),
  /** Birth of the inode; null where the filesystem tells none. */
  btimeNs: z.string().nullable(),
  /** Allocated blocks of 512 bytes. */
  blocks: z.string(),
  /** Of a device, `major:minor`; else 0:0. */
  rdev: z.string(),
  /** Of a symlink, where it was read. */
  target: BytesText.nullable(),
  /** Every overlay attribute of either prefix by its whole name; a value that was refused is left out. */
  xattrs: z.array(z.object({ name: z.string(), value: Hex })),
});
export type EntryAttributes = z.infer<typeof EntryAttributes>;

/** An object with all that its layers hold of it. */
export const ReportObject = z.object({ object: ScanObject, attributes: z.array(EntryAttributes) });
export type ReportObject = z.infer<typeof ReportObject>;

export const ReportFacts = z.object({
  /** The line of mountinfo as it was read; null for directories. */
  line: BytesText.nullable(),
  it: ReportObject,
  /** The directories above, the root first. */
  above: z.array(ReportObject),
  /** Other objects that a finding of this one rests on: the other names of a hard link, who shares its lower object. */
  beside: z.array(ReportObject),
  /** By layer number, the handles that its filesystem gives: none, plain 32-bit ones, or wider ones. */
  handles: z.array(z.object({ layer: z.number().int(), kind: z.enum(['none', '32-bit', 'wide']) })),
});
export type ReportFacts = z.infer<typeof ReportFacts>;
