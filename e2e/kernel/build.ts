import { asBytes, type Bytes, hexOfBytes, joinBytes } from '../../shared/bytes/bytes.ts';
import {
  type Case,
  type CaseLayer,
  contentOf,
  type HandleOf,
  holeSize,
  layersOf,
  type Mark,
  type TreeNode,
  walkNodes,
} from './case.ts';
import type { Filesystems } from './filesystems.ts';
import {
  listDirectory,
  makeDirectory,
  makeFifo,
  makeLink,
  makeSymlink,
  makeWhiteout,
  readFile,
  SystemError,
  setXattr,
  statPath,
  writeFile,
} from './libc.ts';
import { encodeOrigin } from './origin.ts';

/** A case on disk. */
export interface BuiltCase {
  readonly case: Case;
  /** Roots by layer id. */
  readonly roots: ReadonlyMap<string, Bytes>;
  readonly work: Bytes | null;
  /** What each file holds, by layer id and path: `${id}:${path}`; other names of a hard link among them. */
  readonly contents: ReadonlyMap<string, Bytes>;
  /** The type of each thing in layers that merge, by layer id and path. Of an xattr whiteout: file. */
  readonly types: ReadonlyMap<string, string>;
}

/** The xattr prefix that a mount of this case would read, were it made in the initial user namespace. */
export const prefixOf = (c: Case, which: Mark['prefix']): string =>
  (which === 'own') === (c.options.userxattr === true) ? 'user.overlay.' : 'trusted.overlay.';

/** Builds the layers of a case in directories named `name` on its filesystems. */
export function buildCase(c: Case, filesystems: Filesystems, name: string): BuiltCase {
  const roots = new Map<string, Bytes>();
  const contents = new Map<string, Bytes>();
  const types = new Map<string, string>();
  const made = new Set<Bytes>();
  for (const layer of layersOf(c)) {
    const directory = joinBytes(filesystems[layer.filesystem].root, asBytes(name));
    if (!made.has(directory)) makeDirectory(directory);
    made.add(directory);
    const root = joinBytes(directory, asBytes(layer.id));
    makeDirectory(root);
    roots.set(layer.id, root);
    buildTree(layer, root, contents);
    if (!c.data.includes(layer)) readTypes(layer.id, root, types);
  }
  const setMarks = (layer: CaseLayer, path: Bytes, marks: readonly Mark[]): void => {
    for (const mark of marks) {
      const value = typeof mark.value === 'string' ? mark.value : originValue(c, mark.value, roots, filesystems);
      if (value === null) continue;
      const file = path === '' ? (roots.get(layer.id) as Bytes) : joinBytes(roots.get(layer.id) as Bytes, path);
      setMark(file, prefixOf(c, mark.prefix) + mark.name, value);
    }
  };
  // Lowest first, so that handles are taken of files that are already whole.
  for (const layer of layersOf(c).reverse()) {
    setMarks(layer, asBytes(''), layer.marks);
    walkNodes(layer.children, (node, path) => setMarks(layer, path, node.marks));
  }
  let work: Bytes | null = null;
  if (c.upper) {
    work = joinBytes(joinBytes(filesystems[c.upper.filesystem].root, asBytes(name)), asBytes('work'));
    makeDirectory(work);
    if (c.index.length > 0) buildIndex(c, roots, filesystems, joinBytes(work, asBytes('index')));
  }
  return { case: c, roots, work, contents, types };
}

/** What the files of the index hold that have no other name: bytes that a mount shows and no layer does. */
export function namelessContents(built: BuiltCase): ReadonlySet<Bytes> {
  if (built.work === null) return new Set();
  const directory = joinBytes(built.work, asBytes('index'));
  const listing = listDirectory(directory);
  const contents = new Set<Bytes>();
  for (const { name } of typeof listing === 'string' ? [] : listing) {
    const file = joinBytes(directory, name);
    const stat = statPath(file);
    const read = typeof stat !== 'string' && stat.nlink === 1 ? readFile(file) : null;
    if (read && 'data' in read) contents.add(read.data);
  }
  return contents;
}

/** The same case after the kernel has changed its upper: what stands there now is read from disk. */
export function afterChanges(built: BuiltCase): BuiltCase {
  const upper = built.roots.get('u') as Bytes;
  const keep = <T>(map: ReadonlyMap<string, T>) => new Map([...map].filter(([key]) => !key.startsWith('u:')));
  const contents = keep(built.contents);
  const types = keep(built.types);
  readTypes('u', upper, types, (path, file) => {
    const read = readFile(file);
    if ('data' in read) contents.set(`u:${path}`, read.data);
  });
  return { ...built, contents, types };
}

/** Reads the types of everything below a layer's root. */
function readTypes(
  id: string,
  directory: Bytes,
  types: Map<string, string>,
  onFile?: (path: Bytes, file: Bytes) => void,
  prefix = '',
): void {
  const listing = listDirectory(directory);
  if (typeof listing === 'string') throw new SystemError('getdents64', directory, listing);
  for (const { name, type } of listing) {
    const path = asBytes(prefix + name);
    const file = joinBytes(directory, name);
    types.set(`${id}:${path}`, typeNames[type] ?? 'other');
    if (type === DT_REG) onFile?.(path, file);
    if (type === DT_DIR) readTypes(id, file, types, onFile, `${path}/`);
  }
}

const DT_DIR = 4;
const DT_REG = 8;
/** By DT_ value. The only character devices that are built are whiteouts. */
const typeNames: Readonly<Record<number, string>> = { 1: 'fifo', 2: 'whiteout', 4: 'dir', 8: 'file', 10: 'symlink' };

function buildTree(layer: CaseLayer, root: Bytes, contents: Map<string, Bytes>): void {
  const links: { path: Bytes; target: Bytes }[] = [];
  walkNodes(layer.children, (node, path) => {
    if (node.kind === 'link') links.push({ path, target: node.target as Bytes });
    else buildNode(layer, node, path, root, contents);
  });
  for (const { path, target } of links) {
    try {
      makeLink(joinBytes(root, target), joinBytes(root, path));
    } catch (error) {
      // Shrinking may have taken the target away.
      if (error instanceof SystemError && error.errno === 'ENOENT') continue;
      throw error;
    }
    const content = contents.get(`${layer.id}:${target}`);
    if (content !== undefined) contents.set(`${layer.id}:${path}`, content);
  }
}

function buildNode(layer: CaseLayer, node: TreeNode, path: Bytes, root: Bytes, contents: Map<string, Bytes>): void {
  const file = joinBytes(root, path);
  switch (node.kind) {
    case 'dir':
      makeDirectory(file);
      break;
    case 'symlink':
      makeSymlink(node.target as Bytes, file);
      break;
    case 'fifo':
      makeFifo(file);
      break;
    case 'whiteout':
      makeWhiteout(file);
      break;
    case 'file': {
      const content = contentOf(layer, path, node.content);
      contents.set(`${layer.id}:${path}`, content);
      if (node.content === 'hole') writeFile(file, asBytes(''), holeSize);
      else writeFile(file, content);
    }
  }
}

/** Fills the index directory; an entry whose lower or upper is not there (shrinking may take it away) is left out. */
function buildIndex(c: Case, roots: ReadonlyMap<string, Bytes>, filesystems: Filesystems, directory: Bytes): void {
  const upper = c.upper as CaseLayer;
  makeDirectory(directory);
  for (const { of, kind, to } of c.index) {
    const name = originValue(c, { ...of, twist: 'true' }, roots, filesystems);
    const named = originValue(c, { layer: upper.id, path: to, twist: 'upper' }, roots, filesystems);
    if (name === null || (named === null && kind !== 'whiteout')) continue;
    const entry = joinBytes(directory, asBytes(hexOfBytes(name)));
    try {
      if (kind === 'whiteout') makeWhiteout(entry);
      else if (kind === 'link') makeLink(joinBytes(roots.get(upper.id) as Bytes, to), entry);
      else {
        makeDirectory(entry);
        setMark(entry, `${prefixOf(c, 'own')}upper`, named as Bytes);
      }
    } catch (error) {
      // Two entries of one lower, or a link of a directory.
      if (error instanceof SystemError && (error.errno === 'EEXIST' || error.errno === 'EPERM')) continue;
      throw error;
    }
  }
}

function setMark(file: Bytes, name: string, value: Bytes): void {
  try {
    setXattr(file, name, value);
  } catch (error) {
    // The kernel keeps user.* xattrs off symlinks and special files: then the case has that mark not.
    if (error instanceof SystemError && error.errno === 'EPERM' && name.startsWith('user.')) return;
    throw error;
  }
}

/** The overlay.origin of `handle`; null where the file is not there. */
function originValue(
  c: Case,
  handle: HandleOf,
  roots: ReadonlyMap<string, Bytes>,
  filesystems: Filesystems,
): Bytes | null {
  const layer = layersOf(c).find((other) => other.id === handle.layer);
  if (layer === undefined) return null;
  try {
    const path = joinBytes(roots.get(layer.id) as Bytes, handle.path);
    return encodeOrigin(path, filesystems[layer.filesystem].uuid, handle.twist);
  } catch (error) {
    if (error instanceof SystemError && error.errno === 'ENOENT') return null;
    throw error;
  }
}
