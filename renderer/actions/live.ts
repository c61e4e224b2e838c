import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { LiveTold } from '../../shared/ipc/live.ts';
import { failureOf } from '../../shared/ipc/rpc.ts';
import { Past } from '../live/past.ts';
import { isSameRef } from '../sources/which.ts';
import { clearFlashes, noteFlashes } from '../state/flashes.ts';
import { useLayout } from '../state/layout.ts';
import { NO_TEMPORARY, useLive } from '../state/live.ts';
import { useRows } from '../state/rows.ts';
import { type OpenStack, useSession } from '../state/session.ts';
import { useSettings } from '../state/settings.ts';
import { setSetting } from './settings.ts';
import { announceRows, holdRows, revealPath } from './tree.ts';

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
    clearFlashes();
    // What was told of a stack stays when it is read again.
    if (!isSame) useLive.setState({ past: new Past(), temporary: NO_TEMPORARY, pausedAt: null, endedAt: null });
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
  useLive.setState(({ past }) => ({ pausedAt: isPaused ? { number: past.log.next, ms: past.lanes.now() } : null }));
}

/** Ends a watch that has not begun, for the reading that it waits for is not wanted. */
export function stopWaiting(): void {
  if (useLive.getState().phase !== 'starting') return;
  end();
  useLive.setState({ phase: 'off' });
}

/** Nothing more comes of the watch that was. */
function end(): void {
  if (running === null) return;
  running.abort();
  running = null;
  clearInterval(counting);
  const { past } = useLive.getState();
  const endedAt = past.lanes.now();
  past.lanes.lost(endedAt);
  useLive.setState(({ turn }) => ({ perSecond: 0, temporary: NO_TEMPORARY, endedAt, turn: turn + 1 }));
}

async function begin({ client, view }: OpenStack): Promise<void> {
  const controller = new AbortController();
  running = controller;
  const { signal } = controller;
  useLive.setState({ phase: 'starting', state: null, failure: null, endedAt: null });
  let counted = useLive.getState().past.log.next;
  counting = setInterval(() => {
    const { past } = useLive.getState();
    useLive.setState({ perSecond: past.log.next - counted });
    counted = past.log.next;
    noteTemporary();
  }, 1000);
  try {
    await client.call('live', { view }, { signal, onItem: (told) => !signal.aborted && take(told) });
    if (!signal.aborted) end();
  } catch (error) {
    if (signal.aborted) return;
    end();
    useLive.setState({ phase: 'failed', failure: failureOf(error) });
  }
}

/** Counting those that live takes a look at each: no more often than a person reads. */
const COUNT_MS = 200;
let countedAt = 0;

function noteTemporary(): void {
  countedAt = performance.now();
  const { past, temporary } = useLive.getState();
  const { count: held, bytes } = past.lanes.held();
  const born = past.lanes.bornOfLate();
  if (held !== temporary.held || bytes !== temporary.bytes || born !== temporary.born)
    useLive.setState({ temporary: { held, bytes, born } });
}

function take(told: LiveTold): void {
  const { past, turn, phase, state } = useLive.getState();
  past.take(told);
  useLive.setState({ turn: turn + 1, phase: told.state?.phase ?? phase, state: told.state ?? state });
  if (told.lifetimes.length > 0 && performance.now() - countedAt > COUNT_MS) noteTemporary();
  noteFlashes(told.rows, told.below);
  if (isGoingAlone(told)) holdRows(told.version);
  else announceRows(told.version);
}

const lessMotion = window.matchMedia('(prefers-reduced-motion: reduce)');

/** All that happened to rows in sight is that some go: they are seen to go before they do. */
function isGoingAlone({ rows }: LiveTold): boolean {
  if (lessMotion.matches || rows.length === 0 || rows.some(({ change }) => change !== 'gone')) return false;
  const shown = new Set(useRows.getState().window.rows.map(({ id }) => id));
  return rows.some(({ id }) => shown.has(id));
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
