/** What walks leave open until they are released: the root of each layer, by session. */
import { close } from '../syscalls/open.ts';

/** A layer that was opened: a descriptor of its root, or the child process that reads it. */
export type SessionLayer = { kind: 'here'; fd: number; byPath: boolean } | { kind: 'apart'; reader: ApartReader };

/** A child process that reads one layer, and answers for its handles. */
export type ApartReader = {
  handles(requests: readonly HandleRequest[], signal: AbortSignal): Promise<HandleAnswer[]>;
  end(): void;
};
export type HandleRequest = { layer: number; handle: { type: number; fid: string } };
export type HandleAnswer = { ino: string; dev: string; nlink: number; mode: number } | { errno: string };

const sessions = new Map<number, Map<number, SessionLayer>>();

/** The layers of a session, made where there is none. */
export function openSession(session: number): Map<number, SessionLayer> {
  let layers = sessions.get(session);
  if (!layers) {
    layers = new Map();
    sessions.set(session, layers);
  }
  return layers;
}

/** The layer of a session; layer −1, the work directory, is where layer 0 is. Undefined: not opened. */
export function sessionLayer(session: number, layer: number): SessionLayer | undefined {
  const layers = sessions.get(session);
  return layers?.get(layer) ?? (layer === -1 ? layers?.get(0) : undefined);
}

/** Closes all that a session holds; with `only`, if it still is that one and not one begun anew since. */
export function releaseSession(session: number, only?: Map<number, SessionLayer>): void {
  if (only && sessions.get(session) !== only) return;
  for (const layer of sessions.get(session)?.values() ?? []) {
    if (layer.kind === 'here') close(layer.fd);
    else layer.reader.end();
  }
  sessions.delete(session);
}

export function releaseAll(): void {
  for (const session of [...sessions.keys()]) releaseSession(session);
}
