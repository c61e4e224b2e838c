import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { ViewState } from '../../shared/ipc/engine.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import { isSameRef, toldApart } from '../sources/which.ts';
import { type Turn, useExpanded } from '../state/expanded.ts';
import { isFollowing, useLive } from '../state/live.ts';
import { clearSelection, useSelection } from '../state/selection.ts';
import { addNotice, type EngineClient, useSession } from '../state/session.ts';
import { useSettings } from '../state/settings.ts';
import { stopWaiting } from './live.ts';
import { announceLater, announceRows, feedRows, releaseRows, revealPath, stopRows } from './tree.ts';

/** Asks again what can be opened: live mounts, saved stacks, recent ones. */
export async function refreshSources(): Promise<void> {
  const { client } = useSession.getState();
  if (!client) return;
  const live: ReturnType<typeof useSession.getState>['sources']['live'] = [];
  const show = (state: 'reading' | 'ready' | 'failed', namespaces: number, closed: number): void =>
    useSession.setState({ sources: { state, live: toldApart(live), namespaces, closed } });
  void refreshSaved();
  try {
    const { namespaces, closed } = await client.call('list', {}, { onItem: (item) => live.push(item) });
    show('ready', namespaces, closed);
  } catch (error) {
    const failure = failureOf(error);
    if (failure.code === 'closed') return;
    addNotice(`Mounts can’t be listed: ${failure.message}`, 'error');
    show('failed', 0, 0);
  }
}

export async function refreshSaved(): Promise<void> {
  const { client } = useSession.getState();
  if (client) useSession.setState(await client.call('saved', {}).catch(() => ({ saved: [], recent: [] })));
}

/** What is opened again in a stack: the directories that were turned, and what was selected. */
export type Again = { turns: readonly Turn[]; selected: Bytes | null };

/** What of the open view is still to be selected, while it is being restored. */
let restoring: { view: number; client: EngineClient; selected: Bytes | null } | null = null;

/**
 * Opens what was chosen in a line of Sources. While it is being opened already, that goes on; where it is open already,
 * it is read again and stands as it stood: nothing that was opened up in it is lost.
 */
export async function openSource(ref: StackRef, from: string): Promise<void> {
  const { client, opening, stack } = useSession.getState();
  if (isSameRef(opening, ref)) return useSession.setState({ openingFrom: from });
  const isOpen = !opening && stack !== null && stack.client === client && isSameRef(stack.ref, ref);
  return openStack(ref, isOpen ? { ...asItStands(), keep: true } : undefined, from);
}

/**
 * Opens a stack. `again` restores its tree; `keep` leaves the rows of before on show until it is restored. `from`: line
 * of Sources that it was chosen from; where none is said, that of the same stack as is open.
 */
export async function openStack(ref: StackRef, again?: Again & { keep: boolean }, from?: string | null): Promise<void> {
  const { client, stack, openFrom } = useSession.getState();
  if (!client) return;
  const { hidden, sort } = useSettings.getState();
  const source = from === undefined && isSameRef(stack?.ref ?? null, ref) ? openFrom : (from ?? null);
  useSession.setState({ opening: ref, openingFrom: source, openFailure: null });
  try {
    const { view, facts, meta } = await client.call('open', { stack: ref, hidden });
    if (useSession.getState().opening !== ref) {
      void client.call('close', { view });
      return;
    }
    if (stack && stack.client === client) void client.call('close', { view: stack.view }).catch(() => {});
    const keep = again?.keep ?? false;
    // What is selected stays by its path; its number is another one in this view.
    if (keep) useSelection.setState({ id: null });
    else clearSelection();
    useExpanded.setState({ turns: again?.turns ?? [] });
    restoring = again ? { view, client, selected: again.selected } : null;
    const { openingFrom } = useSession.getState();
    useSession.setState({
      opening: null,
      openingFrom: null,
      openFrom: openingFrom,
      stack: { client, view, ref, facts, meta },
      viewState: null,
    });
    feedRows(client, view, { keep, held: keep });
    if (sort.column !== 'name' || sort.descending) await client.call('sort', { view, ...sort });
    takeViewState(await client.call('state', { view }));
    if (again) await restore(client, view, again);
  } catch (error) {
    const failure = failureOf(error);
    if (useSession.getState().opening === ref)
      useSession.setState({
        opening: null,
        openingFrom: null,
        openFailure: failure.code === 'closed' ? null : { ref, failure },
      });
    else if (failure.code !== 'closed') addNotice(failure.message, 'error');
  } finally {
    releaseRows();
  }
}

const AGAIN_MS = 120;

const isReading = (): boolean => {
  const phase = useSession.getState().viewState?.phase;
  return phase === 'reading' || phase === 'merging';
};

/** Opens the same directories again. One that has not been read yet is tried again until the reading is over. */
async function restore(client: EngineClient, view: number, { turns, selected }: Again): Promise<void> {
  const isOpen = (): boolean => {
    const { stack } = useSession.getState();
    return stack?.view === view && stack.client === client;
  };
  let waiting = [...turns];
  for (let last = false; isOpen(); ) {
    const later: Turn[] = [];
    for (const [at, turn] of waiting.entries()) {
      // "All beneath" means all that there is: it waits for the end, and what was turned after it waits too.
      if (turn.deep && isReading()) {
        later.push(...waiting.slice(at));
        break;
      }
      const found = await client.call('locate', { view, path: turn.path });
      if (found) await client.call('expand', { view, id: found.id, open: turn.open, deep: turn.deep });
      else later.push(turn);
    }
    waiting = later;
    if (last) break;
    last = !isReading();
    if (!last) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
  if (!isOpen()) return;
  takeViewState(await client.call('state', { view }));
  releaseRows();
  // What the person has selected meanwhile, or selects while it is looked for, comes first.
  const wanted = useSelection.getState().path ?? selected;
  const isStill = (): boolean => [null, wanted].includes(useSelection.getState().path);
  if (wanted !== null && !(await revealPath(wanted, isStill)) && isStill()) clearSelection();
  if (restoring?.view === view && restoring.client === client) restoring = null;
}

/** Takes what the engine says of a view, if it is the open one and not older than what is known. */
export function takeViewState(state: ViewState): void {
  const { stack, viewState } = useSession.getState();
  if (stack?.view !== state.view) return;
  if (viewState && viewState.view === state.view && viewState.version > state.version) return;
  useSession.setState({ viewState: state });
  if (isFollowing(useLive.getState().phase)) announceLater(state.version, state.rows);
  else announceRows(state.version, state.rows);
}

export function closeStack(): void {
  const { client, stack } = useSession.getState();
  if (client && stack) void client.call('close', { view: stack.view }).catch(() => {});
  stopRows();
  clearSelection();
  useSession.setState({ stack: null, viewState: null, openFailure: null });
}

/**
 * Reads the open stack again: opened anew, for its layers may have changed too, with the rows of before on show until
 * it stands where it stood. Where nothing is open, lists the mounts again.
 */
export async function scanAgain(): Promise<void> {
  const { stack, opening, openFailure } = useSession.getState();
  if (opening) return;
  if (openFailure) return openStack(openFailure.ref);
  void refreshSources();
  if (stack) await openStack(stack.ref, { ...asItStands(), keep: true });
}

/** Stops reading; what was read stays. A watch that waits for this reading ends with it. */
export function cancelReading(): void {
  const { client, stack } = useSession.getState();
  stopWaiting();
  if (client && stack) void client.call('cancel', { view: stack.view }).catch(() => {});
}

/** Starts the probe anew with privilege, then reads everything again with it. Answers why not, or null. */
export async function readWithPrivilege(): Promise<Failure | null> {
  const { client, stack, raising } = useSession.getState();
  if (!client || raising) return null;
  useSession.setState({ raising: true });
  try {
    useSession.setState({ hello: await client.call('readWithPrivilege', {}) });
    void refreshSources();
    if (stack) void openStack(stack.ref, { ...asItStands(), keep: true });
    return null;
  } catch (error) {
    return failureOf(error);
  } finally {
    useSession.setState({ raising: false });
  }
}

/** What would have to be opened again to stand where we stand. */
export function asItStands(): Again {
  const { stack } = useSession.getState();
  const isPending = restoring !== null && restoring.view === stack?.view && restoring.client === stack.client;
  const pending = isPending ? (restoring?.selected ?? null) : null;
  return { turns: useExpanded.getState().turns, selected: useSelection.getState().path ?? pending };
}
