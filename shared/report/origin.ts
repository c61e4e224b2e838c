import type { Bytes } from '../bytes/bytes.ts';
import { asBytes } from '../bytes/bytes.ts';
import type { ReportObject } from './facts.ts';

/**
 * What a stored handle is to name in the built tree. `twist`: the inode is removed again, or of another generation, or
 * of a filesystem that is none of the layers'. `make`: nothing else stands there, so it is made for it.
 */
export type HandleTarget = {
  layer: number;
  path: Bytes;
  twist: 'gone' | 'generation' | 'foreign' | null;
  make?: { type: 'file' | 'dir' | 'symlink' | 'fifo' | 'char' | 'block' | 'socket'; links: number };
};

/** Where the inode of an origin is made that has no other place. */
const MADE: Bytes = asBytes('named-by-origin');

type Node = { layer: number; path: Bytes };

/**
 * The lower inode that the object's origin names, as the built tree has it. Null where there is none to name. `nodes`
 * null: of those that the object itself stands on.
 */
export function originTarget({ object, attributes }: ReportObject, nodes: readonly Node[] | null): HandleTarget | null {
  const { origin, type } = object;
  if (origin === null || origin === 'unknown' || origin.state === 'empty') return null;
  const lowers = attributes.filter((one) => one.layer > 0);
  const layer = typeof origin.layer === 'number' ? origin.layer : lowers[0]?.layer;
  if (layer === undefined) return { layer: 1, path: MADE, twist: 'foreign', make: madeOf(type, 1) };
  const at = object.entries.findIndex((one) => one.layer === layer && one.ino === origin.ino);
  const named = attributes[at];
  const links = typeof origin.nlink === 'number' ? origin.nlink : 1;
  if (origin.state === 'foreign')
    return { layer, path: named?.path ?? MADE, twist: 'foreign', ...(named ? {} : { make: madeOf(type, 1) }) };
  if (origin.state === 'stale') {
    const again = object.findings.includes('ino-reused') ? lowers.find((one) => one.layer === layer) : undefined;
    if (again) return { layer, path: again.path, twist: 'generation' };
    return { layer, path: MADE, twist: 'gone', make: madeOf(type, 1) };
  }
  if (named && (nodes === null || nodes.some((one) => one.layer === layer && one.path === named.path)))
    return { layer, path: named.path, twist: null };
  const isOther = origin.state === 'ignored' && origin.why.includes('another type');
  return {
    layer,
    path: MADE,
    twist: null,
    make: isOther ? { type: type === 'dir' ? 'file' : 'dir', links: 1 } : madeOf(type, links),
  };
}

const madeOf = (type: ReportObject['object']['type'], links: number): NonNullable<HandleTarget['make']> => ({
  type: type === 'whiteout' || type === 'unknown' ? 'file' : type,
  links: type === 'dir' ? 1 : Math.min(links, 3),
});
