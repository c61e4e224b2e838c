import type { Bytes } from '../../shared/bytes/bytes.ts';
import { statusOf } from '../../shared/explain/index.ts';
import type { Row, Status } from '../../shared/ipc/engine.ts';
import type { RowTree } from './rows.ts';
import type { StackScan } from './scan.ts';

export type Match = { id: number; path: Bytes; type: Row['type']; status: Status };

const lower = (bytes: string): string => bytes.toLowerCase();

/**
 * Objects whose path matches a text, best first: whole path, name, beginning of the name, part of the name, part of the
 * path, letters in order. The shorter path first among equals.
 */
export function jumpMatches(scan: StackScan, rows: RowTree, text: Bytes, limit: number): Match[] {
  const wanted = lower(text.replace(/^\/+/, ''));
  const { objects } = scan;
  const ranked: { id: number; rank: number; path: Bytes }[] = [];
  for (let id = 0; id < objects.count; id++) {
    const name = lower(objects.name(id));
    const inName = wanted.includes('/') ? -1 : name.indexOf(wanted);
    if (inName >= 0 && wanted !== '') {
      ranked.push({ id, rank: name === wanted ? 1 : inName === 0 ? 2 : 3, path: objects.path(id) });
      continue;
    }
    // A path holds all of its name's letters: most objects are dismissed without building theirs.
    const path = objects.path(id);
    const at = lower(path).indexOf(wanted);
    if (at >= 0) ranked.push({ id, rank: path.length === wanted.length ? 0 : 4, path });
    else if (inOrder(lower(path), wanted)) ranked.push({ id, rank: 5, path });
  }
  ranked.sort((a, b) => a.rank - b.rank || a.path.length - b.path.length || (a.path < b.path ? -1 : 1));
  return ranked.slice(0, limit).map(({ id, path }) => {
    const object = rows.describer.object(id);
    return { id, path, type: object.type, status: statusOf(object) };
  });
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
