import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import type { HandleOf, Mark, TreeNode } from './case.ts';
import type { Random } from './random.ts';

/** A file of a layer. */
export interface Place {
  readonly layer: string;
  readonly path: Bytes;
}

/** What stands in the layers below the one being made. */
export interface Below {
  readonly files: Place[];
  readonly dirs: Place[];
  readonly all: Place[];
  /** In data-only layers. */
  readonly data: Place[];
}

type Position = 'upper' | 'lower' | 'lowest' | 'data';

const prefix = (random: Random): Mark['prefix'] => (random.chance(0.94) ? 'own' : 'other');
const lastName = (path: Bytes): Bytes => path.slice(path.lastIndexOf('/') + 1) as Bytes;
const mark = (random: Random, name: Mark['name'], value: string): Mark => ({
  name,
  prefix: prefix(random),
  value: asBytes(value),
});

/** Marks of a layer's root, most of which the kernel ignores. */
export function makeRootMarks(random: Random, position: Position, below: Below): Mark[] {
  const marks: Mark[] = [];
  if (random.chance(0.15)) marks.push(mark(random, 'opaque', random.pick(['x', 'x', 'x', 'y', 'y', 'yy'])));
  if (position === 'upper' && random.chance(0.25)) marks.push(mark(random, 'impure', 'y'));
  if (random.chance(0.03)) marks.push(mark(random, 'redirect', random.pick(['a', '/a'])));
  if (random.chance(0.01)) marks.push({ ...originMark(random, below.dirs), prefix: 'own' });
  return marks;
}

/** Marks of a directory: opaque in all spellings, redirects, origins, and marks that mean nothing on a directory. */
export function makeDirectoryMarks(
  random: Random,
  position: Position,
  path: Bytes,
  below: Below,
  children: readonly TreeNode[],
): Mark[] {
  const marks: Mark[] = [];
  const hasXattrWhiteout = children.some((child) => child.marks.some((m) => m.name === 'whiteout'));
  const opaque = random.weighted({ none: 78, y: 9, x: hasXattrWhiteout ? 45 : 5, odd: 4 });
  if (opaque !== 'none') {
    marks.push(mark(random, 'opaque', opaque === 'odd' ? random.pick(['n', 'yy', '', '1', 'xx', 'Y']) : opaque));
  }
  if (position !== 'data' && random.chance(position === 'upper' ? 0.12 : 0.18))
    marks.push(redirectMark(random, below.dirs, path));
  if (position === 'upper' && random.chance(0.2)) marks.push(mark(random, 'impure', 'y'));
  if (position === 'upper' && random.chance(0.12)) {
    const same = below.dirs.filter((place) => place.path === path);
    marks.push(originMark(random, same.length > 0 && random.chance(0.8) ? same : below.all));
  }
  if (random.chance(0.01)) marks.push(mark(random, 'metacopy', ''));
  if (random.chance(0.01)) marks.push(mark(random, 'whiteout', 'y'));
  return marks;
}

/** Marks of a non-directory that is no metacopy: origins in the upper, and marks that mean nothing there. */
export function makeFileMarks(
  random: Random,
  position: Position,
  below: Below,
  names: readonly Bytes[],
  kind: 'file' | 'symlink' | 'fifo' = 'file',
): Mark[] {
  const marks: Mark[] = [];
  if (random.chance(position === 'upper' ? 0.1 : 0.04)) {
    marks.push(originMark(random, kind === 'file' ? below.files : below.all));
  }
  if (random.chance(0.03))
    marks.push(mark(random, 'redirect', random.pick([random.pick(names), `/${random.pick(names)}`])));
  if (random.chance(0.02)) marks.push(mark(random, 'opaque', random.pick(['y', 'x'])));
  if (kind !== 'file' && random.chance(0.1)) marks.push(mark(random, 'metacopy', ''));
  if (kind !== 'file' && random.chance(0.05)) marks.push(mark(random, 'whiteout', 'y'));
  if (random.chance(0.02)) marks.push(mark(random, 'protattr', 'i'));
  return marks;
}

/** Header of a metacopy xattr: version, length, flags, digest algorithm, digest. */
const metacopyValues = {
  empty: '',
  header: '\0\x04\0\0',
  digest: `\0\x24\0\x01${'\xab'.repeat(32)}`,
  short1: '\0',
  short3: '\0\x04\0',
  long: `\0\x04\0\0${'\0'.repeat(200)}`,
  version: '\x01\x04\0\0',
  flags: '\0\x04\x07\0',
} as const;

/** Marks of a metacopy file: the mark itself, and where it says that its data are. */
export function makeMetacopyMarks(random: Random, position: Position, below: Below, names: readonly Bytes[]): Mark[] {
  const form = random.weighted<keyof typeof metacopyValues>({
    empty: 60,
    header: 15,
    digest: 6,
    short1: 3,
    short3: 3,
    long: 3,
    version: 3,
    flags: 3,
  });
  const marks: Mark[] = [mark(random, 'metacopy', metacopyValues[form])];
  const where = random.weighted({ none: 40, data: below.data.length > 0 ? 60 : 0, below: 35, name: 10 });
  if (where === 'data') marks.push(mark(random, 'redirect', `/${random.pick(below.data).path}`));
  if (where === 'below') marks.push(redirectMark(random, below.files, random.pick(names)));
  if (where === 'name') marks.push(mark(random, 'redirect', random.pick(names)));
  if (random.chance(position === 'upper' ? 0.2 : 0.03)) marks.push(originMark(random, below.files));
  if (random.chance(0.02)) marks.push(mark(random, 'whiteout', 'y'));
  return marks;
}

/** A redirect to something below, near by or far, or a value that is none. */
function redirectMark(random: Random, places: readonly Place[], path: Bytes): Mark {
  const target = places.length > 0 ? random.pick(places).path : asBytes('a');
  const form = random.weighted({ absolute: 45, relative: 30, missing: 6, bad: 9, own: 5 });
  switch (form) {
    case 'absolute':
      return mark(random, 'redirect', `/${target}`);
    case 'relative':
      return mark(random, 'redirect', lastName(target));
    case 'missing':
      return mark(random, 'redirect', random.pick(['gone', '/gone', `/${target}/gone`, `/${'g'.repeat(300)}`]));
    case 'own':
      return mark(random, 'redirect', random.pick([lastName(path), `/${path}`]));
    case 'bad':
      return mark(
        random,
        'redirect',
        random.pick(['', '/', '.', '..', '/..', `/${target}/..`, 'a/b', `/${target}/`, `//${target}`, `${target}\0`]),
      );
  }
}

/** An origin: the handle of one of the places, whole or spoilt, or no handle at all. */
function originMark(random: Random, places: readonly Place[]): Mark {
  const form = random.weighted({ true: 60, empty: 10, stale: 8, foreign: 8, truncated: 4, flags: 4, junk: 4 });
  if (form === 'empty' || places.length === 0) return mark(random, 'origin', '');
  if (form === 'junk') return mark(random, 'origin', random.pick(['y', '\0\xfb', '\0'.repeat(40)]));
  const { layer, path } = random.pick(places);
  const value: HandleOf = { layer, path, twist: form };
  return { name: 'origin', prefix: prefix(random), value };
}
