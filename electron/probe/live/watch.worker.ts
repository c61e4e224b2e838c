/**
 * The thread that watches. It waits in poll(2) for the kernel's queues and for the main thread, and never for anything
 * else: a record is read, and its process looked up, as soon as it is there.
 */
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { WatchItem } from '../../../shared/live/raw.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { Poll, PollSet, unwake } from '../syscalls/poll.ts';
import { Groups } from './groups.ts';
import type { FromWatcher, ToWatcher, WatcherData } from './messages.ts';
import { Watch } from './watch.ts';

const { wakeFd, port } = workerData as WatcherData;

/** So many chunks may be on their way; then the kernel keeps what comes, and says when it cannot. */
const AHEAD = 64;

const groups = new Groups();
const watches = new Map<number, Watch>();
const ahead = new Map<number, number>();
const encoder = new TextEncoder();
const post = (message: FromWatcher, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

function send(watch: number, item: WatchItem): void {
  const chunk = encoder.encode(JSON.stringify(item));
  ahead.set(watch, (ahead.get(watch) ?? 0) + 1);
  post({ kind: 'chunk', watch, chunk }, [chunk.buffer]);
}

function obey(message: ToWatcher): void {
  const id = message.watch;
  switch (message.kind) {
    case 'start': {
      const watch = new Watch(id, message.params, groups, (item) => send(id, item));
      watches.set(id, watch);
      try {
        watch.start();
      } catch (error) {
        if (!(error instanceof SyscallError)) throw error;
        end(id);
        post({ kind: 'failed', watch: id, code: error.code, message: error.message });
      }
      break;
    }
    case 'stop':
      end(id);
      post({ kind: 'stopped', watch: id });
      break;
    case 'taken':
      if (ahead.has(id)) ahead.set(id, (ahead.get(id) ?? 0) - 1);
      break;
  }
}

function end(id: number): void {
  watches.get(id)?.end();
  watches.delete(id);
  ahead.delete(id);
}

/** Milliseconds until somebody has to look without being told; −1 where nobody has. */
function nextLook(): number {
  let wait = Number.POSITIVE_INFINITY;
  for (const watch of watches.values()) {
    wait = Math.min(wait, watch.follower?.wait ?? wait);
    for (const part of watch.parts.keys())
      if (part.unnamed.nextLook !== null) wait = Math.min(wait, part.unnamed.nextLook - performance.now());
  }
  return Number.isFinite(wait) ? Math.max(0, Math.ceil(wait)) : -1;
}

function turn(): void {
  const isAhead = [...ahead.values()].some((count) => count >= AHEAD);
  const queues = isAhead ? [] : [...groups.all];
  const followed = [...watches.values()].filter(({ follower }) => follower !== null && follower.fd !== null);
  const set = new PollSet([
    { fd: wakeFd, events: Poll.in },
    ...queues.map(({ fd }) => ({ fd, events: Poll.in })),
    ...followed.map(({ follower }) => ({ fd: follower?.fd ?? -1, events: follower?.events ?? 0 })),
  ]);
  set.wait(nextLook());
  for (const [i, group] of queues.entries()) {
    if (set.ready(1 + i) === 0) continue;
    let taken = group.take();
    let { overflow } = taken;
    // The other half of a rename may not be there yet, but is about to be.
    while (taken.again) {
      taken = group.take();
      overflow ||= taken.overflow;
    }
    for (const watch of watches.values())
      for (const [part, { group: own }] of watch.parts) {
        if (own !== group) continue;
        watch.flush(part);
        if (overflow) watch.overflowed(part);
      }
  }
  for (const watch of watches.values()) {
    const at = followed.indexOf(watch);
    if (watch.follower?.hasGone(at >= 0 && set.ready(1 + queues.length + at) !== 0))
      post({ kind: 'mounts', watch: watch.id });
    for (const part of watch.parts.keys())
      if (part.unnamed.nextLook !== null && part.unnamed.nextLook <= performance.now()) watch.lookAtOrphans(part);
  }
  if (set.ready(0) === 0) return;
  unwake(wakeFd);
  for (let got = receiveMessageOnPort(port); got; got = receiveMessageOnPort(port)) obey(got.message as ToWatcher);
}

for (;;) turn();
