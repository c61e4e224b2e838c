import { type HierarchyRectangularNode, hierarchy, treemap, treemapSquarify } from 'd3-hierarchy';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { UpperUse } from '../../shared/ipc/engine.ts';

export type Directory = UpperUse['directories'][number];

/**
 * A directory with the heavy ones in it, heaviest first. `rest` is what lies beneath it in none of them, its own files
 * included; `name` its path below the nearest heavy directory above it, `level` how many of these there are.
 */
export type DirectoryNode = Directory & { children: DirectoryNode[]; rest: bigint; name: Bytes; level: number };

/** A list of heavy directories, in whatever order, as the tree that it is. */
export function nest(directories: readonly Directory[]): DirectoryNode[] {
  const nodes = new Map<Bytes, DirectoryNode>();
  for (const one of directories)
    nodes.set(one.path, { ...one, children: [], rest: BigInt(one.bytes), name: one.path, level: 0 });
  const roots: DirectoryNode[] = [];
  // A path is longer than those above it: parents come first.
  for (const node of [...nodes.values()].sort((a, b) => a.path.length - b.path.length)) {
    const parent = parentOf(node.path, nodes);
    if (parent === null) {
      roots.push(node);
      continue;
    }
    parent.children.push(node);
    parent.rest -= BigInt(node.bytes);
    node.level = parent.level + 1;
    node.name = (parent.path === '' ? node.path : node.path.slice(parent.path.length + 1)) as Bytes;
  }
  for (const { children } of nodes.values()) children.sort(byWeight);
  return roots.sort(byWeight);
}

function parentOf(path: Bytes, nodes: ReadonlyMap<Bytes, DirectoryNode>): DirectoryNode | null {
  for (let at = path; at !== ''; ) {
    at = at.slice(0, Math.max(0, at.lastIndexOf('/'))) as Bytes;
    const found = nodes.get(at);
    if (found) return found;
  }
  return null;
}

function byWeight(a: Directory, b: Directory): number {
  const [left, right] = [BigInt(a.bytes), BigInt(b.bytes)];
  return left === right ? (a.path < b.path ? -1 : 1) : left > right ? -1 : 1;
}

/** The tree as lines, each directory before what lies in it. */
export const flatten = (nodes: readonly DirectoryNode[]): DirectoryNode[] =>
  nodes.flatMap((node) => [node, ...flatten(node.children)]);

/** One rectangle of the treemap: a directory, or what lies in it outside the heavy ones. Pixels. */
export type Tile = {
  node: DirectoryNode;
  rest: boolean;
  x: number;
  y: number;
  width: number;
  height: number;
  depth: number;
};

const HEAD = 18;
const GAP = 2;
/** Smaller than this in either direction and nobody could point at it. */
const LEAST = 4;

/**
 * Lays the directories out so that each area is its bytes. Leaves come as tiles, directories with heavy ones in them
 * as frames around these, outermost first.
 */
export function tilesOf(roots: readonly DirectoryNode[], width: number, height: number): Tile[] {
  type Datum = { node: DirectoryNode | null; rest: boolean; children: Datum[] };
  const leaf = (node: DirectoryNode): Datum => ({ node, rest: node.children.length > 0, children: [] });
  const datum = (node: DirectoryNode): Datum =>
    node.children.length === 0
      ? { node, rest: false, children: [] }
      : {
          node,
          rest: false,
          children: [...node.children.map(datum), ...(node.rest > 0n ? [leaf(node)] : [])],
        };
  const tree = hierarchy<Datum>({ node: null, rest: false, children: roots.map(datum) }).sum(
    ({ node, rest, children }) =>
      node === null || children.length > 0 ? 0 : Number(rest ? node.rest : BigInt(node.bytes)),
  );
  tree.sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const frame = (size: number) => (placed: { depth: number }) => (placed.depth === 0 ? 0 : size);
  // The outermost frame is the picture itself: no head, no rim.
  const layout = treemap<Datum>()
    .tile(treemapSquarify)
    .size([width, height])
    .round(true)
    .paddingInner(GAP)
    .paddingOuter(frame(GAP))
    .paddingTop(frame(HEAD));
  const tiles: Tile[] = [];
  layout(tree).each((placed: HierarchyRectangularNode<Datum>) => {
    const { node, rest } = placed.data;
    const size = { width: placed.x1 - placed.x0, height: placed.y1 - placed.y0 };
    if (node && size.width >= LEAST && size.height >= LEAST)
      tiles.push({ node, rest, x: placed.x0, y: placed.y0, ...size, depth: placed.depth - 1 });
  });
  return tiles;
}

/** Share of a whole in percent, `<0.1` where it would round to nothing. */
export function shareWord(part: bigint, whole: bigint): string {
  if (whole === 0n) return '0';
  const permille = Number((part * 10000n) / whole) / 100;
  if (part > 0n && permille < 0.1) return '<0.1';
  return permille >= 10 ? permille.toFixed(0) : permille.toFixed(1);
}
