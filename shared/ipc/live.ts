import { z } from 'zod';
import { WatchEvent, WatchMeta } from '../contract/watch.ts';
import type { LifetimeKind } from '../live/lifetimes.ts';
import { RowId, ViewId } from './parts.ts';
import { BytesText, StackRef } from './probe.ts';
import type { CallSpec } from './rpc.ts';

/**
 * What happens in a stack, as it happens. `watch` is for the terminal. For a window: call `live` with a view that is
 * open and keep the call for as long as it is to be live; aborting it turns it off. The stack is read anew once, for
 * nothing may happen between its reading and the first record. From then on the view's rows are kept as a fresh reading
 * would have them: each item says which of them changed and carries the view's new version, with which `rows` is asked
 * as after every `view` event. A row keeps its id for as long as its name stands. Items come at most once a frame; the
 * first says `starting`.
 */

/** How the live view of a stack stands. */
export const LiveState = z.object({
  /** `unmounted` is the last: the call ends after it, and the view keeps its last picture. */
  phase: z.enum(['starting', 'watching', 'rescanning', 'unmounted']),
  /** How each layer is watched, and in plain words what that leaves out; -1 is the work directory. */
  watched: WatchMeta.shape.meta.shape.watched,
  /** How often records were lost, and how often the stack was read anew for it. */
  overflows: z.number().int(),
  rescans: z.number().int(),
  /** Why rows cannot follow at present, in one sentence without a full stop: the upper was taken away. Null: they do. */
  trouble: z.string().nullable(),
  /** Where the overlay is still mounted, after `unmounted`. */
  stillAt: z.array(BytesText),
});
export type LiveState = z.infer<typeof LiveState>;

/** Who, as events have it. */
const Who = WatchEvent.pick({
  pid: true,
  whyNoPid: true,
  command: true,
  commandLine: true,
  exe: true,
  exeB64: true,
  whyNoCommand: true,
  container: true,
});

/** A temporary file from its birth to its end, told anew with each change. Times are ns since the epoch. */
export const LiveLifetime = z.object({
  /** The same in every telling, as long as the call lasts. */
  key: z.number().int(),
  /** See LifetimeKind. */
  kind: z.enum(['copy-up', 'work', 'whiteouts', 'user', 'orphan'] satisfies LifetimeKind[]),
  name: BytesText,
  /** Of an orphan the path that it had, of a user's own the directory that it was made in; null: the work directory. */
  path: BytesText.nullable(),
  /** Null: it was there before the watch. */
  bornNs: z.string().nullable(),
  endedNs: z.string().nullable(),
  end: z.enum(['linked', 'died', 'unknown']).nullable(),
  linkedTo: BytesText.nullable(),
  bytes: z.string().nullable(),
  by: Who,
});
export type LiveLifetime = z.infer<typeof LiveLifetime>;

/** A row that changed and is shown: `gone` says where it stood, for it has no row any more. */
export const LiveRow = z.object({
  id: RowId,
  path: BytesText,
  change: z.enum(['new', 'changed', 'gone']),
});
export type LiveRow = z.infer<typeof LiveRow>;

/** Changes below a directory that is closed, all of them together. */
export const LiveBelow = z.object({
  id: RowId,
  news: z.number().int(),
  changed: z.number().int(),
  gone: z.number().int(),
});
export type LiveBelow = z.infer<typeof LiveBelow>;

/** What one frame brings. Lists are empty where nothing of their kind happened. */
export const LiveTold = z.object({
  /** Present where it changed. */
  state: LiveState.optional(),
  events: z.array(WatchEvent),
  lifetimes: z.array(LiveLifetime),
  rows: z.array(LiveRow),
  below: z.array(LiveBelow),
  /** Version of the view that has these rows. */
  version: z.number().int(),
  /** When the first of these records was read, of CLOCK_MONOTONIC on the probe's machine; null: there is none. */
  readMonotonicNs: z.string().nullable(),
});
export type LiveTold = z.infer<typeof LiveTold>;

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
  /**
   * Keeps a view live until it is cancelled, closed, or its mount has left its namespace. Fails with `busy` where it is
   * live already, and with `cannot-watch` where no layer can be watched.
   */
  live: {
    params: z.object({
      view: ViewId,
      /** Tell of temporary files too: costs an OPEN record for every file that is opened on these filesystems. */
      lifetimes: z.boolean().default(true),
    }),
    item: LiveTold,
    result: z.object({ unmounted: z.boolean() }),
  },
} satisfies Record<string, CallSpec>;
