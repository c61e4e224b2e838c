import type { ListObject, ScanMeta } from '../contract/scan.ts';
import type { ReportFacts } from './facts.ts';

/** On which filesystems the layers of a recipe stand: as few and as plain as show the same numbers. */

/**
 * `ext4` and `xfs` on images, with a uuid of their own and handles that a shell can make; `tmpfs` where none of its
 * handles is needed; `squashfs`, which has no uuid, with handles or without; `btrfs`, each lower a subvolume of it, which
 * number their inodes anew.
 */
export type RecipeFilesystem = {
  number: number;
  kind: 'ext4' | 'xfs' | 'tmpfs' | 'btrfs' | 'squashfs' | 'squashfs without handles';
  /** 32 hex digits; null where it has none, or where nobody needs to know it. */
  uuid: string | null;
};

type Choice = {
  filesystems: RecipeFilesystem[];
  /** By layer number, the number of its filesystem. */
  ofLayer: Map<number, number>;
  limits: string[];
  /** A lower on a filesystem of its own that holds nothing, where the numbers need more than one. */
  other: { layer: number; filesystem: number } | null;
};

const uuidOf = (number: number): string => `5317a705c09e40008000${number.toString(16).padStart(12, '0')}`;

export function chooseFilesystems(meta: ScanMeta['meta'], facts: ReportFacts, kept: ReadonlySet<number>): Choice {
  const limits: string[] = [];
  const layers = meta.layers.filter(({ layer }) => kept.has(layer));
  // Layers of one superblock have one device; what is not known stands alone.
  const keyOf = ({ layer, dev }: ListObject['layers'][number]): string => (dev === 'unknown' ? `layer ${layer}` : dev);
  const keys = [...new Set(layers.map(keyOf))];
  const needHandles = new Set(namedLayers(facts));
  // A shell asks files and directories alone for their generation on xfs.
  const isPlain = facts.it.object.type === 'file' || facts.it.object.type === 'dir';
  const isWide = meta.xinoBits !== null && meta.xinoBits !== 32;
  const filesystems = keys.map((key, i): RecipeFilesystem => {
    const own = layers.filter((layer) => keyOf(layer) === key);
    const number = i + 1;
    const uuids = meta.layers.map(({ fs }) => fs.uuid);
    const uuid = own[0]?.fs.uuid ?? null;
    const isUpper = own.some(({ role }) => role === 'upper');
    const handles = facts.handles.filter(({ layer }) => own.some((one) => one.layer === layer)).map(({ kind }) => kind);
    if (!isUpper && handles.includes('none')) return { number, kind: 'squashfs without handles', uuid: null };
    if (!isUpper && uuid === null) return { number, kind: 'squashfs', uuid: null };
    // A clone of an image has the uuid of the other: both get the first's number.
    const first = keys.findIndex((other) => layers.find((layer) => keyOf(layer) === other)?.fs.uuid === uuid);
    const same = uuid === null || uuids.filter((one) => one === uuid).length < 2 ? number : first + 1;
    const isNamed = own.some(({ layer }) => needHandles.has(layer));
    // What a handle names would have to be of a subvolume, which a shell cannot write.
    if (!isNamed && facts.it.object.findings.includes('same-number-two-files'))
      return { number, kind: 'btrfs', uuid: null };
    if (isWide && handles.includes('wide')) {
      if (!isNamed && meta.marks !== 'user') return { number, kind: 'tmpfs', uuid: null };
      if (isPlain) return { number, kind: 'xfs', uuid: uuidOf(same) };
    }
    return { number, kind: 'ext4', uuid: uuidOf(same) };
  });
  const ofLayer = new Map(layers.map((layer) => [layer.layer, keys.indexOf(keyOf(layer)) + 1]));
  if (isWide && !filesystems.some(({ kind }) => kind === 'xfs' || kind === 'tmpfs'))
    limits.push('Its filesystem id stands in 32 bits, not in as few as where it was met.');
  const other = needsAnother(meta, layers) ? { layer: OTHER, filesystem: filesystems.length + 1 } : null;
  if (other) filesystems.push({ number: other.filesystem, kind: 'ext4', uuid: uuidOf(other.filesystem) });
  return { filesystems, ofLayer, limits, other };
}

/** Below every layer that there can be. */
const OTHER = 1000;

/** Layers of which a handle is needed: those that an origin names. */
function namedLayers({ it, above, beside }: ReportFacts): number[] {
  const out: number[] = [];
  for (const { object, attributes } of [it, ...above, ...beside]) {
    if (!attributes.some(({ layer, xattrs }) => layer === 0 && xattrs.some(({ name }) => name.endsWith('.origin'))))
      continue;
    const { origin } = object;
    if (origin !== null && origin !== 'unknown' && typeof origin.layer === 'number') out.push(origin.layer);
    out.push(...object.entries.filter(({ layer }) => layer > 0).map(({ layer }) => layer));
  }
  return out;
}

/** Numbers are made of several filesystems, and those that are kept lie on one. */
function needsAnother(meta: ListObject, layers: ListObject['layers']): boolean {
  if (meta.inodeMode !== 'xino' && meta.inodeMode !== 'none') return false;
  const merging = layers.filter(({ role }) => role !== 'data');
  return new Set(merging.map(({ dev }) => dev)).size < 2;
}
