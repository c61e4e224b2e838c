import type { Case, CaseLayer, CaseOptions, TreeNode } from './case.ts';

/**
 * Makes a failing case smaller while it still fails: takes away layers, subtrees, marks and options, and makes what is
 * left plainer. Greedy: after each success the list of smaller cases begins anew. Gives the smallest found within
 * `seconds`.
 */
export async function shrink(c: Case, fails: (smaller: Case) => Promise<boolean>, seconds = 30): Promise<Case> {
  let smallest = c;
  const end = performance.now() + seconds * 1000;
  for (let again = true; again; ) {
    again = false;
    for (const candidate of smallerCases(smallest)) {
      if (performance.now() > end) return smallest;
      if (await fails(candidate)) {
        smallest = candidate;
        again = true;
        break;
      }
    }
  }
  return smallest;
}

/** Cases that are one step smaller, the greatest steps first. */
export function* smallerCases(c: Case): Generator<Case> {
  if (c.upper) yield { ...c, upper: null };
  for (const [i] of c.lowers.entries()) yield { ...c, lowers: without(c.lowers, i) };
  for (const [i] of c.data.entries()) yield { ...c, data: without(c.data, i) };
  if (c.upper) for (const upper of smallerLayers(c.upper)) yield { ...c, upper };
  for (const [i, layer] of c.lowers.entries()) {
    for (const smaller of smallerLayers(layer)) yield { ...c, lowers: replaced(c.lowers, i, smaller) };
  }
  for (const [i, layer] of c.data.entries()) {
    for (const smaller of smallerLayers(layer)) yield { ...c, data: replaced(c.data, i, smaller) };
  }
  for (const key of Object.keys(c.options) as (keyof CaseOptions)[]) {
    const { [key]: _, ...options } = c.options;
    yield { ...c, options };
  }
  for (const [i] of c.index.entries()) yield { ...c, index: without(c.index, i) };
  for (const [i] of c.before.entries()) yield { ...c, before: without(c.before, i) };
  if (c.namespace === 'user') yield { ...c, namespace: 'init', ask: 'directories' };
  if (c.ask === 'mount' && c.namespace === 'init') yield { ...c, ask: 'directories' };
  if (c.lookupFirst) yield { ...c, lookupFirst: false };
}

function* smallerLayers(layer: CaseLayer): Generator<CaseLayer> {
  for (const children of smallerLists(layer.children)) yield { ...layer, children };
  for (const [i] of layer.marks.entries()) yield { ...layer, marks: without(layer.marks, i) };
  if (layer.filesystem !== 'tmpfs') yield { ...layer, filesystem: 'tmpfs' };
}

function* smallerLists(nodes: readonly TreeNode[]): Generator<TreeNode[]> {
  if (nodes.length > 1) yield [];
  if (nodes.length > 3) {
    const half = nodes.length >> 1;
    yield nodes.slice(half);
    yield nodes.slice(0, half);
  }
  for (const [i] of nodes.entries()) yield without(nodes, i);
  for (const [i, node] of nodes.entries()) {
    for (const smaller of smallerNodes(node)) yield replaced(nodes, i, smaller);
  }
}

function* smallerNodes(node: TreeNode): Generator<TreeNode> {
  for (const children of smallerLists(node.children)) yield { ...node, children };
  for (const [i] of node.marks.entries()) yield { ...node, marks: without(node.marks, i) };
  for (const [i, mark] of node.marks.entries()) {
    if (typeof mark.value !== 'string' && mark.value.twist !== 'true') {
      yield { ...node, marks: replaced(node.marks, i, { ...mark, value: { ...mark.value, twist: 'true' } }) };
    }
  }
  if (node.kind !== 'file' && node.kind !== 'dir') yield { ...node, kind: 'file', content: 'text' };
}

const without = <T>(list: readonly T[], index: number): T[] => list.filter((_, i) => i !== index);
const replaced = <T>(list: readonly T[], index: number, item: T): T[] =>
  list.map((old, i) => (i === index ? item : old));
