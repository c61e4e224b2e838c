import { Lookup } from './lookup.ts';
import { Kind, MarkBit } from './marks.ts';
import { RULE_INDEX, RULES, type RuleId } from './rules.ts';
import { ABSENT, CODE_TEXT, Code, type MergeOptions, NOT_READ, type Parent, type RawTree } from './tree.ts';

/** One entry of a layer in a test: its type, its marks and its redirect. */
export type Node = { kind: number; marks: number; redirect: string | null; refusal?: Code };

/** A layer in a test: its entries by path, parents before their children. `unread` directories answer NOT_READ. */
export type Layer = { [path: string]: Node };

export type Stack = {
  /** Null: no upper. */
  upper: Layer | null;
  /** From the top. */
  lowers: Layer[];
  data?: Layer[];
};

const node = (kind: number, marks: number, redirect: string | null): Node => ({
  kind,
  marks: redirect === null ? marks : marks | MarkBit.redirect,
  redirect,
});

export const dir = (marks = 0, redirect: string | null = null): Node => node(Kind.dir, marks, redirect);
export const file = (marks = 0, redirect: string | null = null): Node => node(Kind.file, marks, redirect);
export const metacopy = (redirect: string | null = null): Node => file(MarkBit.metacopy, redirect);
export const symlink: Node = node(Kind.symlink, 0, null);
export const whiteout: Node = node(Kind.char, MarkBit.whiteout, null);
/** A name to which the layer, an overlay itself, answers an error. */
export const refused = (refusal: Code): Node => ({ ...node(Kind.file, MarkBit.refused, null), refusal });
/** A directory that could not be listed. */
export const unread: Node = { kind: Kind.dir, marks: 0, redirect: 'unread' };

/** What a lookup found, with entries as LAYER/PATH (0 the upper, 1 the topmost lower). */
export type Answer = {
  code: string;
  /** The entries that make the object, from the top. */
  from: string[];
  /** Where the bytes are; null for what has none, or has lost them. */
  data: string | null;
};

export type Step = [layer: number, rule: RuleId];

type Entry = Node & { name: string; label: string; layer: number; children: Map<string, number> };

/** Layers in memory, as the lookup reads them. */
export class MemoryTree implements RawTree {
  readonly roots: number[] = [];
  readonly #entries: Entry[] = [];

  constructor(layers: { layer: number; nodes: Layer }[]) {
    for (const { layer, nodes } of layers) {
      const root = this.#add(layer, '', '', dir());
      this.roots[layer] = root;
      const ids = new Map([['', root]]);
      for (const [path, entry] of Object.entries(nodes)) {
        const slash = path.lastIndexOf('/');
        const name = path.slice(slash + 1);
        const id = this.#add(layer, name, path, entry);
        ids.set(path, id);
        this.#entries[ids.get(slash < 0 ? '' : path.slice(0, slash)) as number]?.children.set(name, id);
      }
    }
  }

  #add(layer: number, name: string, path: string, entry: Node): number {
    return this.#entries.push({ ...entry, name, label: `${layer}/${path}`, layer, children: new Map() }) - 1;
  }

  #at(id: number): Entry {
    const entry = this.#entries[id];
    if (entry === undefined) throw new Error(`there is no entry ${id}`);
    return entry;
  }

  kind = (id: number): number => this.#at(id).kind;
  marks = (id: number): number => this.#at(id).marks;
  layer = (id: number): number => this.#at(id).layer;
  redirect = (id: number): string | null => this.#at(id).redirect;
  refusal = (id: number): Code => this.#at(id).refusal ?? Code.ok;
  findLike = (directory: number, like: number): number => this.findName(directory, this.#at(like).name);
  findName(directory: number, name: string): number {
    const entry = this.#at(directory);
    if (entry.redirect === unread.redirect) return NOT_READ;
    return entry.children.get(name) ?? ABSENT;
  }

  label = (id: number): string => this.#at(id).label;
  /** Any entry of this name. */
  named = (name: string): number => this.#entries.findIndex((entry) => entry.name === name);
}

export type Outcome = {
  answer: Answer;
  isDir: boolean;
  steps: Step[];
  certain: boolean;
  whole: boolean;
  xwhiteouts: boolean;
};

/** How the lookup is told the name: by an entry that has it, by that being the first that has it, or by its text. */
export type Told = 'like' | 'first' | 'name';

/** Looks up a path from the merged root, component by component, as the kernel walks it. */
export function lookUp(
  stack: Stack,
  path: string,
  options: Partial<MergeOptions> = {},
  without?: RuleId,
  told: Told = 'like',
): Outcome {
  const lowerCount = stack.lowers.length;
  const tree = new MemoryTree([
    ...(stack.upper === null ? [] : [{ layer: 0, nodes: stack.upper }]),
    ...[...stack.lowers, ...(stack.data ?? [])].map((nodes, i) => ({ layer: i + 1, nodes })),
  ]);
  const lowerRoots = tree.roots.slice(1, 1 + lowerCount);
  const rules = new Uint8Array(RULES.length).fill(1);
  if (without !== undefined) rules[RULE_INDEX[without]] = 0;
  const lookup = new Lookup(tree, {
    lowerRoots,
    dataRoots: tree.roots.slice(1 + lowerCount),
    followRedirect: true,
    metacopy: true,
    verifyLower: false,
    origins: null,
    dataOnlyFree: true,
    ...options,
    rules,
  });
  let parent: Parent = { upper: tree.roots[0] ?? ABSENT, lowers: lowerRoots };
  let certain = true;
  let steps: Step[] = [];
  for (const [depth, name] of path.split('/').entries()) {
    if (depth > 0 && !lookup.found.isDir) throw new Error(`${path} leads through what is no directory`);
    steps = [];
    const visit = (component: number, entry: number, rule: RuleId): void => {
      steps.push([tree.layer(entry >= 0 ? entry : component), rule]);
    };
    const components = [parent.upper, ...parent.lowers];
    const first = components.findIndex((component) => component >= 0 && tree.findName(component, name) >= 0);
    const isFirst = told === 'first' && first >= 0;
    const like = isFirst ? tree.findName(components[first] as number, name) : tree.named(name);
    const found = lookup.run(parent, like, told === 'name' ? name : null, isFirst ? first : -1, certain, visit);
    certain = found.whole;
    parent = { upper: found.upper, lowers: found.lowers };
  }
  const found = lookup.found;
  const label = (id: number): string => (id >= 0 ? tree.label(id) : '?');
  return {
    answer: {
      code: found.isWhiteout ? 'whiteout' : CODE_TEXT[found.code],
      from: [...(found.upper === ABSENT ? [] : [found.upper]), ...found.lowers].map(label),
      data: found.data === ABSENT ? null : label(found.data),
    },
    isDir: found.isDir,
    steps,
    certain: found.certain,
    whole: found.whole,
    xwhiteouts: found.xwhiteouts,
  };
}
