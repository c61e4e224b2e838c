import { create } from 'zustand';
import type { Bytes } from '../../shared/bytes/bytes.ts';

/**
 * What the person opened and shut in this stack, by path, in order: enough to open the same again after the engine
 * was started anew. `deep`: all beneath it too.
 */
export type Turn = { path: Bytes; open: boolean; deep: boolean };

export const useExpanded = create<{ turns: readonly Turn[] }>(() => ({ turns: [] }));

/** More are not remembered; the oldest go first. */
const MOST = 400;

const below = (path: Bytes, directory: Bytes): boolean =>
  directory === '' ? path !== '' : path.startsWith(`${directory}/`);

/** The list after one more turn: what it makes meaningless is dropped. */
export function withTurn(turns: readonly Turn[], turn: Turn): Turn[] {
  const kept = turns.filter((one) => one.path !== turn.path && !(turn.deep && below(one.path, turn.path)));
  return [...kept, turn].slice(-MOST);
}

export const noteTurn = (turn: Turn): void => useExpanded.setState(({ turns }) => ({ turns: withTurn(turns, turn) }));
