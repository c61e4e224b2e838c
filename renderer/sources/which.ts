import type { LiveSource } from '../../shared/ipc/engine.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import type { OpenStack } from '../state/session.ts';

/** Two references to the same thing, as far as their text tells. */
export const isSameRef = (a: StackRef | null, b: StackRef): boolean =>
  a !== null && JSON.stringify(a) === JSON.stringify(b);

/** The open stack is this mount, by whatever reference it was opened: a superblock has one device. */
export const isThis = (stack: OpenStack | null, source: LiveSource): boolean =>
  stack?.facts.kind === 'overlay' &&
  stack.facts.dev !== null &&
  stack.facts.dev === source.facts.dev &&
  stack.facts.mount === source.facts.mount;

/** The reference means this live mount. */
export const isLive = (ref: StackRef, { stack }: LiveSource): boolean =>
  isSameRef(ref, stack) ||
  (ref.kind === 'mount' && stack.kind === 'mount' && ref.mount === stack.mount && ref.pid === null);

/**
 * Mounts that lie on each other at one place are named by their devices instead, each by its own: the place alone means
 * the topmost.
 */
export function toldApart(live: readonly LiveSource[]): LiveSource[] {
  const places = new Map<string, number>();
  for (const { stack } of live) {
    const place = JSON.stringify(stack);
    places.set(place, (places.get(place) ?? 0) + 1);
  }
  return live.map((source) => {
    const { dev } = source.facts;
    const isAlone = places.get(JSON.stringify(source.stack)) === 1;
    return isAlone || dev === null ? source : { ...source, stack: { kind: 'dev', dev } };
  });
}

/** What names one line of Sources: two lines may mean one stack. */
export const sourceKey = {
  live: ({ stack }: LiveSource): string => `live:${JSON.stringify(stack)}`,
  saved: ({ id }: { id: number }): string => `saved:${id}`,
  recent: (ref: StackRef): string => `recent:${JSON.stringify(ref)}`,
};

/**
 * The one line that is shown as open: of those that mean the open stack the one that it was chosen from, else the first.
 * Null where none means it.
 */
export function lineThatIsOpen(meaning: readonly string[], chosen: string | null): string | null {
  return meaning.find((key) => key === chosen) ?? meaning[0] ?? null;
}
