import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import type { CaseOptions, HandleOf, IndexMark, Mark, NodeKind, TreeNode } from './case.ts';
import type { Random } from './random.ts';
import type { Theme } from './themes.ts';

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
  /** Files, those with several names several times, that no layer above has another thing at the path of. */
  readonly exposed: Place[];
  /** In data-only layers. */
  readonly data: Place[];
}

/** Where the layer being made stands. */
export type Position = 'upper' | 'lower' | 'lowest' | 'data';

/** All that a case is drawn from, and what of it stands already. */
export interface Drawing {
  readonly random: Random;
  readonly theme: Theme;
  readonly options: CaseOptions;
  readonly names: readonly Bytes[];
  readonly below: Below;
  /** Index entries, of origins that were drawn. */
  readonly index: IndexMark[];
}

const prefix = (random: Random): Mark['prefix'] => (random.chance(0.94) ? 'own' : 'other');
const lastName = (path: Bytes): Bytes => path.slice(path.lastIndexOf('/') + 1) as Bytes;
const mark = (random: Random, name: Mark['name'], value: string): Mark => ({
  name,
  prefix: prefix(random),
  value: asBytes(value),
});

/** Marks of a layer's root, most of which the kernel ignores. */
export function makeRootMarks({ random, below }: Drawing, position: Position): Mark[] {
  const marks: Mark[] = [];
  if (random.chance(0.15)) marks.push(mark(random, 'opaque', random.pick(['x', 'x', 'x', 'y', 'y', 'yy'])));
  if (position === 'upper' && random.chance(0.25)) marks.push(mark(random, 'impure', 'y'));
  if (random.chance(0.03)) marks.push(mark(random, 'redirect', random.pick(['a', '/a'])));
  if (random.chance(0.01)) marks.push({ ...originMark(random, below.dirs), prefix: 'own' });
  return marks;
}

/** Marks of a directory: opaque in all spellings, redirects, origins, and marks that mean nothing on a directory. */
export function makeDirectoryMarks(
  drawing: Drawing,
  position: Position,
  path: Bytes,
  children: readonly TreeNode[],
): Mark[] {
  const { random, theme, below } = drawing;
  const marks: Mark[] = [];
  const hasXattrWhiteout = children.some((child) => child.marks.some((m) => m.name === 'whiteout'));
  const opaque = random.weighted({ none: 78, y: theme.opaque, x: hasXattrWhiteout ? 90 : 6, odd: 4 });
  if (opaque !== 'none') {
    marks.push(mark(random, 'opaque', opaque === 'odd' ? random.pick(['n', 'yy', '', '1', 'xx', 'Y']) : opaque));
  }
  if (position !== 'data' && random.chance(position === 'upper' ? theme.redirect.upper : theme.redirect.lower))
    marks.push(redirectMark(drawing, below.dirs, path));
  if (position === 'upper' && random.chance(0.3)) marks.push(mark(random, 'impure', 'y'));
  if (position === 'upper' && random.chance(theme.origin.dir)) {
    const places = placesAt(drawing, below.dirs, path, marks, below.all);
    marks.push(indexed(drawing, originMark(random, places), path, 'dir'));
  }
  if (random.chance(0.01)) marks.push(mark(random, 'metacopy', ''));
  if (random.chance(0.01)) marks.push(mark(random, 'whiteout', 'y'));
  return marks;
}

/** Marks of a non-directory that is no metacopy: origins in the upper, and marks that mean nothing there. */
export function makeFileMarks(drawing: Drawing, position: Position, path: Bytes, kind: NodeKind = 'file'): Mark[] {
  const { random, theme, below, names } = drawing;
  const marks: Mark[] = [];
  if (random.chance(position === 'upper' ? theme.origin.file : 0.04)) {
    const origin = originMark(random, kind === 'file' ? someFiles(drawing) : below.all);
    marks.push(position === 'upper' ? indexed(drawing, origin, path, 'link') : origin);
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
export function makeMetacopyMarks(drawing: Drawing, position: Position, path: Bytes): Mark[] {
  const { random, theme, below, names } = drawing;
  const form = random.weighted<keyof typeof metacopyValues>({
    empty: 60,
    header: 15,
    digest: 6,
    short1: 6,
    short3: 6,
    long: 3,
    version: 3,
    flags: 3,
  });
  const marks: Mark[] = [mark(random, 'metacopy', metacopyValues[form])];
  const where = random.weighted({
    none: 40,
    data: below.data.length > 0 ? 70 : 0,
    below: theme.index > 0 && position === 'upper' ? 90 : 40,
    name: 10,
  });
  if (where === 'data') marks.push(mark(random, 'redirect', `/${random.pick(below.data).path}`));
  if (where === 'below' && below.files.length > 0 && random.chance(0.5))
    marks.push(mark(random, 'redirect', `/${random.pick(someFiles(drawing)).path}`));
  else if (where === 'below')
    marks.push(redirectMark(drawing, random.chance(0.3) ? below.all : below.files, random.pick(names)));
  if (where === 'name') marks.push(mark(random, 'redirect', random.pick(names)));
  if (position === 'upper' && random.chance(theme.origin.metacopy)) {
    const places = placesAt(drawing, below.files, path, marks, someFiles(drawing));
    marks.push(indexed(drawing, originMark(random, places), path, 'link'));
  } else if (random.chance(0.03)) marks.push(originMark(random, below.files));
  if (random.chance(0.02)) marks.push(mark(random, 'whiteout', 'y'));
  return marks;
}

/** Mostly those that a lookup finds. */
const someFiles = ({ random, below }: Drawing): readonly Place[] =>
  below.exposed.length > 0 && random.chance(0.7) ? below.exposed : below.files;

/** The topmost place that the path finds, or its redirect; now and then, or where there is none, any of the others. */
function placesAt(
  { random, below }: Drawing,
  places: readonly Place[],
  path: Bytes,
  marks: readonly Mark[],
  others: readonly Place[],
): readonly Place[] {
  const redirect = marks.find(({ name }) => name === 'redirect')?.value;
  const at =
    typeof redirect !== 'string'
      ? path
      : redirect[0] === '/'
        ? redirect.slice(1)
        : path.slice(0, path.length - lastName(path).length) + redirect;
  const found = places.findLast((place) => place.path === at);
  return found && random.chance(0.5) ? [found] : others.length > 0 ? others : below.all;
}

/** The origin of the upper's `path`, now and then with the index entry that the kernel would have made with it. */
function indexed({ random, theme, index }: Drawing, origin: Mark, path: Bytes, kind: IndexMark['kind']): Mark {
  if (typeof origin.value === 'string' || origin.value.twist !== 'true' || !random.chance(theme.index)) return origin;
  const { layer, path: of } = origin.value;
  // A whiteout there says that all names of the lower were removed, though it is there.
  index.push({ of: { layer, path: of }, kind: random.chance(0.2) ? 'whiteout' : kind, to: path });
  return { ...origin, prefix: 'own' };
}

/** A redirect to something below, near by or far, or a value that is none. */
function redirectMark({ random, below, names }: Drawing, places: readonly Place[], path: Bytes): Mark {
  const target = places.length > 0 ? random.pick(places).path : asBytes('a');
  const form = random.weighted({ absolute: 45, relative: 30, missing: 6, bad: 24, own: 5, through: 10 });
  switch (form) {
    case 'absolute':
      return mark(random, 'redirect', `/${target}`);
    case 'relative':
      return mark(random, 'redirect', lastName(target));
    case 'missing':
      return mark(random, 'redirect', random.pick(['gone', '/gone', `/${target}/gone`, `/${'g'.repeat(300)}`]));
    case 'through': {
      const { path: way } = below.all.length > 0 ? random.pick(below.all) : { path: 'a' };
      return mark(random, 'redirect', `/${way}/${random.pick(names)}`);
    }
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
  const form = random.weighted({
    true: 60,
    empty: 10,
    stale: 8,
    foreign: 8,
    truncated: 4,
    flags: 4,
    upper: 2,
    junk: 4,
  });
  if (form === 'empty' || places.length === 0) return mark(random, 'origin', '');
  if (form === 'junk') return mark(random, 'origin', random.pick(['y', '\0\xfb', '\0'.repeat(40)]));
  const { layer, path } = random.pick(places);
  const value: HandleOf = { layer, path, twist: form };
  return { name: 'origin', prefix: prefix(random), value };
}
