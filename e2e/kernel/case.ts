import type { Bytes } from '../../shared/bytes/bytes.ts';

/**
 * A case of the differential test: layers, their trees with all marks, and how they are mounted. A plain JSON value,
 * so that it can be printed, kept, shrunk and built again. Strings that name files are bytes (latin1).
 */

/** The filesystems a layer may lie on; the two btrfs ones are subvolumes of one filesystem. */
export const filesystemNames = ['tmpfs', 'tmpfs2', 'ext4', 'xfs', 'btrfs-a', 'btrfs-b'] as const;
export type FilesystemName = (typeof filesystemNames)[number];

/** The value of an `origin` mark that only the built tree can tell: the handle of a file in some layer. */
export interface HandleOf {
  readonly layer: string;
  readonly path: Bytes;
  /**
   * What is wrong with the handle: nothing, the generation, the uuid, the last bytes missing, the flags. `upper` has the
   * flag that the handles of upper inodes have.
   */
  readonly twist: 'true' | 'stale' | 'foreign' | 'truncated' | 'flags' | 'upper';
}

export type MarkName = 'opaque' | 'whiteout' | 'redirect' | 'metacopy' | 'impure' | 'origin' | 'protattr';

export interface Mark {
  readonly name: MarkName;
  /** `own`: the prefix that the mount reads; `other`: the one that it ignores. */
  readonly prefix: 'own' | 'other';
  readonly value: Bytes | HandleOf;
}

export type NodeKind = 'file' | 'dir' | 'symlink' | 'fifo' | 'whiteout' | 'link';

export interface TreeNode {
  readonly name: Bytes;
  readonly kind: NodeKind;
  /** Of a file: a text that names layer and path, nothing, or a hole of that size (as a metacopy has). */
  readonly content?: 'text' | 'empty' | 'hole';
  /** Of a symlink: its target. Of a hard link: the path in this layer that it is another name of. */
  readonly target?: Bytes;
  readonly marks: readonly Mark[];
  readonly children: readonly TreeNode[];
}

export interface CaseLayer {
  /** Stays the same while a case shrinks, where a number would not. */
  readonly id: string;
  readonly filesystem: FilesystemName;
  readonly marks: readonly Mark[];
  readonly children: readonly TreeNode[];
}

export interface CaseOptions {
  readonly redirect_dir?: 'on' | 'off' | 'follow' | 'nofollow';
  readonly metacopy?: 'on' | 'off';
  readonly index?: 'on' | 'off';
  readonly xino?: 'on' | 'auto' | 'off';
  readonly nfs_export?: 'on' | 'off';
  readonly userxattr?: true;
}

/**
 * Something done through a mount of the layers before they are mounted again and compared: then the marks are the
 * kernel's own. What fails is passed over.
 */
export interface Operation {
  readonly do: 'append' | 'chmod' | 'remove' | 'mkdir' | 'rename' | 'link' | 'create';
  readonly path: Bytes;
  /** Of rename and link: the new name. */
  readonly to?: Bytes;
}

/** An entry of WORKDIR/index that stands there before the first mount, which may clean it away. */
export interface IndexMark {
  /** The lower whose handle is its name. */
  readonly of: { readonly layer: string; readonly path: Bytes };
  /** Another name of the upper's `to`; a directory whose overlay.upper names `to`; or a whiteout. */
  readonly kind: 'link' | 'dir' | 'whiteout';
  readonly to: Bytes;
}

export interface Case {
  readonly upper: CaseLayer | null;
  /** Top first. */
  readonly lowers: readonly CaseLayer[];
  /** Data-only layers, searched in this order. */
  readonly data: readonly CaseLayer[];
  readonly options: CaseOptions;
  /** Needs an upper. */
  readonly index: readonly IndexMark[];
  /** Done before, in this order; needs an upper. */
  readonly before: readonly Operation[];
  /** Who makes the mount: the initial user namespace, or one below it. */
  readonly namespace: 'init' | 'user';
  /** What our program is pointed at: the live mount, or the layers as plain directories. */
  readonly ask: 'mount' | 'directories';
  /** Whether the kernel is asked for names before the directory is listed, or after. */
  readonly lookupFirst: boolean;
}

/** All layers in the contract's order; index in this list + (upper ? 0 : 1) is the layer's number. */
export const layersOf = (c: Case): CaseLayer[] => [...(c.upper ? [c.upper] : []), ...c.lowers, ...c.data];

/** The contract's number of the layer at `index` of `layersOf`: 0 is the upper and only the upper. */
export const layerNumber = (c: Case, index: number): number => (c.upper ? index : index + 1);

/** Calls `visit` with each node below `children` and its path in the layer, parents first. */
export function walkNodes(
  children: readonly TreeNode[],
  visit: (node: TreeNode, path: Bytes) => void,
  directory = '' as Bytes,
): void {
  for (const node of children) {
    const path = (directory === '' ? node.name : `${directory}/${node.name}`) as Bytes;
    visit(node, path);
    walkNodes(node.children, visit, path);
  }
}

/** What a file holds: a text that no other file of the case holds, nothing, or zeros. */
export function contentOf(layer: CaseLayer, path: Bytes, content: TreeNode['content']): Bytes {
  if (content === 'empty') return '' as Bytes;
  if (content === 'hole') return '\0'.repeat(holeSize) as Bytes;
  return `${layer.id}:${path}\n` as Bytes;
}

/** Longer than any text of `contentOf`, within the 8 KiB that the oracle reads. */
export const holeSize = 1500;

/** Every name that stands anywhere in the case, in a tree or in a redirect: what the kernel is asked for everywhere. */
export function namesOf(c: Case): Bytes[] {
  const names = new Set<string>();
  for (const layer of layersOf(c)) {
    walkNodes(layer.children, (node) => {
      names.add(node.name);
      for (const mark of node.marks) {
        if (mark.name !== 'redirect' || typeof mark.value !== 'string') continue;
        for (const part of mark.value.split('/')) names.add(part);
      }
    });
  }
  for (const { path, to } of c.before) for (const part of `${path}/${to ?? ''}`.split('/')) names.add(part);
  for (const none of ['', '.', '..']) names.delete(none);
  return [...names].filter((name) => name.length <= 255 && !name.includes('\0')).sort() as Bytes[];
}
