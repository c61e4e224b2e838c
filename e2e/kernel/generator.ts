import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import type { Case, CaseLayer, FilesystemName, IndexMark, Mark, Operation, TreeNode } from './case.ts';
import {
  type Below,
  type Drawing,
  makeDirectoryMarks,
  makeFileMarks,
  makeMetacopyMarks,
  makeRootMarks,
  type Place,
  type Position,
} from './generator-marks.ts';
import { plantIn } from './generator-plants.ts';
import type { Random } from './random.ts';
import { confinedOptions, themeOf } from './themes.ts';

const commonNames = ['a', 'b', 'c', 'd', 'e', 'f'].map(asBytes);

/** Names that the layers above do not have, so that every layer is the first that has some name. */
const newNames = { upper: asBytes('u'), lower: asBytes('t'), middle: asBytes('m'), lowest: asBytes('z') };

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
  const theme = themeOf(random);
  const namespace = random.chance(theme.user) ? 'user' : 'init';
  const upperWanted = random.chance(theme.upper);
  const options =
    namespace === 'user'
      ? { ...(random.chance(0.55) ? { userxattr: true as const } : {}), ...confinedOptions(random) }
      : theme.options(random, upperWanted);
  const dataCount = namespace === 'user' || options.userxattr || !random.chance(theme.data) ? 0 : random.between(1, 2);
  const lowerCount = Math.max(upperWanted || dataCount > 0 ? 1 : 2, random.pick(theme.lowers) + (upperWanted ? 0 : 1));
  const names = [...commonNames.slice(0, random.between(3, 5))];
  if (random.chance(0.2)) names.push(random.pick(hostileNames));

  const chooseFilesystem = filesystemChooser(random);
  const below: Below = { files: [], dirs: [], all: [], exposed: [], data: [] };
  const drawing: Drawing = { random, theme, options, names, below, index: [] };
  const data: CaseLayer[] = [];
  for (let k = dataCount; k >= 1; k--) data.unshift(makeLayer(drawing, `d${k}`, 'data', chooseFilesystem(), []));
  const lowers: CaseLayer[] = [];
  for (let k = lowerCount; k >= 1; k--) {
    const position = k === lowerCount ? 'lowest' : 'lower';
    const { lower, middle, lowest } = newNames;
    const own = [lower, ...(k > 1 ? [middle] : []), ...(position === 'lowest' ? [lowest] : [])];
    lowers.unshift(makeLayer(drawing, `l${k}`, position, chooseFilesystem(), own));
  }
  const places = [...below.all];
  const bare = upperWanted ? makeLayer(drawing, 'u', 'upper', chooseFilesystem(), [newNames.upper]) : null;
  const planted = plantIn(drawing, { upper: bare, lowers, index: bare ? drawing.index : [] });
  const { upper } = planted;
  // Plain directories are answered as if the initial user namespace mounted them.
  const ask = namespace === 'user' ? 'mount' : random.pick(['mount', 'directories'] as const);
  const index = upper ? [...planted.index, ...makeIndexWhiteouts(drawing, places)] : [];
  const operands = below.exposed.length > 0 && random.chance(0.5) ? below.exposed : places;
  const before = upper && random.chance(theme.before) ? makeOperations(random, names, operands) : [];
  const lookupFirst = random.chance(0.25);
  return { upper, lowers: planted.lowers, data, options, index, before, namespace, ask, lookupFirst };
}

/** Index entries that say of a lower that all its names were removed, though it is there. */
function makeIndexWhiteouts({ random, theme }: Drawing, places: readonly Place[]): IndexMark[] {
  if (places.length === 0 || !random.chance(theme.index)) return [];
  return Array.from({ length: random.between(1, 2) }, () => ({
    of: random.pick(places),
    kind: 'whiteout',
    to: asBytes(''),
  }));
}

function makeOperations(random: Random, names: readonly Bytes[], places: readonly Place[]): Operation[] {
  const path = (): Bytes => {
    if (places.length > 0 && random.chance(0.5)) return random.pick(places).path;
    const parts = Array.from({ length: random.pick([1, 1, 2, 2, 3]) }, () => random.pick(names));
    return asBytes(parts.join('/'));
  };
  return Array.from({ length: random.between(1, 10) }, (): Operation => {
    const what = random.weighted({ append: 20, chmod: 20, remove: 20, mkdir: 10, rename: 20, link: 8, create: 8 });
    return what === 'rename' || what === 'link' ? { do: what, path: path(), to: path() } : { do: what, path: path() };
  });
}

/** Most cases lie on one filesystem, the rest on several; tmpfs most often, for it is the fastest. */
function filesystemChooser(random: Random): () => FilesystemName {
  const weights = { tmpfs: 50, tmpfs2: 5, ext4: 15, xfs: 10, 'btrfs-a': 10, 'btrfs-b': 10 };
  if (random.chance(0.55)) {
    const one = random.weighted<FilesystemName>(weights);
    return () => one;
  }
  return () => random.weighted<FilesystemName>({ ...weights, tmpfs: 25 });
}

/** A node of the layer being made, and where it stands. */
interface Own {
  readonly path: Bytes;
  readonly node: TreeNode;
}

/** The layer being made. */
interface Shape {
  readonly position: Position;
  /** How likely each name stands in a directory: sparse layers let those below them count. */
  readonly density: number;
  readonly deepest: number;
  readonly newNames: readonly Bytes[];
  readonly own: Own[];
}

function makeLayer(
  drawing: Drawing,
  id: string,
  position: Position,
  filesystem: FilesystemName,
  newNames: readonly Bytes[],
): CaseLayer {
  const { random, theme, below } = drawing;
  const deepest = Number(random.weighted({ '1': 12, '2': 40, '3': 37, '4': 8, '6': 3 }));
  const shape: Shape = {
    position,
    density: position === 'lowest' ? 0.85 : random.pick(theme.density),
    deepest,
    newNames,
    own: [],
  };
  const children = makeChildren(drawing, shape, asBytes(''), 1);
  const marks = position === 'data' ? [] : makeRootMarks(drawing, position);
  if (position !== 'data') expose(below, id, shape.own);
  for (const { path, node } of shape.own) {
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

/** What the new layer hides at its paths is not exposed any longer, its own files are. */
function expose(below: Below, layer: string, own: readonly Own[]): void {
  const kinds = new Map(own.map(({ path, node }) => [path, node.kind]));
  const left = below.exposed.filter(({ path }) => !kinds.has(path));
  below.exposed.splice(0, below.exposed.length, ...left);
  for (const { path, node } of own) {
    const isLink = node.kind === 'link' && kinds.get(node.target as Bytes) === 'file';
    if (isLink) below.exposed.push({ layer, path }, { layer, path }, { layer, path: node.target as Bytes });
    else if (node.kind === 'file') below.exposed.push({ layer, path });
  }
}

function makeChildren(drawing: Drawing, shape: Shape, directory: Bytes, depth: number): TreeNode[] {
  const { random, names } = drawing;
  const children: TreeNode[] = [];
  for (const name of [...names, ...shape.newNames]) {
    const isNew = shape.newNames.includes(name);
    if (!random.chance(shape.density * (depth === 1 ? 1 : 0.7) * (isNew ? 0.6 : 1))) continue;
    const path = (directory === '' ? name : `${directory}/${name}`) as Bytes;
    const node = makeNode(drawing, shape, name, path, depth);
    children.push(node);
    shape.own.push({ path, node });
  }
  return children;
}

function makeNode(drawing: Drawing, shape: Shape, name: Bytes, path: Bytes, depth: number): TreeNode {
  const { random, theme, below, options } = drawing;
  const { position, own } = shape;
  const isData = position === 'data';
  const kind = random.weighted({
    dir: depth < shape.deepest ? theme.dir : 0,
    file: 26,
    empty: 3,
    symlink: 4,
    fifo: 2,
    whiteout: isData ? 1 : 7,
    xattrWhiteout: isData ? 1 : 7,
    fullXattrWhiteout: isData ? 0 : 1.5,
    metacopy: isData
      ? 1
      : Math.max(
          position === 'upper' ? theme.metacopy * 1.5 : theme.metacopy,
          options.metacopy === 'on' || below.data.length > 0 ? 20 : 0,
        ),
    link: own.some((other) => other.node.kind !== 'dir') ? theme.link : 0,
  });
  const leaf = { name, children: [], marks: [] as Mark[] };
  switch (kind) {
    case 'dir': {
      const children = makeChildren(drawing, shape, path, depth + 1);
      return { ...leaf, kind, children, marks: makeDirectoryMarks(drawing, position, path, children) };
    }
    case 'file':
    case 'empty': {
      const content = kind === 'file' ? 'text' : 'empty';
      return { ...leaf, kind: 'file', content, marks: makeFileMarks(drawing, position, path) };
    }
    case 'symlink': {
      const target = asBytes(random.pick(['a', '/etc/passwd', '..', 'gone', '\xff']));
      return { ...leaf, kind, target, marks: makeFileMarks(drawing, position, path, kind) };
    }
    case 'fifo':
      return { ...leaf, kind, marks: makeFileMarks(drawing, position, path, kind) };
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
      return { ...leaf, kind: 'file', content, marks: makeMetacopyMarks(drawing, position, path) };
    }
    case 'link': {
      const others = own.filter((other) => other.node.kind !== 'dir' && other.node.kind !== 'link');
      if (others.length === 0) return { ...leaf, kind: 'file', content: 'text' };
      return { ...leaf, kind, target: random.pick(others).path };
    }
  }
}
