import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import type { CaseLayer, HandleOf, IndexMark, Mark, TreeNode } from './case.ts';
import { type Drawing, makeMetacopyMarks } from './generator-marks.ts';

/**
 * What random trees seldom bring about, planted in the roots of a case's layers below names that nothing else has: an
 * upper that names a lower by its handle, rightly or wrongly, with what the index says of it; a metacopy over any kind
 * of thing; marks in a directory that one layer alone has. Which layer it is planted in is drawn too.
 */
export interface Planted {
  readonly upper: CaseLayer | null;
  readonly lowers: readonly CaseLayer[];
  readonly index: readonly IndexMark[];
}

/** One that is being planted: its names, and what was planted so far. */
class Bed {
  readonly drawing: Drawing;
  readonly #number: number;
  readonly #lowers: CaseLayer[];
  readonly index: IndexMark[] = [];
  #upper: CaseLayer | null;

  constructor(drawing: Drawing, number: number, planted: Planted) {
    this.drawing = drawing;
    this.#number = number;
    this.#upper = planted.upper;
    this.#lowers = [...planted.lowers];
    this.index.push(...planted.index);
  }

  get planted(): Planted {
    return { upper: this.#upper, lowers: this.#lowers, index: this.index };
  }
  get count(): number {
    return this.#lowers.length;
  }

  name(letter: 'p' | 'q' | 'v' | 'w'): Bytes {
    return asBytes(`${letter}${this.#number}`);
  }

  inLower(at: number, node: Partial<TreeNode> & Pick<TreeNode, 'name' | 'kind'>): void {
    const layer = this.#lowers[at] as CaseLayer;
    this.#lowers[at] = { ...layer, children: [...layer.children, { marks: [], children: [], ...node }] };
  }

  inUpper(node: Partial<TreeNode> & Pick<TreeNode, 'name' | 'kind'>): void {
    if (this.#upper === null) return;
    this.#upper = { ...this.#upper, children: [...this.#upper.children, { marks: [], children: [], ...node }] };
  }

  /** The origin that names `letter` in the lower `at`. */
  origin(at: number, letter: 'p' | 'q', twist: HandleOf['twist'] = 'true'): Mark {
    const layer = (this.#lowers[at] as CaseLayer).id;
    return { name: 'origin', prefix: 'own', value: { layer, path: this.name(letter), twist } };
  }

  /** What the index has of `letter` in the lower `at`. */
  entry(at: number, letter: 'p' | 'q', kind: IndexMark['kind'], to: 'p' | 'v' | 'w'): void {
    const layer = (this.#lowers[at] as CaseLayer).id;
    this.index.push({ of: { layer, path: this.name(letter) }, kind, to: this.name(to) });
  }
}

const own = (name: Mark['name'], value: string): Mark => ({ name, prefix: 'own', value: asBytes(value) });

const plants = {
  /** An upper metacopy whose redirect finds p: it names p by its handle, or q, or what is no more. */
  metacopy(bed: Bed): void {
    const { random } = bed.drawing;
    const at = random.below(bed.count);
    bed.inLower(at, { name: bed.name('p'), kind: 'file', content: 'text' });
    const other = random.chance(0.5) ? at : random.below(bed.count);
    bed.inLower(other, { name: bed.name('q'), kind: 'file', content: 'text' });
    // As a rename leaves it; else two names have one lower, and which of them is answered hangs on who asks.
    if (random.chance(0.75)) bed.inUpper({ name: bed.name('p'), kind: 'whiteout' });
    const origin = random.weighted({ p: 25, q: 60, stale: 5, upper: 5, none: 5 });
    const marks = [own('metacopy', ''), own('redirect', `/${bed.name('p')}`)];
    if (origin === 'p' || origin === 'q') marks.push(bed.origin(origin === 'p' ? at : other, origin));
    else if (origin !== 'none') marks.push(bed.origin(at, 'p', origin));
    bed.inUpper({ name: bed.name('w'), kind: 'file', content: 'hole', marks });
    if (random.chance(0.3)) bed.entry(at, 'p', random.pick(['link', 'link', 'whiteout']), 'w');
  },

  /** A file of the upper that names p, one of two names of its inode or the only one; the index has it, or not. */
  file(bed: Bed): void {
    const { random } = bed.drawing;
    const at = random.below(bed.count);
    bed.inLower(at, { name: bed.name('p'), kind: 'file', content: 'text' });
    if (random.chance(0.6)) bed.inLower(at, { name: bed.name('q'), kind: 'link', target: bed.name('p') });
    const kind = random.weighted({ file: 80, symlink: 10, fifo: 10 });
    const marks = [bed.origin(at, 'p')];
    if (kind === 'file' && random.chance(0.25)) marks.push(own('metacopy', ''), own('redirect', `/${bed.name('p')}`));
    bed.inUpper({ name: bed.name('w'), kind, content: 'text', target: asBytes('a'), marks });
    if (random.chance(0.9)) bed.entry(at, 'p', random.pick(['link', 'link', 'link', 'whiteout']), 'w');
  },

  /** A directory of the upper, by its name or its redirect above p: of which the index has it, another, or nothing. */
  dir(bed: Bed): void {
    const { random } = bed.drawing;
    const at = random.below(bed.count);
    const child: TreeNode = { name: bed.name('q'), kind: 'file', content: 'text', marks: [], children: [] };
    bed.inLower(at, { name: bed.name('p'), kind: 'dir', children: [child] });
    bed.inLower(at, { name: bed.name('q'), kind: 'dir' });
    const isRedirected = random.chance(0.4);
    const marks = isRedirected ? [own('redirect', `/${bed.name('p')}`)] : [];
    const origin = random.weighted({ p: 45, q: 35, stale: 5, upper: 5, none: 10 });
    if (origin === 'p' || origin === 'q') marks.push(bed.origin(at, origin));
    else if (origin !== 'none') marks.push(bed.origin(at, 'p', origin));
    const name = isRedirected ? 'w' : 'p';
    if (isRedirected && random.chance(0.5)) bed.inUpper({ name: bed.name('p'), kind: 'whiteout' });
    bed.inUpper({ name: bed.name(name), kind: 'dir', marks });
    bed.inUpper({ name: bed.name('v'), kind: 'dir', marks: [bed.origin(at, 'p')] });
    const said = random.weighted({ nothing: 30, own: 25, other: 30, whiteout: 15 });
    if (said === 'own') bed.entry(at, 'p', 'dir', name);
    if (said === 'other') bed.entry(at, 'p', 'dir', 'v');
    if (said === 'whiteout') bed.entry(at, 'p', 'whiteout', name);
  },

  /** A metacopy, and below it in each layer anything or nothing. */
  over(bed: Bed): void {
    const { random } = bed.drawing;
    const from = random.chance(0.25) ? -1 : random.between(-1, bed.count - 2);
    const name = bed.name('p');
    const marks = [own('metacopy', random.chance(0.2) ? '\0' : '')];
    if (from < 0) bed.inUpper({ name, kind: 'file', content: 'hole', marks });
    else bed.inLower(from, { name, kind: 'file', content: 'hole', marks });
    for (let at = from + 1; at < bed.count; at++) {
      const kind = random.weighted({ nothing: 35, file: 10, dir: 15, symlink: 12, fifo: 8, metacopy: 15, whiteout: 5 });
      if (kind === 'nothing') continue;
      if (kind === 'metacopy') {
        const own = makeMetacopyMarks(bed.drawing, 'lower', name);
        bed.inLower(at, { name, kind: 'file', content: 'hole', marks: own });
      } else bed.inLower(at, { name, kind, content: 'text', target: asBytes('a') });
    }
  },

  /** A directory that says that it holds xattr whiteouts, and holds one, above what that hides. */
  listed(bed: Bed): void {
    const { random } = bed.drawing;
    const at = random.below(bed.count);
    const gone: TreeNode = {
      name: bed.name('q'),
      kind: 'file',
      content: 'empty',
      marks: [own('whiteout', 'y')],
      children: [],
    };
    const marks = random.chance(0.9) ? [own('opaque', 'x')] : [];
    bed.inLower(at, { name: bed.name('p'), kind: 'dir', marks, children: [gone] });
    const below = random.between(at, bed.count - 1);
    const hidden: TreeNode = { name: bed.name('q'), kind: 'file', content: 'text', marks: [], children: [] };
    if (below > at) bed.inLower(below, { name: bed.name('p'), kind: 'dir', children: [hidden] });
    if (random.chance(0.3)) bed.inUpper({ name: bed.name('p'), kind: 'dir' });
  },

  /** A directory that one layer alone has, and in it one with a mark that leads below, where it may lead. */
  deep(bed: Bed): void {
    const { random } = bed.drawing;
    const from = random.chance(0.3) ? -1 : random.between(-1, bed.count - 1);
    const marks: Record<string, () => Mark[]> = {
      opaque: () => [own('opaque', 'y')],
      relative: () => [own('redirect', bed.name('v'))],
      absolute: () => [own('redirect', `/${bed.name('q')}`)],
      through: () => [own('redirect', `/${bed.name('w')}/${bed.name('q')}`)],
      invalid: () => [own('redirect', random.pick(['', '/', `/${bed.name('q')}/`, 'a/b', '..']))],
    };
    const mark = random.weighted({ opaque: 28, relative: 20, absolute: 20, through: 40, invalid: 28 });
    const inner: TreeNode = { name: bed.name('q'), kind: 'dir', marks: marks[mark]?.() ?? [], children: [] };
    const node = { name: bed.name('p'), kind: 'dir', children: [inner] } as const;
    if (from < 0) bed.inUpper({ ...node, marks: random.chance(0.6) ? [own('impure', 'y')] : [] });
    else bed.inLower(from, node);
    for (let at = from + 1; at < bed.count; at++) {
      if (random.chance(0.5)) bed.inLower(at, { name: bed.name('q'), kind: 'dir' });
      if (random.chance(0.7)) bed.inLower(at, { name: bed.name('w'), kind: 'file', content: 'text' });
    }
  },
} as const;

export type Plant = keyof typeof plants;

/** Plants as many as the theme says, of the kinds that it names. */
export function plantIn(drawing: Drawing, bare: Planted): Planted {
  const { random, theme } = drawing;
  let planted = bare;
  for (let number = 1; number <= theme.plants.most; number++) {
    if (theme.plants.of.length === 0) break;
    const bed = new Bed(drawing, number, planted);
    plants[random.pick(theme.plants.of)](bed);
    planted = bed.planted;
  }
  return planted;
}
