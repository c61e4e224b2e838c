import { type Bytes, bytesOfBase64, bytesOfText, joinBytes } from '../../shared/bytes/bytes.ts';
import type { ScanObject } from '../../shared/contract/scan.ts';
import { type BuiltCase, prefixOf } from './build.ts';
import { layerNumber, layersOf, type TreeNode, walkNodes } from './case.ts';
import { getXattr, statPath } from './libc.ts';
import type { KernelObject, KernelView } from './oracle.ts';

/** One thing that our program says and the kernel contradicts, or that contradicts the layers as they were built. */
export interface Difference {
  readonly path: Bytes;
  readonly field:
    | 'scan'
    | 'object'
    | 'lookup'
    | 'listed'
    | 'type'
    | 'mode'
    | 'size'
    | 'data'
    | 'unknown'
    | 'entries'
    | 'twice';
  readonly predicted: string;
  readonly observed: string;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** Objects that the kernel was asked about. */
  readonly objects: number;
  /** Those among them of which our program says that it cannot know. */
  readonly unknown: number;
}

/** Bytes of a path of the contract, whose exact form stands beside it where the text is not exact. */
export const exactPath = (of: { path: string; pathB64?: string | undefined }): Bytes =>
  of.pathB64 === undefined ? bytesOfText(of.path) : bytesOfBase64(of.pathB64);

const parentOf = (path: Bytes): Bytes => path.slice(0, Math.max(0, path.lastIndexOf('/'))) as Bytes;
const quote = (bytes: string): string => JSON.stringify(bytes.length > 60 ? `${bytes.slice(0, 60)}…` : bytes);

const typeOfMode = new Map([
  [0o100000, 'file'],
  [0o040000, 'dir'],
  [0o120000, 'symlink'],
  [0o010000, 'fifo'],
  [0o020000, 'char'],
  [0o060000, 'block'],
  [0o140000, 'socket'],
]);

/**
 * Holds a scan (with hidden objects) of a built case against what the kernel said of it. `nameless` are contents that
 * stand in the index alone: which file they are from no answer can say.
 */
export function compare(
  built: BuiltCase,
  scan: readonly ScanObject[],
  view: KernelView,
  nameless: ReadonlySet<Bytes>,
): Comparison {
  const differences: Difference[] = [];
  const differ = (path: Bytes, field: Difference['field'], predicted: unknown, observed: unknown): void =>
    void differences.push({ path, field, predicted: String(predicted), observed: String(observed) });
  const ours = new Map<Bytes, ScanObject>();
  for (const object of scan) {
    const path = exactPath(object);
    if (ours.has(path)) differ(path, 'twice', 'two objects', 'one path');
    ours.set(path, object);
  }
  const kernel = new Map(view);
  const unknowns = unknownJudge(built, ours, kernel);
  // Names asked for before the listing make the kernel mark the directory impure, and from then on its listing leaves
  // out what it cannot look up, or fails at it: what a listing would have given before can then not be seen.
  const isSpoilt = (path: Bytes, lookup: string): boolean =>
    built.case.lookupFirst && (lookup !== 'ok' || kernel.get(parentOf(path))?.listingErrno != null);
  let unknown = 0;
  for (const [path, observed] of view) {
    const object = ours.get(path);
    if (object === undefined) {
      if (!unknowns.below(path)) differ(path, 'object', 'nothing', `${observed.lookup}, listed ${observed.listed}`);
      continue;
    }
    const isUnknown = object.lookup === 'unknown' || object.listed === 'unknown';
    if (isUnknown || object.data === 'unknown') unknown++;
    if (isUnknown) {
      const objection = unknowns.objection(path, object, observed);
      if (objection !== null) differ(path, 'unknown', 'unknown', objection);
    }
    if (object.lookup === 'unknown') continue;
    if (object.lookup !== observed.lookup) {
      differ(path, 'lookup', object.lookup, observed.lookup);
      continue;
    }
    if (!isSpoilt(path, observed.lookup) && object.listed !== 'unknown' && object.listed !== observed.listed) {
      differ(path, 'listed', object.listed, observed.listed);
    }
    if (observed.lookup === 'ok') compareFound(built, path, object, observed, nameless, differ);
  }
  for (const [path, object] of ours) {
    if (kernel.has(path)) continue;
    if (object.lookup === 'unknown' && unknowns.objection(path, object, null) === null) continue;
    // Of a hidden object the contract says ENOENT, also below a path whose own lookup is an error.
    const expected = object.hiddenBy === null ? answerBelow(path, kernel) : 'ENOENT';
    if (object.lookup !== expected) differ(path, 'lookup', object.lookup, expected);
    if (object.listed === true && !isSpoilt(path, expected)) differ(path, 'listed', object.listed, false);
  }
  compareEntries(built, scan, differ);
  return { differences, objects: view.length, unknown };
}

/** What lstat of an absent path answers: ENOENT, or what it met on the way. */
function answerBelow(path: Bytes, kernel: ReadonlyMap<Bytes, KernelObject>): string {
  for (let at = parentOf(path); at !== ''; at = parentOf(at)) {
    const above = kernel.get(at);
    if (above === undefined) continue;
    return above.lookup === 'ok' ? 'ENOENT' : above.lookup;
  }
  return 'ENOENT';
}

function compareFound(
  built: BuiltCase,
  path: Bytes,
  object: ScanObject,
  observed: KernelObject,
  nameless: ReadonlySet<Bytes>,
  differ: (path: Bytes, field: Difference['field'], predicted: unknown, observed: unknown) => void,
): void {
  const mode = observed.mode as number;
  const type = typeOfMode.get(mode & 0o170000);
  if (object.type !== type) {
    differ(path, 'type', object.type, type);
    return;
  }
  const modeText = mode.toString(8).padStart(7, '0');
  if (object.mode !== modeText) differ(path, 'mode', object.mode, modeText);
  if (type === 'file' && object.size !== observed.size) differ(path, 'size', object.size, observed.size);
  const predicted = predictedData(built, object);
  if (type !== 'file') {
    if (object.data !== null) differ(path, 'data', predicted.text, 'no file');
    return;
  }
  const data = observed.data as NonNullable<KernelObject['data']>;
  if ('errno' in data) {
    if (object.data !== null) differ(path, 'data', predicted.text, `open or read: ${data.errno}`);
  } else if (object.data === 'unknown' && (nameless.has(data.bytes) || isSharedMetacopy(built, object))) {
    return;
  } else if (predicted.bytes !== data.bytes) differ(path, 'data', predicted.text, `bytes ${quote(data.bytes)}`);
}

/**
 * Whether the object is one of several names of a metacopy in a lower: they share one inode of the mount, and so the
 * data that the first of them finds that is looked up.
 */
function isSharedMetacopy(built: BuiltCase, object: ScanObject): boolean {
  const entry = object.entries.find(({ role }) => role === 'object');
  const layer = layersOf(built.case)[(entry?.layer ?? -1) - layerNumber(built.case, 0)];
  const root = layer && built.case.lowers.includes(layer) ? built.roots.get(layer.id) : undefined;
  if (root === undefined || entry === undefined) return false;
  const file = joinBytes(root, exactPath(entry));
  const stat = statPath(file);
  const mark = getXattr(file, `${prefixOf(built.case, 'own')}metacopy`);
  return typeof stat !== 'string' && stat.nlink > 1 && 'value' in mark;
}

/** The bytes of the file that our program names; null where it names none or one that was not built. */
function predictedData(built: BuiltCase, object: ScanObject): { bytes: Bytes | null; text: string } {
  if (object.data === null || object.data === 'unknown') return { bytes: null, text: String(object.data) };
  const path = exactPath(object.data);
  const index = object.data.layer - layerNumber(built.case, 0);
  const layer = layersOf(built.case)[index];
  const bytes = layer ? (built.contents.get(`${layer.id}:${path}`) ?? null) : null;
  return { bytes, text: `layer ${object.data.layer} (${layer?.id}) ${quote(path)}` };
}

/** Marks on which lookup hangs in a stack without an upper. */
const LEADING = new Set<string>(['whiteout', 'opaque', 'redirect', 'metacopy']);

/**
 * Where "unknown" may stand on a privileged run: at and below objects that share an origin; in the listing, where the
 * kernel's answer hangs on whether it has met an opaque=x directory of the layer before; and at and below
 * marks of which nothing tells whether the mount heeds them, for a user namespace may have made it.
 */
function unknownJudge(
  built: BuiltCase,
  ours: ReadonlyMap<Bytes, ScanObject>,
  kernel: ReadonlyMap<Bytes, KernelObject>,
) {
  let hasOpaqueX = false;
  const marked = new Set<Bytes>();
  for (const layer of layersOf(built.case)) {
    const see = (marks: TreeNode['marks'], path: Bytes): void => {
      if (marks.some((mark) => mark.name === 'opaque' && mark.value === 'x')) hasOpaqueX = true;
      if (marks.some((mark) => LEADING.has(mark.name))) marked.add(path);
    };
    see(layer.marks, '' as Bytes);
    walkNodes(layer.children, (node, path) => see(node.marks, path));
  }
  const shares = (path: Bytes): boolean => {
    for (let at: Bytes = path; at !== ''; at = parentOf(at)) {
      if (ours.get(at)?.findings.includes('origin-shared')) return true;
    }
    return false;
  };
  // One name that is refused fails the whole listing of an impure upper directory that is not merged.
  const parentsOfShared = new Set<Bytes>();
  for (const [path, object] of ours) if (object.findings.includes('origin-shared')) parentsOfShared.add(parentOf(path));
  const { upper, namespace, options } = built.case;
  const isInDoubt = upper === null && namespace === 'user' && options.userxattr === undefined;
  const doubted = (path: Bytes): boolean => {
    for (let at: Bytes = path; isInDoubt; at = parentOf(at)) {
      if (marked.has(at)) return true;
      if (at === '') return false;
    }
    return false;
  };
  const mayBe = (path: Bytes): boolean => shares(path) || doubted(path);
  return {
    /** Whether this path may be missing from our answer, for it lies below something unknown. */
    below: (path: Bytes): boolean => mayBe(parentOf(path)),
    /** Null where the object may be unknown, else why not. */
    objection(path: Bytes, object: ScanObject, observed: KernelObject | null): string | null {
      if (mayBe(path)) return null;
      const seen = `${observed?.lookup ?? 'absent'}, listed ${kernel.get(path)?.listed ?? false}`;
      if (object.lookup === 'unknown') return `${seen}: no origin is shared`;
      if (parentsOfShared.has(parentOf(path))) return null;
      if (!hasOpaqueX) return `${seen}: no directory has opaque=x`;
      if (object.lookup === 'ok' && observed?.lookup === 'ok') return `${seen}: found, so no whiteout and no error`;
      return null;
    },
  };
}

/** Each thing that stands in a layer that merges is an entry of some object: hidden things are rows too. */
function compareEntries(
  built: BuiltCase,
  scan: readonly ScanObject[],
  differ: (path: Bytes, field: Difference['field'], predicted: unknown, observed: unknown) => void,
): void {
  const told = new Map<string, string>();
  for (const object of scan) {
    for (const entry of object.entries) told.set(`${entry.layer}:${exactPath(entry)}`, entry.type);
  }
  const numbers = new Map(layersOf(built.case).map((layer, index) => [layer.id, layerNumber(built.case, index)]));
  for (const [place, type] of built.types) {
    const at = place.indexOf(':');
    const number = numbers.get(place.slice(0, at));
    const path = place.slice(at + 1) as Bytes;
    const entry = told.get(`${number}:${path}`);
    const isXattrWhiteout = type === 'file' && entry === 'whiteout';
    if (entry !== type && !isXattrWhiteout)
      differ(path, 'entries', entry ?? 'no entry', `layer ${number} has a ${type}`);
  }
}
