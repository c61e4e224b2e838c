import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { statusOf } from '../../shared/explain/index.ts';
import type { Row, Status } from '../../shared/ipc/engine.ts';
import type { RowTree } from './rows.ts';
import type { StackScan } from './scan.ts';

export type Match = { id: number; path: Bytes; type: Row['type']; status: Status; layer?: number };

const lower = (bytes: string): string => bytes.toLowerCase();

/**
 * Objects whose path matches a text, best first: whole path, name, beginning of the name, part of the name, part of the
 * path, letters in order. The shorter path first among equals. Hidden objects too, where they are shown.
 */
export function jumpMatches(scan: StackScan, rows: RowTree, text: Bytes, limit: number): Match[] {
  const wanted = lower(text.replace(/^\/+/, ''));
  const { objects, entries } = scan;
  const ranked: { id: number; rank: number; path: string }[] = [];
  // Paths are made on the way down: each adds its own name to its parent's.
  const todo: { id: number; path: string }[] = [{ id: 0, path: '' }];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    const { id, path } = at;
    const rank = rankOf(path, wanted);
    if (rank !== null) ranked.push({ id, rank, path });
    const below = path === '' ? '' : `${path}/`;
    if (!rows.tree.has(id))
      for (const child of objects.children(id)) todo.push({ id: child, path: below + objects.name(child) });
    if (rows.hidden)
      for (const child of rows.tree.children(id)) todo.push({ id: child, path: below + rows.tree.name(child) });
  }
  ranked.sort((a, b) => a.rank - b.rank || a.path.length - b.path.length || (a.path < b.path ? -1 : 1));
  return ranked.slice(0, limit).map(({ id, path }) => {
    const object = rows.describer.object(id);
    const top = rows.describer.shown(id);
    const layer = top < 0 ? {} : { layer: entries.layer(top) };
    return { id, path: asBytes(path), type: object.type, status: statusOf(object), ...layer };
  });
}

/** How well a path fits, 0 best; null where it does not. */
function rankOf(path: string, wanted: string): number | null {
  const low = lower(path);
  if (low === wanted) return 0;
  if (!inOrder(low, wanted)) return null;
  const nameAt = low.lastIndexOf('/') + 1;
  const inName = wanted.includes('/') ? -1 : low.indexOf(wanted, nameAt);
  if (inName >= 0) return low.length - nameAt === wanted.length ? 1 : inName === nameAt ? 2 : 3;
  return low.includes(wanted) ? 4 : 5;
}

function inOrder(path: string, letters: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = path.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

/** The next object in tree order whose name holds the text, from `after` on, round the end; how many there are. */
export function findName(
  rows: RowTree,
  text: Bytes,
  after: number | null,
  backwards: boolean,
): { id: number; path: Bytes; wrapped: boolean; matches: number } | null {
  const wanted = lower(text);
  const order: number[] = [];
  let place = -1;
  const todo = [0];
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    if (id === after) place = order.length;
    if (lower(rows.tree.name(id)).includes(wanted)) order.push(id);
    const children = rows.children(id);
    for (let i = children.length - 1; i >= 0; i--) todo.push(children[i] as number);
  }
  if (order.length === 0) return null;
  let index: number;
  if (after === null || place < 0) index = backwards ? order.length - 1 : 0;
  else if (backwards) index = place - 1;
  else index = order[place] === after ? place + 1 : place;
  const wrapped = index < 0 || index >= order.length;
  const id = order[(index + order.length) % order.length] as number;
  return { id, path: rows.tree.path(id), wrapped, matches: order.length };
}
