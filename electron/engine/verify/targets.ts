import { asBytes, type Bytes, compareBytes } from '../../../shared/bytes/bytes.ts';
import type { Prediction } from '../../../shared/verify/compare.ts';
import type { Predictor } from './prediction.ts';

/** A name to look at, and what is foretold of it. */
export type Target = {
  name: Bytes;
  path: Bytes;
  prediction: Prediction /** Its object; null: none. */;
  id: number | null;
};

/** A directory to look into: what the probe is asked, with what is foretold. */
export type DirectoryTarget = {
  path: Bytes;
  /** By name; the empty one is the merged root itself. */
  targets: Map<Bytes, Target>;
  /** What the listing gives besides is foretold not to be there; null where nobody asks for it. */
  absent: Prediction | null;
  /** It is not known to open, so that what is in it cannot be told from what it is itself. */
  isDoubtful: boolean;
};

const joined = (directory: Bytes, name: Bytes): Bytes => asBytes(directory === '' ? name : `${directory}/${name}`);

type Place = { id: number; path: Bytes };

/** A path and every visible object beneath it, directory by directory, parents before children; of the root, all. */
export function* targetsBeneath(predictor: Predictor, top: Bytes): Generator<DirectoryTarget> {
  if (top !== '') yield* chosenTargets(predictor, [top]);
  const todo: Place[] = placesAt(predictor, top);
  for (let at = 0; at < todo.length; at++) {
    const { id, path } = todo[at] as Place;
    const targets = new Map<Bytes, Target>();
    if (id === 0) targets.set(asBytes(''), { name: asBytes(''), path, prediction: predictor.of(0), id });
    const named = [...predictor.named(id)].sort(([a], [b]) => compareBytes(a, b));
    for (const [name, child] of named) {
      targets.set(name, { name, path: joined(path, name), prediction: predictor.of(child), id: child });
      if (predictor.isOpen(child)) todo.push({ id: child, path: joined(path, name) });
    }
    yield { path, targets, absent: predictor.ofAbsent(id), isDoubtful: true };
  }
}

/** How many names `targetsBeneath` gives, as far as is foretold. */
export function countBeneath(predictor: Predictor, top: Bytes): number {
  const todo: Place[] = placesAt(predictor, top);
  let count = 1;
  for (let at = 0; at < todo.length; at++) {
    const named = predictor.named((todo[at] as Place).id);
    count += named.size;
    for (const [name, id] of named) if (predictor.isOpen(id)) todo.push({ id, path: name });
  }
  return count;
}

/** The directory at a path, if there is one that opens. */
function placesAt(predictor: Predictor, path: Bytes): Place[] {
  const id = idOf(predictor, path);
  return id !== null && predictor.isOpen(id) ? [{ id, path }] : [];
}

/** These paths, by their directories, in tree order. */
export function* chosenTargets(predictor: Predictor, paths: Iterable<Bytes>): Generator<DirectoryTarget> {
  const byDirectory = new Map<Bytes, Set<Bytes>>();
  for (const path of paths) {
    const cut = path.lastIndexOf('/');
    const directory = asBytes(cut < 0 ? '' : path.slice(0, cut));
    const names = byDirectory.get(directory) ?? new Set();
    byDirectory.set(directory, names.add(asBytes(path.slice(cut + 1))));
  }
  const inOrder = [...byDirectory].sort(([a], [b]) => (inTree(a) < inTree(b) ? -1 : 1));
  for (const [path, names] of inOrder) {
    const id = idOf(predictor, path);
    const known = id === null ? new Map<Bytes, number>() : predictor.named(id);
    const targets = new Map<Bytes, Target>();
    for (const name of [...names].sort(compareBytes)) {
      const child = name === '' ? 0 : known.get(name);
      const prediction = child === undefined ? predictor.ofAbsent(id) : predictor.of(child);
      targets.set(name, { name, path: joined(path, name), prediction, id: child ?? null });
    }
    yield { path, targets, absent: null, isDoubtful: false };
  }
}

/** A key that orders a directory before what is in it, and right before it. */
const inTree = (path: Bytes): string => path.replaceAll('/', '\0');

/** The directory's object; null where no merged directory has this path. */
function idOf(predictor: Predictor, path: Bytes): number | null {
  let id: number = 0;
  for (const name of path.split('/').filter((part) => part !== '')) {
    const child = predictor.named(id).get(asBytes(name));
    if (child === undefined) return null;
    id = child;
  }
  return id;
}
