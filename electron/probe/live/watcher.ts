/** The main thread's side of the thread that watches: one for all stacks, started with the first and kept. */
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import type { WatchItem } from '../../../shared/live/raw.ts';
import { readNamespaces } from '../discovery/namespaces.ts';
import { Reach } from '../discovery/reach.ts';
import { workerProgram } from '../programs.ts';
import { eventfd, wake } from '../syscalls/poll.ts';
import type { FromWatcher, ToWatcher, WatcherData, WatchParams } from './messages.ts';

type Context = {
  chunk(bytes: Uint8Array): void;
  drained(): Promise<void>;
  signal: AbortSignal;
};

type Listener = (message: FromWatcher) => void;

let thread: { port: MessagePort; wakeFd: number } | null = null;
const listeners = new Map<number, Listener>();
let nextWatch = 1;

function theThread(): { port: MessagePort; wakeFd: number } {
  if (thread) return thread;
  const wakeFd = eventfd();
  const { port1, port2 } = new MessageChannel();
  const data: WatcherData = { wakeFd, port: port2 };
  const worker = new Worker(workerProgram('./live/watch.worker.ts'), {
    workerData: data,
    transferList: [port2],
    execArgv: [],
  });
  worker.unref();
  port1.unref();
  worker.on('error', (error) => {
    thread = null;
    for (const [watch, listener] of listeners)
      listener({ kind: 'failed', watch, code: 'internal', message: error.message });
  });
  port1.on('message', (message: FromWatcher) => listeners.get(message.watch)?.(message));
  thread = { port: port1, wakeFd };
  return thread;
}

function tell(message: ToWatcher): void {
  const { port, wakeFd } = theThread();
  port.postMessage(message);
  wake(wakeFd);
}

const encoder = new TextEncoder();

/**
 * Watches a stack and streams what happens, until it is cancelled or its mount has left its namespace. Throws a
 * FailureError.
 */
export async function watchStack(
  params: WatchParams,
  { chunk, drained, signal }: Context,
): Promise<{ unmounted: boolean }> {
  const watch = nextWatch++;
  const { promise, resolve, reject } = Promise.withResolvers<{ unmounted: boolean }>();
  const send = (item: WatchItem): void => chunk(encoder.encode(JSON.stringify(item)));
  let unmounted = false;
  const stop = (): void => tell({ kind: 'stop', watch });
  listeners.set(watch, (message) => {
    switch (message.kind) {
      case 'chunk':
        chunk(message.chunk);
        void drained().then(() => tell({ kind: 'taken', watch }));
        break;
      case 'mounts':
        if (unmounted) break;
        unmounted = true;
        stop();
        break;
      case 'stopped':
        resolve({ unmounted });
        break;
      case 'failed':
        reject(new FailureError({ code: message.code, message: `it cannot be watched: ${message.message}` }));
        break;
    }
  });
  signal.addEventListener('abort', stop, { once: true });
  tell({ kind: 'start', watch, params });
  if (signal.aborted) stop();
  try {
    const ended = await promise;
    if (ended.unmounted && params.mount !== null)
      send({ kind: 'unmounted', stillAt: await mountsOf(params.mount.dev, signal) });
    return ended;
  } finally {
    signal.removeEventListener('abort', stop);
    listeners.delete(watch);
  }
}

/** Where a device is mounted, in any namespace in sight. */
async function mountsOf(dev: string, signal: AbortSignal) {
  const reach = new Reach(signal);
  try {
    const { views } = await readNamespaces(reach, signal);
    const places = views.flatMap(({ mounts }) => mounts.filter(({ mount }) => mount.dev === dev));
    return [...new Set(places.map(({ mount }) => mount.mountPoint))];
  } finally {
    await reach.end();
  }
}
