import { type Bytes, bytesOfText } from '../../shared/bytes/bytes.ts';
import type { ColumnId } from '../../shared/ipc/engine.ts';
import { failureOf } from '../../shared/ipc/rpc.ts';
import { noteTurn } from '../state/expanded.ts';
import { FLASH_MS } from '../state/flashes.ts';
import { useRows } from '../state/rows.ts';
import { useSelection } from '../state/selection.ts';
import { addNotice, type EngineClient, useSession } from '../state/session.ts';
import { useSettings } from '../state/settings.ts';
import { RowFeed } from '../tree/feed.ts';
import { chainOf, EMPTY_WINDOW, indexOfPath, pathAt, rowAt } from '../tree/window.ts';
import { setSetting } from './settings.ts';

/** What the painted list does for the actions. */
export type ListHandle = {
  /**
   * Brings the row into sight, below its sticky ancestors: by as little as needed, far away in the middle. Where the
   * index is one of a version that is still to come, once it has come.
   */
  reveal(index: number, depth: number, version?: number): void;
  /** The row that must not move when others come above it: under the pointer, selected, or topmost in sight. */
  anchor(): number | null;
  /** Before another order: where the selected row is not in sight, the list goes to its top. */
  prepareOrder(): void;
  focus(): void;
};

let list: ListHandle | null = null;
let feed: RowFeed | null = null;

export const setList = (handle: ListHandle | null): void => {
  list = handle;
};
/** A dialog or the jump box is over the window, and has the keyboard. */
export const isBoxOpen = (): boolean => document.querySelector('[role="dialog"]') !== null;
/** Gives the keyboard to the tree, but never takes it from a box: what ends late may find one. */
export const focusTree = (): void => {
  if (!isBoxOpen()) list?.focus();
};

/** The open view with its engine; null where nothing is open. */
function here(): { client: EngineClient; view: number } | null {
  const { stack, client, link } = useSession.getState();
  // After an engine has died, the open stack is still the dead one's until it is opened again.
  return stack && stack.client === client && link === 'up' ? stack : null;
}

const sayFailure = (error: unknown): void => {
  const { code, message } = failureOf(error);
  if (code !== 'closed' && code !== 'cancelled') addNotice(message, 'error');
};

/**
 * Begins to feed the list from a view. `held`: what is shown stays until `releaseRows`; else it is cleared, unless the
 * same stack was shown before (`keep`).
 */
export function feedRows(client: EngineClient, view: number, options: { keep: boolean; held: boolean }): void {
  stopRows();
  if (!options.keep) useRows.setState({ window: EMPTY_WINDOW });
  feed = new RowFeed(
    {
      rows: (from, count) => client.call('rows', { view, from, count }),
      locate: (path) => client.call('locate', { view, path }),
      window: () => useRows.getState().window,
      anchor: () => {
        const index = list?.anchor() ?? null;
        const path = index === null ? null : pathAt(useRows.getState().window, index);
        return index === null || path === null ? null : { index, path };
      },
      put: (window, shift) => {
        const { shift: last } = useRows.getState();
        useRows.setState({ window, shift: shift === 0 ? last : { rows: shift, turn: last.turn + 1 } });
        followSelection();
      },
      failed: sayFailure,
    },
    { version: 0, total: 0, held: options.held },
  );
}

/** What is held back goes with the view that it is of. */
export function stopRows(): void {
  clearTimeout(holding);
  holding = undefined;
  feed?.stop();
  feed = null;
}

export const releaseRows = (): void => feed?.release();
export const wantRows = (first: number, last: number): void => feed?.want(first, last);
export function announceRows(version: number, total?: number): void {
  clearTimeout(holding);
  holding = undefined;
  feed?.announce(version, total);
}

let holding: ReturnType<typeof setTimeout> | undefined;
/** The newest version that came while rows were held. */
let waiting: { version: number; total?: number } = { version: -1 };

/** Announces a version whose only news is that rows go, once they were seen to: a newer one with other news comes first. */
export function holdRows(version: number): void {
  if (holding === undefined || version > waiting.version) waiting = { version };
  holding ??= setTimeout(() => announceRows(waiting.version, waiting.total), FLASH_MS);
}

/** A version that the engine tells of beside what happens, which is about to be told: it can wait a moment for that. */
export function announceLater(version: number, total: number): void {
  const of = feed;
  setTimeout(() => {
    // Another view's versions are no news of this one.
    if (feed !== of) return;
    if (holding === undefined) feed?.announce(version, total);
    else if (version >= waiting.version) waiting = { version, total };
  }, TOLD_MS);
}
const TOLD_MS = 50;

/** After a new window: the selected path's row, or the path of a row that was chosen before it was at hand. */
function followSelection(): void {
  const { window } = useRows.getState();
  const { path, index } = useSelection.getState();
  if (path !== null) {
    const found = indexOfPath(window, path);
    const row = found === null ? undefined : rowAt(window, found);
    if (row) useSelection.setState({ id: row.id, index: found, row });
    else useSelection.setState({ index: null });
  } else if (index !== null) {
    const row = rowAt(window, index);
    if (row) useSelection.setState({ id: row.id, path: pathAt(window, index), row });
  }
}

/** Selects the row at an index, and brings it into sight. */
export function selectIndex(index: number, options: { reveal: boolean } = { reveal: true }): void {
  const { window } = useRows.getState();
  const row = rowAt(window, index);
  // Rows that are held on show from the view before have numbers of that view.
  const id = row && !feed?.isHeld ? row.id : null;
  useSelection.setState(
    row ? { id, path: pathAt(window, index), index, row } : { id: null, path: null, index, row: null },
  );
  if (options.reveal) list?.reveal(index, row?.depth ?? 0);
}

/** Index of the selected row, asked of the engine where it is out of sight; null where nothing is selected. */
export async function selectedIndex(): Promise<number | null> {
  const { index, path } = useSelection.getState();
  const at = here();
  if (index !== null || path === null || at === null) return index;
  const found = await at.client.call('locate', { view: at.view, path });
  if (found) useSelection.setState({ id: found.id, index: found.index });
  return found?.index ?? null;
}

/**
 * Opens the way to a path, selects it and brings it into sight, if it still `isWanted` once it is found. False where
 * there is no such object.
 */
export async function revealPath(path: Bytes, isWanted: () => boolean = () => true): Promise<boolean> {
  const at = here();
  if (at === null) return false;
  const found = await at.client.call('locate', { view: at.view, path });
  if (found === null) return false;
  if (!isWanted()) return true;
  noteTurn({ path: path.slice(0, Math.max(0, path.lastIndexOf('/'))) as Bytes, open: true, deep: false });
  announceRows(found.version, found.total);
  useSelection.setState({ id: found.id, path, index: found.index, row: null });
  list?.reveal(found.index, path === '' ? 0 : path.split('/').length, found.version);
  followSelection();
  return true;
}

/** Opens or shuts the directory at an index. A selection that this would hide goes to the directory. */
export async function turn(index: number, open: boolean, deep = false): Promise<void> {
  const at = here();
  const { window } = useRows.getState();
  const row = rowAt(window, index);
  const path = pathAt(window, index);
  if (!at || !row || path === null || row.expanded === null || feed?.isHeld) return;
  const { path: selected } = useSelection.getState();
  if (!open && selected !== null && selected !== path && (path === '' || selected.startsWith(`${path}/`)))
    selectIndex(index, { reveal: false });
  noteTurn({ path, open, deep });
  try {
    const { version, total } = await at.client.call('expand', { view: at.view, id: row.id, open, deep });
    announceRows(version, total);
  } catch (error) {
    sayFailure(error);
  }
}

/** Opens or shuts everything, wherever the list is scrolled to. The root itself stays open. */
export async function turnAll(open: boolean): Promise<void> {
  await change(async (client, view) => {
    const { rows } = await client.call('rows', { view, from: 0, count: 1 });
    const [root] = rows;
    if (!root) return client.call('state', { view }).then(({ version, rows: total }) => ({ version, total }));
    noteTurn({ path: '' as Bytes, open, deep: true });
    const all = await client.call('expand', { view, id: root.id, open, deep: true });
    return open ? all : client.call('expand', { view, id: root.id, open: true });
  });
}

/** Opens everything beneath the selected directory. */
export async function openBelow(): Promise<void> {
  await selectedIndex();
  const { id, path } = useSelection.getState();
  if (id === null || path === null) return;
  noteTurn({ path, open: true, deep: true });
  await change((client, view) => client.call('expand', { view, id, open: true, deep: true }));
}

/** Rows beyond this are not looked at for siblings. */
const LEVEL_ROWS = 2000;

/** Opens every directory beside the one at this index. */
export async function expandLevel(index: number): Promise<void> {
  const at = here();
  const { window } = useRows.getState();
  const row = rowAt(window, index);
  const parent = chainOf(window, index)?.at(-1);
  if (!at || !row || feed?.isHeld) return;
  try {
    const from = parent ? parent.index + 1 : index;
    const { rows } = await at.client.call('rows', { view: at.view, from, count: LEVEL_ROWS });
    const end = rows.findIndex((one) => one.depth < row.depth);
    const siblings = (end < 0 ? rows : rows.slice(0, end)).filter((one) => one.depth === row.depth);
    const parentPath = parent ? (pathAt(window, parent.index) ?? ('' as Bytes)) : ('' as Bytes);
    for (const one of siblings.filter((sibling) => sibling.expanded === false)) {
      noteTurn({
        path: (parentPath === '' ? one.name : `${parentPath}/${one.name}`) as Bytes,
        open: true,
        deep: false,
      });
      const { version, total } = await at.client.call('expand', { view: at.view, id: one.id, open: true });
      announceRows(version, total);
    }
  } catch (error) {
    sayFailure(error);
  }
}

/** Goes to the next row whose name begins with the text. */
export async function typeAhead(text: string, after: number): Promise<void> {
  const at = here();
  if (at === null) return;
  const { index } = await at.client.call('typeAhead', { view: at.view, prefix: bytesOfText(text), after });
  if (index !== null) selectIndex(index);
}

/** Columns whose first order is from the greatest down: that is what they are looked at for. */
const LARGEST_FIRST: ReadonlySet<ColumnId> = new Set(['size', 'since']);

/** Orders by a column; the same column again turns the order round. */
export function sortBy(column: ColumnId): void {
  const now = useSettings.getState().sort;
  const descending = now.column === column ? !now.descending : LARGEST_FIRST.has(column);
  list?.prepareOrder();
  setSetting('sort', { column, descending });
  void change((client, view) => client.call('sort', { view, column, descending }));
}

export function showHidden(hidden: boolean): void {
  setSetting('hidden', hidden);
  void change((client, view) => client.call('showHidden', { view, hidden }));
}

async function change(
  call: (client: EngineClient, view: number) => Promise<{ version: number; total: number }>,
): Promise<void> {
  const at = here();
  if (at === null) return;
  try {
    const { version, total } = await call(at.client, at.view);
    announceRows(version, total);
  } catch (error) {
    sayFailure(error);
  }
}
