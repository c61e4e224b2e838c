import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import type { Case, CaseLayer, CaseOptions, FilesystemName, Mark, Operation, TreeNode } from './case.ts';
import { type Below, makeDirectoryMarks, makeFileMarks, makeMetacopyMarks, makeRootMarks } from './generator-marks.ts';
import type { Random } from './random.ts';

const commonNames = ['a', 'b', 'c', 'd', 'e', 'f'].map(asBytes);

/** Names that break careless programs: line breaks, invalid UTF-8, markup, shell words, foreign marks, 255 bytes. */
export const hostileNames = [
  '\n',
  '\xff\xfe',
  'a b',
  ' ',
  '<img src=x onerror=alert(1)>',
  `it's "$(id)"`,
  '-rf',
  '.wh.a',
  '.wh..wh..opq',
  '#1f',
  'a\\054b',
  '\xe2\x80\xae',
  '\xc3\xa9',
  'x'.repeat(255),
].map(asBytes);

/** A random case. Few names, so that the layers meet often; every mark and option of the kernel, good and bad values. */
export function makeCase(random: Random): Case {
  const namespace = random.chance(0.1) ? 'user' : 'init';
  const upperWanted = random.chance(0.6);
  const options = makeOptions(random, namespace, upperWanted);
  const dataCount = namespace === 'user' || options.userxattr ? 0 : random.chance(0.25) ? random.between(1, 2) : 0;
  const lowerCount = Math.max(
    upperWanted || dataCount > 0 ? 1 : 2,
    random.pick([1, 1, 2, 2, 2, 3, 3, 3, 4, 5]) + (upperWanted ? 0 : 1),
  );
  const names = [...commonNames.slice(0, random.between(4, 6))];
  if (random.chance(0.2)) names.push(random.pick(hostileNames));

  const chooseFilesystem = filesystemChooser(random);
  const context: Context = { random, names, options, below: { files: [], dirs: [], all: [], data: [] }, deepest: 0 };
  const data: CaseLayer[] = [];
  for (let k = dataCount; k >= 1; k--) data.unshift(makeLayer(context, `d${k}`, 'data', chooseFilesystem()));
  const lowers: CaseLayer[] = [];
  for (let k = lowerCount; k >= 1; k--) {
    const position = k === lowerCount ? 'lowest' : 'lower';
    lowers.unshift(makeLayer(context, `l${k}`, position, chooseFilesystem()));
  }
  const upper = upperWanted ? makeLayer(context, 'u', 'upper', chooseFilesystem()) : null;
  // Plain directories are answered as if the initial user namespace mounted them.
  const ask = namespace === 'user' ? 'mount' : random.pick(['mount', 'directories'] as const);
  const before = upper && random.chance(0.35) ? makeOperations(random, names) : [];
  return { upper, lowers, data, options, before, namespace, ask, lookupFirst: random.chance(0.25) };
}

function makeOperations(random: Random, names: readonly Bytes[]): Operation[] {
  const path = (): Bytes => {
    const parts = Array.from({ length: random.pick([1, 1, 2, 2, 3]) }, () => random.pick(names));
    return asBytes(parts.join('/'));
  };
  return Array.from({ length: random.between(1, 10) }, (): Operation => {
    const what = random.weighted({ append: 20, chmod: 20, remove: 20, mkdir: 10, rename: 20, link: 8, create: 8 });
    return what === 'rename' || what === 'link' ? { do: what, path: path(), to: path() } : { do: what, path: path() };
  });
}

function makeOptions(random: Random, namespace: 'init' | 'user', upper: boolean): CaseOptions {
  const options: { -readonly [K in keyof CaseOptions]: CaseOptions[K] } = {};
  if (namespace === 'user' ? random.chance(0.55) : random.chance(0.1)) options.userxattr = true;
  if (random.chance(0.6)) options.xino = random.pick(['on', 'auto', 'off']);
  if (namespace === 'user' || options.userxattr) {
    if (random.chance(0.2)) options.redirect_dir = random.pick(['nofollow', 'nofollow', 'follow', 'off', 'on']);
    if (random.chance(0.1)) options.index = 'on';
    return options;
  }
  const metacopy = random.weighted({ on: 45, off: 10, none: 45 });
  if (metacopy !== 'none') options.metacopy = metacopy;
  const redirect =
    metacopy === 'on' ? { none: 70, on: 28, follow: 1, nofollow: 1 } : { none: 35, on: 25, follow: 10, nofollow: 30 };
  const chosen = random.weighted<string>({ ...redirect, off: metacopy === 'on' ? 0 : 8 });
  if (chosen !== 'none') options.redirect_dir = chosen as NonNullable<CaseOptions['redirect_dir']>;
  if (random.chance(0.15)) options.index = random.pick(['on', 'on', 'off']);
  if (metacopy !== 'on' && random.chance(0.08)) {
    options.nfs_export = 'on';
    if (!upper) options.redirect_dir = 'nofollow';
  }
  return options;
}

/** Most cases lie on one filesystem, the rest on several; tmpfs most often, for it is the fastest. */
function filesystemChooser(random: Random): () => FilesystemName {
  const weights = { tmpfs: 50, tmpfs2: 5, ext4: 15, xfs: 10, 'btrfs-a': 10, 'btrfs-b': 10 };
  if (random.chance(0.65)) {
    const one = random.weighted<FilesystemName>(weights);
    return () => one;
  }
  return () => random.weighted<FilesystemName>({ ...weights, tmpfs: 25 });
}

type Position = 'upper' | 'lower' | 'lowest' | 'data';

interface Context {
  readonly random: Random;
  readonly names: readonly Bytes[];
  readonly options: CaseOptions;
  /** What stands in the layers made so far, which lie below the next one. */
  readonly below: Below;
  deepest: number;
}

function makeLayer(context: Context, id: string, position: Position, filesystem: FilesystemName): CaseLayer {
  const { random, below } = context;
  context.deepest = random.weighted({ '1': 10, '2': 30, '3': 45, '4': 12, '6': 3 }) as unknown as number;
  const own: { path: Bytes; node: TreeNode }[] = [];
  const children = makeChildren(context, position, asBytes(''), 1, own);
  const marks = position === 'data' ? [] : makeRootMarks(random, position, below);
  for (const { path, node } of own) {
    const place = { layer: id, path };
    if (position === 'data') {
      below.data.push(place);
      continue;
    }
    below.all.push(place);
    if (node.kind === 'dir') below.dirs.push(place);
    if (node.kind === 'file') below.files.push(place);
  }
  return { id, filesystem, marks, children };
}

function makeChildren(
  context: Context,
  position: Position,
  directory: Bytes,
  depth: number,
  own: { path: Bytes; node: TreeNode }[],
): TreeNode[] {
  const { random, names } = context;
  const children: TreeNode[] = [];
  for (const name of names) {
    if (!random.chance(depth === 1 ? 0.85 : 0.6)) continue;
    const path = (directory === '' ? name : `${directory}/${name}`) as Bytes;
    const node = makeNode(context, position, name, path, depth, own);
    children.push(node);
    own.push({ path, node });
  }
  return children;
}

function makeNode(
  context: Context,
  position: Position,
  name: Bytes,
  path: Bytes,
  depth: number,
  own: { path: Bytes; node: TreeNode }[],
): TreeNode {
  const { random, below, options } = context;
  const isData = position === 'data';
  const kind = random.weighted({
    dir: depth < context.deepest ? 42 : 0,
    file: 26,
    empty: 3,
    symlink: 4,
    fifo: 2,
    whiteout: isData ? 1 : 7,
    xattrWhiteout: isData ? 1 : 5,
    fullXattrWhiteout: isData ? 0 : 1.5,
    metacopy: isData ? 1 : options.metacopy === 'on' || context.below.data.length > 0 ? 13 : 5,
    link: own.some((other) => other.node.kind !== 'dir') ? 4 : 0,
  });
  const leaf = { name, children: [], marks: [] as Mark[] };
  switch (kind) {
    case 'dir': {
      const children = makeChildren(context, position, path, depth + 1, own);
      return { ...leaf, kind, children, marks: makeDirectoryMarks(random, position, path, below, children) };
    }
    case 'file':
    case 'empty': {
      const marks = makeFileMarks(random, position, below, context.names);
      return { ...leaf, kind: 'file', content: kind === 'file' ? 'text' : 'empty', marks };
    }
    case 'symlink': {
      const target = asBytes(random.pick(['a', '/etc/passwd', '..', 'gone', '\xff']));
      return { ...leaf, kind, target, marks: makeFileMarks(random, position, below, context.names, 'symlink') };
    }
    case 'fifo':
      return { ...leaf, kind, marks: makeFileMarks(random, position, below, context.names, 'fifo') };
    case 'whiteout':
      return { ...leaf, kind };
    case 'xattrWhiteout':
    case 'fullXattrWhiteout': {
      const value = asBytes(random.pick(['', 'y', 'y', 'other']));
      const mark: Mark = { name: 'whiteout', prefix: random.chance(0.93) ? 'own' : 'other', value };
      return { ...leaf, kind: 'file', content: kind === 'xattrWhiteout' ? 'empty' : 'text', marks: [mark] };
    }
    case 'metacopy': {
      const content = random.weighted({ hole: 40, text: 45, empty: 15 });
      return { ...leaf, kind: 'file', content, marks: makeMetacopyMarks(random, position, below, context.names) };
    }
    case 'link': {
      const others = own.filter((other) => other.node.kind !== 'dir' && other.node.kind !== 'link');
      if (others.length === 0) return { ...leaf, kind: 'file', content: 'text' };
      return { ...leaf, kind, target: random.pick(others).path };
    }
  }
}
