import type { Operation } from './operate.ts';
import type { Change, LayerName, Thing } from './things.ts';

/**
 * The kinds of object whose numbers are predicted, compared and followed. Each stands in a directory of its own, and
 * that directory in several ways (`Parent`): a listing's numbers depend on it.
 */
export interface Kind {
  readonly name: string;
  readonly upper?: readonly Thing[];
  readonly lower1?: readonly Thing[];
  readonly lower2?: readonly Thing[];
  /** Done through the first mount, where there is an upper. What the kernel refuses is passed over. */
  readonly operations?: readonly Operation[];
  /** Done to the layers between two mounts, at the end: accidents that a user's layers meet. */
  readonly changes?: readonly [LayerName, Change][];
  /** They are done while the layers are mounted: then memory goes on showing what was. */
  readonly live?: true;
  /** With nfs_export the index has these, and the kernel refuses to mount what they make of it. */
  readonly breaksIndex?: true;
}

export const KINDS: readonly Kind[] = [
  // Lowers alone.
  { name: 'file of lower 1', lower1: [['file', 'f']] },
  { name: 'file of lower 2', lower2: [['file', 'f']] },
  { name: 'file of both lowers', lower1: [['file', 'f']], lower2: [['file', 'f']] },
  { name: 'symlink', lower1: [['symlink', 's']] },
  {
    name: 'fifo, socket, device',
    lower1: [
      ['fifo', 'p'],
      ['socket', 'o'],
      ['device', 'c'],
    ],
  },
  {
    name: 'dir of lower 1',
    lower1: [
      ['dir', 'd'],
      ['file', 'd/f'],
      ['dir', 'd/e'],
    ],
  },
  {
    name: 'dir of lower 2',
    lower2: [
      ['dir', 'd'],
      ['file', 'd/f'],
      ['symlink', 'd/s'],
    ],
  },
  {
    name: 'dir merged of lowers',
    lower1: [
      ['dir', 'd'],
      ['file', 'd/f'],
      ['file', 'd/both'],
      ['dir', 'd/e'],
    ],
    lower2: [
      ['dir', 'd'],
      ['file', 'd/g'],
      ['file', 'd/both'],
      ['dir', 'd/e'],
      ['file', 'd/e/f'],
    ],
  },
  {
    name: 'opaque dir of lower 1',
    lower1: [
      ['dir', 'd'],
      ['mark', 'd', 'opaque', 'y'],
      ['file', 'd/f'],
    ],
    lower2: [
      ['dir', 'd'],
      ['file', 'd/g'],
    ],
  },
  {
    name: 'whiteouts',
    lower1: [
      ['whiteout', 'w'],
      ['file', 'x'],
      ['mark', 'x', 'whiteout', ''],
      ['dir', 'd'],
      ['whiteout', 'd/w'],
    ],
    lower2: [
      ['file', 'w'],
      ['file', 'x'],
      ['dir', 'd'],
      ['file', 'd/w'],
      ['file', 'd/f'],
    ],
  },
  {
    name: 'dir over file',
    lower1: [
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    lower2: [['file', 'd']],
  },
  {
    name: 'file over dir',
    lower1: [['file', 'd']],
    lower2: [
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
  },
  {
    name: 'metacopy of lower 1',
    lower1: [
      ['file', 'f'],
      ['mark', 'f', 'metacopy', ''],
    ],
    lower2: [['file', 'f']],
  },
  {
    name: 'metacopy with its data in a data-only layer',
    lower1: [
      ['file', 'f'],
      ['mark', 'f', 'metacopy', ''],
      ['mark', 'f', 'redirect', '/data'],
    ],
  },
  // An upper that was not made by copy-up.
  {
    name: 'dir merged with upper',
    upper: [
      ['dir', 'd'],
      ['file', 'd/u'],
    ],
    lower1: [
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    lower2: [
      ['dir', 'd'],
      ['file', 'd/g'],
    ],
  },
  {
    name: 'dir of upper and lower 2',
    upper: [['dir', 'd']],
    lower2: [
      ['dir', 'd'],
      ['file', 'd/g'],
    ],
  },
  {
    name: 'opaque dir of upper',
    upper: [
      ['dir', 'd'],
      ['mark', 'd', 'opaque', 'y'],
      ['file', 'd/u'],
    ],
    lower1: [
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
  },
  {
    name: 'pure upper',
    upper: [
      ['dir', 'd'],
      ['file', 'd/f'],
      ['file', 'f'],
      ['symlink', 's'],
      ['fifo', 'p'],
      ['device', 'c'],
    ],
  },
  {
    name: 'hard link of upper',
    upper: [
      ['file', 'h1'],
      ['link', 'h1', 'h2'],
    ],
  },
  { name: 'file of upper over a lower', upper: [['file', 'f']], lower1: [['file', 'f']] },
  {
    name: 'file of upper over a lower hard link',
    upper: [['file', 'h1']],
    lower1: [
      ['file', 'h1'],
      ['link', 'h1', 'h2'],
    ],
  },
  {
    name: 'dir of upper over a lower file',
    upper: [
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    lower1: [['file', 'd']],
  },
  // Copied up.
  {
    name: 'file copied up by chown',
    lower1: [
      ['file', 'f'],
      ['file', 'g'],
    ],
    operations: [['chown', 'f']],
  },
  {
    name: 'file of lower 2 copied up',
    lower2: [
      ['file', 'f'],
      ['file', 'g'],
    ],
    operations: [['chown', 'f']],
  },
  { name: 'file copied up by append', lower1: [['file', 'f']], operations: [['append', 'f']] },
  {
    name: 'file changed, then written',
    lower1: [['file', 'f']],
    operations: [
      ['chown', 'f'],
      ['append', 'f'],
    ],
  },
  {
    name: 'file held open over copy-up',
    lower1: [['file', 'f']],
    operations: [
      ['hold', 'f'],
      ['chown', 'f'],
    ],
  },
  { name: 'symlink copied up', lower1: [['symlink', 's']], operations: [['chown', 's']] },
  {
    name: 'fifo, socket, device copied up',
    lower1: [
      ['fifo', 'p'],
      ['socket', 'o'],
      ['device', 'c'],
    ],
    operations: [
      ['chown', 'p'],
      ['chown', 'o'],
      ['chown', 'c'],
    ],
  },
  {
    name: 'dir copied up',
    lower1: [
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    operations: [['chown', 'd']],
  },
  {
    name: 'dir copied up by a new file',
    lower2: [
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    operations: [['create', 'd/n']],
  },
  {
    name: 'merged dir copied up',
    lower1: [
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    lower2: [
      ['dir', 'd'],
      ['file', 'd/g'],
    ],
    operations: [['chown', 'd/f']],
  },
  {
    name: 'file renamed',
    lower1: [
      ['file', 'f'],
      ['dir', 'd'],
      ['file', 'd/f'],
      ['file', 'g'],
      ['file', 'h'],
    ],
    operations: [
      ['rename', 'f', 'f2'],
      ['rename', 'd/f', 'f3'],
      ['rename', 'g', 'h'],
    ],
  },
  {
    name: 'renamed into a new dir',
    lower1: [
      ['file', 'f'],
      ['symlink', 's'],
      ['file', 'h1'],
      ['link', 'h1', 'h2'],
    ],
    operations: [
      ['mkdir', 'n'],
      ['rename', 'f', 'n/f'],
      ['rename', 's', 'n/s'],
      ['rename', 'h1', 'n/h1'],
    ],
  },
  {
    name: 'dir renamed',
    lower1: [
      ['dir', 'd'],
      ['file', 'd/f'],
      ['dir', 'd/e'],
      ['file', 'd/e/f'],
    ],
    lower2: [
      ['dir', 'd'],
      ['file', 'd/g'],
    ],
    operations: [
      ['rename', 'd', 'r'],
      ['chown', 'r/e/f'],
    ],
  },
  {
    name: 'dir renamed into a new dir',
    lower1: [
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    operations: [
      ['mkdir', 'n'],
      ['rename', 'd', 'n/r'],
    ],
  },
  { name: 'lower file linked', lower1: [['file', 'f']], operations: [['link', 'f', 'f2']] },
  {
    name: 'removed and made again',
    lower1: [
      ['file', 'f'],
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    operations: [
      ['remove', 'f'],
      ['create', 'f'],
      ['remove', 'd'],
      ['mkdir', 'd'],
    ],
  },
  {
    name: 'made',
    operations: [
      ['create', 'f'],
      ['mkdir', 'd'],
      ['create', 'd/f'],
      ['link', 'd/f', 'f2'],
    ],
  },
  {
    name: 'metacopy renamed',
    lower1: [
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    operations: [
      ['chown', 'd/f'],
      ['rename', 'd/f', 'm'],
    ],
  },
  // Hard links.
  {
    name: 'hard link untouched',
    lower1: [
      ['file', 'h1'],
      ['link', 'h1', 'h2'],
    ],
  },
  {
    name: 'hard link, one name copied up',
    lower1: [
      ['file', 'h1'],
      ['link', 'h1', 'h2'],
    ],
    operations: [['append', 'h1']],
  },
  {
    name: 'hard link of lower 2, both names copied up',
    lower2: [
      ['file', 'h1'],
      ['link', 'h1', 'h2'],
    ],
    operations: [
      ['append', 'h1'],
      ['chown', 'h2'],
    ],
  },
  {
    name: 'hard link over two dirs',
    lower1: [
      ['dir', 'd'],
      ['file', 'd/h1'],
      ['dir', 'e'],
      ['link', 'd/h1', 'e/h2'],
    ],
    operations: [['chown', 'e/h2']],
  },
  {
    name: 'hard link of three names',
    lower1: [
      ['file', 'h1'],
      ['link', 'h1', 'h2'],
      ['link', 'h1', 'h3'],
      ['link', 'h1', 'h4'],
    ],
    operations: [
      ['remove', 'h1'],
      ['rename', 'h2', 'r2'],
    ],
  },
  {
    name: 'hard link, linked again',
    lower1: [
      ['file', 'h1'],
      ['link', 'h1', 'h2'],
    ],
    operations: [
      ['link', 'h1', 'h3'],
      ['append', 'h2'],
    ],
  },
  {
    name: 'hard link of symlinks',
    lower1: [
      ['symlink', 's1'],
      ['link', 's1', 's2'],
    ],
    operations: [['chown', 's1']],
  },
  {
    name: 'hard link, one name hidden',
    lower1: [['whiteout', 'h2']],
    lower2: [
      ['file', 'h1'],
      ['link', 'h1', 'h2'],
    ],
  },
  // Accidents.
  {
    name: 'lower gained a link',
    lower1: [
      ['file', 'f'],
      ['symlink', 's'],
      ['file', 'untouched'],
    ],
    operations: [
      ['append', 'f'],
      ['chown', 's'],
    ],
    changes: [
      ['lower1', ['link', 'f', 'more']],
      ['lower1', ['link', 's', 'more-s']],
      ['lower1', ['link', 'untouched', 'more-untouched']],
    ],
  },
  {
    name: 'metacopy whose lower gained a link',
    lower1: [['file', 'f']],
    operations: [['chown', 'f']],
    changes: [['lower1', ['link', 'f', 'more']]],
  },
  {
    name: 'lower replaced',
    lower1: [
      ['file', 'f'],
      ['file', 'm'],
    ],
    operations: [
      ['append', 'f'],
      ['chown', 'm'],
    ],
    changes: [
      ['lower1', ['replace', 'f']],
      ['lower1', ['replace', 'm']],
    ],
  },
  {
    name: 'lower removed',
    live: true,
    lower1: [
      ['file', 'f'],
      ['symlink', 's'],
    ],
    operations: [
      ['append', 'f'],
      ['chown', 's'],
    ],
    changes: [
      ['lower1', ['remove', 'f']],
      ['lower1', ['remove', 's']],
    ],
  },
  {
    name: 'lower dir replaced',
    lower1: [
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    operations: [['chown', 'd/f']],
    changes: [['lower1', ['replace', 'd']]],
  },
  {
    name: 'origin lost',
    breaksIndex: true,
    lower1: [
      ['file', 'f'],
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    operations: [
      ['append', 'f'],
      ['append', 'd/f'],
    ],
    changes: [
      ['upper', ['unmark', 'f', 'origin']],
      ['upper', ['unmark', 'd', 'origin']],
    ],
  },
  {
    name: 'impure lost',
    lower1: [
      ['file', 'f'],
      ['dir', 'd'],
      ['file', 'd/f'],
    ],
    operations: [
      ['append', 'f'],
      ['append', 'd/f'],
      ['mkdir', 'n'],
      ['rename', 'f', 'n/f'],
    ],
    changes: [
      ['upper', ['unmark', '', 'impure']],
      ['upper', ['unmark', 'd', 'impure']],
      ['upper', ['unmark', 'n', 'impure']],
    ],
  },
  {
    name: 'origin emptied',
    live: true,
    breaksIndex: true,
    lower1: [
      ['file', 'f'],
      ['file', 'g'],
    ],
    operations: [
      ['append', 'f'],
      ['chown', 'g'],
    ],
    changes: [
      ['upper', ['mark', 'f', 'origin', '']],
      ['upper', ['mark', 'g', 'origin', '']],
    ],
  },
  {
    name: 'origin spoilt',
    breaksIndex: true,
    lower1: [['file', 'f']],
    operations: [['append', 'f']],
    changes: [['upper', ['mark', 'f', 'origin', 'nothing that the kernel takes']]],
  },
  {
    name: 'origin of another type',
    breaksIndex: true,
    lower1: [
      ['file', 'f'],
      ['symlink', 's'],
    ],
    operations: [
      ['append', 'f'],
      ['chown', 's'],
    ],
    changes: [['upper', ['move-mark', 's', 'f', 'origin']]],
  },
  {
    name: 'upper file copied with its origin',
    lower1: [['file', 'f']],
    operations: [['append', 'f']],
    changes: [['upper', ['copy', 'f', 'twin']]],
  },
  {
    name: 'indexed hard link that lost its count',
    lower1: [
      ['file', 'h1'],
      ['link', 'h1', 'h2'],
    ],
    operations: [['append', 'h1']],
    changes: [['upper', ['unmark', 'h1', 'nlink']]],
  },
  {
    name: 'hard link whose other name went',
    lower1: [
      ['file', 'h1'],
      ['link', 'h1', 'h2'],
    ],
    operations: [['append', 'h1']],
    changes: [['lower1', ['remove', 'h2']]],
  },
];

/** How a kind's directory stands: in which layers. */
export type Parent = { readonly name: string; readonly layers: readonly LayerName[] };

const PARENTS: readonly Parent[] = [
  { name: 'ul', layers: ['upper', 'lower1', 'lower2'] },
  { name: 'll', layers: ['lower1', 'lower2'] },
  { name: 'l1', layers: ['lower1'] },
  { name: 'l2', layers: ['lower2'] },
  { name: 'u', layers: ['upper'] },
  { name: 'u1', layers: ['upper', 'lower1'] },
];

const isNeeded = (kind: Kind, layer: LayerName): boolean => (kind[layer] ?? []).length > 0;

/** The parents that a kind is put below: those whose layers it needs, and none that has a layer too many to matter. */
export function parentsOf(kind: Kind): readonly Parent[] {
  const needed = (['upper', 'lower1', 'lower2'] as const).filter((layer) => isNeeded(kind, layer));
  const able = PARENTS.filter(({ layers }) => needed.every((layer) => layers.includes(layer)));
  // What needs nothing of the layers (it is made) goes below one of each sort.
  return needed.length === 0
    ? able
    : able.filter(({ layers }) => layers.length <= needed.length + 1 || layers.length === 3);
}

/** A kind below one parent: its directory stands in the root under this name. */
export interface Instance {
  readonly kind: Kind;
  readonly parent: Parent;
  readonly directory: string;
}

export const INSTANCES: readonly Instance[] = KINDS.flatMap((kind) =>
  parentsOf(kind).map((parent) => ({
    kind,
    parent,
    directory: `${parent.name} ${kind.name}`.replaceAll(/[ ,]+/g, '-'),
  })),
);
