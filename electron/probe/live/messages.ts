import type { z } from 'zod';
import type { probeContract } from '../../../shared/ipc/probe.ts';

export type WatchParams = z.output<(typeof probeContract)['calls']['watch']['params']>;

/** To the thread that watches; behind each message its descriptor of wake-ups is written to. */
export type ToWatcher =
  | { kind: 'start'; watch: number; params: WatchParams }
  | { kind: 'stop'; watch: number }
  /** One chunk of this watch has been taken from us. */
  | { kind: 'taken'; watch: number };

/** From it. A chunk is a WatchItem as JSON. */
export type FromWatcher =
  | { kind: 'chunk'; watch: number; chunk: Uint8Array<ArrayBuffer> }
  /** The mount that the watch follows may have gone: the mounts of its namespace have changed. */
  | { kind: 'mounts'; watch: number }
  | { kind: 'stopped'; watch: number }
  | { kind: 'failed'; watch: number; message: string; code: string };

export type WatcherData = { wakeFd: number; port: import('node:worker_threads').MessagePort };
