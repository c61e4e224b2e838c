import { getXattr, mark, setXattr } from './syscalls/attributes.ts';

const IMPURE = mark('impure');
const YES = Uint8Array.of('y'.charCodeAt(0));

/**
 * The mark of an upper directory that may hold entries with a mapping: the kernel corrects the numbers in its listing,
 * and the map kept in attributes is asked for such directories alone.
 */
export function markImpure(directory: number): void {
  if (!isImpure(directory)) setXattr(directory, IMPURE, YES);
}

export const isImpure = (directory: number): boolean => getXattr(directory, IMPURE) !== null;
