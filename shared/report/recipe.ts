import { asBytes, type Bytes } from '../bytes/bytes.ts';
import type { ListObject, ScanEntry, ScanMeta } from '../contract/scan.ts';
import { bytesOf } from '../explain/words.ts';
import { stackOptions } from '../merge/options.ts';
import type { EntryAttributes, ReportFacts, ReportObject } from './facts.ts';
import { chooseFilesystems, type RecipeFilesystem } from './filesystems.ts';
import { type HandleTarget, originTarget } from './origin.ts';

/** The smallest stack that shows an object again: what stands in which layer, on which filesystem, with which marks. */

/** A value of an attribute: bytes in hex, or a handle that only the built tree can tell. */
export type RecipeValue = { hex: string } | { handle: HandleTarget };

export type RecipeNode = {
  layer: number;
  path: Bytes;
  type: ScanEntry['type'];
  /** First path in the layer of the same inode: this one is another name of it. */
  linkOf: Bytes | null;
  attributes: EntryAttributes;
  size: bigint;
  xattrs: { name: string; value: RecipeValue }[];
};

export type RecipeLayer = { layer: number; role: 'upper' | 'lower' | 'data'; filesystem: number; name: string };

export type Recipe = {
  filesystems: RecipeFilesystem[];
  layers: RecipeLayer[];
  /** Parents before children. */
  nodes: RecipeNode[];
  /** Attributes of the layers' roots. */
  roots: { layer: number; xattrs: RecipeNode['xattrs'] }[];
  /** The entry of the index directory for the upper inode: the lower's handle is its name. */
  index: { of: HandleTarget; upper: Bytes } | null;
  options: string[];
  /** What cannot be built by it, in sentences. */
  limits: string[];
};

/** Why there is no recipe, in a sentence; else the recipe. */
export function recipeOf(meta: ScanMeta['meta'], facts: ReportFacts): Recipe | { refused: string } {
  const { object } = facts.it;
  // Which of those that share a lower object is answered hangs on who looks first: that can be built.
  const isUnknown = object.lookup === 'unknown' && !object.findings.includes('origin-shared');
  if (isUnknown || object.provenance === 'unknown')
    return { refused: 'What decides it could not be read, so nothing can be built that shows the same.' };
  const options = stackOptions({ ...meta, userNamespace: meta.marks === 'none' }, meta.parameters);
  const kept = keptLayers(meta, facts);
  const { filesystems, ofLayer, limits, other } = chooseFilesystems(meta, facts, kept);
  const layers: RecipeLayer[] = meta.layers
    .filter(({ layer }) => kept.has(layer))
    .map(({ layer, role }) => ({
      layer,
      role,
      filesystem: ofLayer.get(layer) as number,
      name: role === 'upper' ? 'upper' : `lower${layer}`,
    }));
  if (other !== null) layers.push({ layer: other.layer, role: 'lower', filesystem: other.filesystem, name: 'other' });
  sortForMount(layers);
  const top = object.entries[0];
  const isIndexed = options.index && top?.layer === 0 && object.type !== 'dir' && object.marks.includes('indexed');
  const nodes = nodesOf(meta, facts, kept, isIndexed);
  if (meta.marks === 'none') limits.push('The mount was made in a user namespace: run it under unshare -Urm.');
  if (facts.it.attributes.some(({ layer }) => !kept.has(layer))) limits.push('Not all of its layers are built.');
  if (object.findings.includes('ino-reused') && !object.entries.some(({ layer }) => layer === 0))
    limits.push('Whose number it has now is not built.');
  const of = isIndexed ? originTarget(facts.it, nodes) : null;
  return {
    filesystems,
    layers,
    nodes,
    roots: rootsOf(meta, facts, kept),
    index: of && top ? { of, upper: bytesOf(top.path, top.pathB64) } : null,
    options: optionTexts(meta, options),
    limits,
  };
}

/** Lowers top first, data-only ones last, the upper before all. */
function sortForMount(layers: RecipeLayer[]): void {
  const rank = { upper: 0, lower: 1, data: 2 };
  layers.sort((a, b) => rank[a.role] - rank[b.role] || a.layer - b.layer);
}

/**
 * Layers that hold something of it, or of what it rests on; the upper always, and of a parent that merges so many that
 * it still does.
 */
function keptLayers(meta: ListObject, { it, above, beside }: ReportFacts): Set<number> {
  const kept = new Set<number>();
  if (meta.layers.some(({ role }) => role === 'upper')) kept.add(0);
  for (const { object } of [it, ...beside]) {
    for (const { layer } of object.entries) kept.add(layer);
    const { origin } = object;
    if (origin !== null && origin !== 'unknown' && typeof origin.layer === 'number') kept.add(origin.layer);
    if (object.data !== null && object.data !== 'unknown') kept.add(object.data.layer);
  }
  const parent = above.at(-1)?.object.entries.filter(({ role }) => role === 'object' || role === 'merged') ?? [];
  for (const { layer } of parent) if (parent.filter((one) => kept.has(one.layer)).length < 2) kept.add(layer);
  const lowers = meta.layers.filter(({ role }) => role === 'lower');
  // In the lowest layer the kernel reads no mark of a directory: it must not become another.
  const isMarked = [it, ...above].some(({ object }) =>
    object.entries.some(({ layer, marks }) => layer > 0 && marks.length > 0),
  );
  const lowest = lowers.at(-1);
  if (isMarked && lowest) kept.add(lowest.layer);
  // A mount without an upper needs two lowers.
  for (const { layer } of lowers) {
    const enough = lowers.filter((one) => kept.has(one.layer)).length >= (kept.has(0) ? 1 : 2);
    if (!enough) kept.add(layer);
  }
  return kept;
}

type Placed = { entry: ScanEntry; attributes: EntryAttributes; of: ReportObject };

function nodesOf(meta: ListObject, facts: ReportFacts, kept: ReadonlySet<number>, isIndexed: boolean): RecipeNode[] {
  const nodes: RecipeNode[] = [];
  const made = new Set<string>();
  const inodes = new Map<string, Bytes>();
  const put = ({ entry, attributes, of }: Placed): void => {
    const { layer, path } = attributes;
    const key = `${layer} ${path}`;
    if (path === '' || !kept.has(layer) || made.has(key)) return;
    made.add(key);
    const inode = `${layer} ${entry.dev} ${entry.ino}`;
    const linkOf = entry.type === 'dir' || entry.ino === 'unknown' ? null : (inodes.get(inode) ?? null);
    if (linkOf === null) inodes.set(inode, path);
    const size = entry.size === 'unknown' ? 0n : BigInt(entry.size);
    nodes.push({
      layer,
      path,
      type: entry.type,
      linkOf,
      attributes,
      size,
      xattrs: xattrsOf(meta, entry, attributes, of),
    });
  };
  for (const of of [...facts.above, facts.it, ...facts.beside]) for (const one of placedOf(of)) put(one);
  // Names of a hard link of which nothing else is known.
  for (const { entry, attributes, of } of placedOf(facts.it)) {
    const { layer, path } = attributes;
    const names = nodes.filter((node) => node.layer === layer && (node.path === path || node.linkOf === path)).length;
    if (entry.type === 'dir' || entry.type === 'whiteout' || typeof entry.nlink !== 'number' || !kept.has(layer))
      continue;
    // The index has one of the upper's names.
    const links = entry.nlink - (isIndexed && layer === 0 ? 1 : 0);
    for (let more = names; more < Math.min(links, MOST_LINKS); more++) {
      const other = asBytes(`${path}.link${more}`);
      put({ entry, attributes: { ...attributes, path: other }, of });
    }
  }
  return nodes.sort((a, b) => depth(a.path) - depth(b.path));
}

/** Marks of the layers' roots; the kernel writes the uuid and the origin of the upper's itself. */
function rootsOf(meta: ListObject, { above, it }: ReportFacts, kept: ReadonlySet<number>): Recipe['roots'] {
  const root = above[0] ?? it;
  return placedOf(root)
    .filter(({ attributes: { layer, path } }) => path === '' && kept.has(layer))
    .map(({ entry, attributes, of }) => ({
      layer: attributes.layer,
      xattrs: xattrsOf(meta, entry, attributes, of).filter(({ name }) => !name.endsWith('.overlay.origin')),
    }));
}

const MOST_LINKS = 3;
const depth = (path: Bytes): number => path.split('/').length;

const placedOf = (of: ReportObject): Placed[] =>
  of.attributes.flatMap((attributes, i) => {
    const entry = of.object.entries[i];
    return entry === undefined ? [] : [{ entry, attributes, of }];
  });

/** The attributes of an entry; of the upper's, a handle is made anew of what it names. */
function xattrsOf(
  meta: ListObject,
  entry: ScanEntry,
  { layer, xattrs }: EntryAttributes,
  of: ReportObject,
): RecipeNode['xattrs'] {
  const prefix = meta.marks === 'user' ? 'user.overlay.' : 'trusted.overlay.';
  return xattrs.flatMap(({ name, value }): RecipeNode['xattrs'] => {
    if (name === `${prefix}uuid` || name === `${prefix}upper`) return [];
    if (name !== `${prefix}origin` || layer !== 0 || value === '') return [{ name, value: { hex: value } }];
    const handle = handleOf(entry, of);
    return handle === null ? [] : [{ name, value: { handle } }];
  });
}

/** What the origin of an upper entry is to name in the built tree. */
function handleOf(entry: ScanEntry, of: ReportObject): HandleTarget | null {
  if (entry.type !== 'dir') return originTarget(of, null);
  // A directory goes by its topmost lower, whatever the mark names; without one the kernel has nothing to write.
  const at = of.object.entries.findIndex(({ layer, role }) => layer > 0 && (role === 'merged' || role === 'object'));
  const lower = of.attributes[at];
  return lower ? { layer: lower.layer, path: lower.path, twist: null } : null;
}

/** Options as they are in effect, whatever the defaults of the machine on which it is built. */
function optionTexts(meta: ListObject, options: ReturnType<typeof stackOptions>): string[] {
  const hasUpper = meta.layers.some(({ role }) => role === 'upper');
  const flag = (name: string, on: boolean): string => `${name}=${on ? 'on' : 'off'}`;
  const out: string[] = [];
  if (options.userxattr) out.push('userxattr');
  else {
    out.push(flag('metacopy', options.metacopy));
    if (hasUpper) out.push(flag('index', options.index), flag('nfs_export', options.nfsExport));
  }
  if (hasUpper || options.redirectDir === 'nofollow') out.push(`redirect_dir=${options.redirectDir}`);
  out.push(`xino=${meta.inodeMode === 'none' ? 'off' : options.xino}`);
  if (options.uuid === 'off') out.push('uuid=off');
  const { verity } = meta.options;
  if (verity !== undefined && verity !== 'off') out.push(`verity=${verity}`);
  return out;
}
