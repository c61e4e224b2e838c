import type { ListObject, ScanObject } from '../contract/scan.ts';

/** What of an object is unknown, and what of that lies in itself. */

export const isUnknown = ({ lookup, listed, provenance }: ScanObject): boolean =>
  lookup === 'unknown' || listed === 'unknown' || provenance === 'unknown';

/** Its own entries have marks, or an origin, that could not be read. */
export const hasUnreadMarks = (object: ScanObject): boolean =>
  object.origin === 'unknown' ||
  object.entries
    .flatMap(({ marks }) => marks)
    .concat(object.marks)
    .some((one) => one.startsWith('unknown:'));

/** Layers that merge and could not be read. */
export const unreadLayers = (stack: ListObject): number[] =>
  stack.layers
    .filter(({ role, state }) => role !== 'data' && (state === 'unreadable' || state === 'missing'))
    .map(({ layer }) => layer);
