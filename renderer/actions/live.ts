import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { LiveTold } from '../../shared/ipc/live.ts';
import { failureOf } from '../../shared/ipc/rpc.ts';
import { EventLog } from '../live/log.ts';
import { isSameRef } from '../sources/which.ts';
import { useLayout } from '../state/layout.ts';
import { useLive } from '../state/live.ts';
import { type OpenStack, useSession } from '../state/session.ts';
import { useSettings } from '../state/settings.ts';
import { setSetting } from './settings.ts';
import { announceRows, revealPath } from './tree.ts';

let running: AbortController | null = null;
let counting: ReturnType<typeof setInterval> | undefined;

/** Watches whatever stack is open, as long as watching is wanted. To be called once. */
export function followLive(): void {
  let before: OpenStack | null = null;
  useSession.subscribe(({ stack }) => {
    if (stack === before) return;
    const isSame = stack !== null && before !== null && isSameRef(stack.ref, before.ref);
    before = stack;
    end();
    // What was told of a stack stays when it is read again.
    if (!isSame) useLive.setState({ log: new EventLog(), pausedAt: null });
    useLive.setState({ phase: 'off', state: null, failure: null });
    if (stack !== null && useSettings.getState().watch) void begin(stack);
  });
}

/** Watches the open stack, and those that are opened after it; or ends it, for them too. */
export function setWatching(watch: boolean): void {
  setSetting('watch', watch);
  const { stack } = useSession.getState();
  end();
  useLive.setState({ phase: 'off', failure: null, pausedAt: null });
  if (watch && stack !== null) void begin(stack);
}

/** Holds the lane as it stands, or lets it go on; what happens meanwhile is kept. */
export function setPaused(isPaused: boolean): void {
  useLive.setState(({ log }) => ({ pausedAt: isPaused ? log.next : null }));
}

/** Ends a watch that has not begun, for the reading that it waits for is not wanted. */
export function stopWaiting(): void {
  if (useLive.getState().phase !== 'starting') return;
  end();
  useLive.setState({ phase: 'off' });
}

function end(): void {
  running?.abort();
  running = null;
  clearInterval(counting);
  useLive.setState({ perSecond: 0 });
}

async function begin({ client, view }: OpenStack): Promise<void> {
  const controller = new AbortController();
  running = controller;
  const { signal } = controller;
  useLive.setState({ phase: 'starting', state: null, failure: null });
  let counted = useLive.getState().log.next;
  counting = setInterval(() => {
    const { log, perSecond } = useLive.getState();
    const now = log.next - counted;
    counted = log.next;
    if (now !== perSecond) useLive.setState({ perSecond: now });
  }, 1000);
  try {
    await client.call('live', { view }, { signal, onItem: (told) => !signal.aborted && take(told) });
    if (signal.aborted) return;
    end();
  } catch (error) {
    if (signal.aborted) return;
    end();
    const failure = failureOf(error);
    useLive.setState({ phase: 'failed', failure });
  }
}

function take(told: LiveTold): void {
  const { log, turn, phase, state } = useLive.getState();
  log.take(told.events);
  useLive.setState({ turn: turn + 1, phase: told.state?.phase ?? phase, state: told.state ?? state });
  announceRows(told.version);
}

/** Selects what an event was about in the tree; where it is gone, the directory that held it. */
export async function showPath(path: Bytes | null): Promise<void> {
  if (path === null) return;
  useLayout.setState({ main: 'tree' });
  for (let at = path; ; at = parentOf(at)) {
    if ((await revealPath(at)) || at === '') return;
  }
}

const parentOf = (path: Bytes): Bytes => path.slice(0, Math.max(0, path.lastIndexOf('/'))) as Bytes;
