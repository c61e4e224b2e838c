import { z } from 'zod';
import { Decimal, ScanMeta, Unknown } from './scan.ts';

/** The shapes of `watch`. */

const Base64 = z.string().regex(/^[A-Za-z0-9+/]*=*$/);

export const WatchEventName = z.enum([
  'created',
  'copied-up',
  'modified',
  'metadata',
  'renamed',
  'whiteout',
  'revealed',
  'removed',
  'opaque',
  'linked',
  'temp-born',
  'temp-written',
  'temp-linked',
  'temp-died',
  'orphan',
  'layer-changed',
  'overflow',
  'rescanned',
]);
export type WatchEventName = z.infer<typeof WatchEventName>;

/** One event. What is not there does not apply. */
export const WatchEvent = z.object({
  /** When its record was read: ISO 8601, UTC, microseconds. */
  time: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
  seq: z.number().int(),
  event: WatchEventName,
  /** Null: a temporary file without a name, or no path in particular. Of layer-changed: in that layer. */
  path: z.string().nullable(),
  pathB64: Base64.optional(),
  from: z.string().optional(),
  fromB64: Base64.optional(),
  layer: z.number().int(),
  temp: z.string().optional(),
  tempB64: Base64.optional(),
  pid: z.number().int().nullable(),
  whyNoPid: z.string().optional(),
  /** The process's short name. */
  command: z.union([z.string(), Unknown]),
  commandLine: z.string().optional(),
  exe: z.union([z.string(), Unknown]),
  exeB64: Base64.optional(),
  /** Why there is a pid and nothing else. */
  whyNoCommand: z.string().optional(),
  /** Id of the container that the process's control group names. */
  container: z.string().optional(),
  bytes: z.union([Decimal, Unknown]).optional(),
  /** Of copied-up: with its data, without (a metacopy), or the data alone after that. */
  copied: z.enum(['data', 'metadata', 'later-data']).optional(),
  /** It rests on a lower or a mark that could not be read. */
  assumed: z.literal(true).optional(),
  merged: z.literal(true).optional(),
  /** Of overflow: how many there were so far, and the layers of which records are lost. */
  overflows: z.number().int().optional(),
  layers: z.array(z.number().int()).optional(),
  /** From reading the record to writing this line. */
  latencyUs: z.number().int().optional(),
});
export type WatchEvent = z.infer<typeof WatchEvent>;

/** The last line, where the mount has left its namespace. */
export const WatchEnd = z.object({ event: z.literal('unmounted'), stillAt: z.array(z.string()) });
export type WatchEnd = z.infer<typeof WatchEnd>;

/** The first line: the stack, and how its layers are watched. */
export const WatchMeta = z.object({
  meta: ScanMeta.shape.meta.extend({
    watched: z.array(
      z.object({
        /** -1 is the work directory. */
        layer: z.number().int(),
        by: z.enum(['filesystem', 'directories', 'inotify', 'none']),
        why: z.string(),
        directories: z.number().int(),
      }),
    ),
  }),
});
export type WatchMeta = z.infer<typeof WatchMeta>;
