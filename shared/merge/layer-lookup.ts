import { Kind, MarkBit } from './marks.ts';
import { RULE_INDEX, type RuleId } from './rules.ts';
import {
  ABSENT,
  Code,
  Found,
  type MergeOptions,
  NOT_READ,
  POSITIONS,
  positionOf,
  type RawTree,
  type Visit,
} from './tree.ts';

/** Thrown where the answer is an error, which stands in `found`: nothing more is looked at. */
export class Stop extends Error {}

const dots = (name: string): boolean => name === '' || name === '.' || name === '..';

/** Whether a redirect is valid as the kernel checks it (namei.c:ovl_get_redirect_xattr). */
export function validRedirect(redirect: string | null): redirect is string {
  if (redirect === null) return false;
  if (redirect[0] !== '/') return !redirect.includes('/');
  return !redirect.slice(1).split('/').includes('');
}

/** How one layer is asked for one name, and what the walk through the layers carries from one to the next. */
export class LayerLookup {
  readonly found = new Found();
  protected readonly tree: RawTree;
  readonly options: MergeOptions;
  protected readonly hits: Uint32Array | null;
  /** What the last lookup and its listing added to `hits`. */
  protected counted: number[] = [];
  protected visit: Visit | null = null;
  // State of the walk through the layers: kernel struct ovl_lookup_data.
  protected like = ABSENT;
  protected name: string | null = null;
  protected isDir = false;
  protected stop = false;
  protected last = false;
  protected redirect: string | null = null;
  protected absolute = false;
  protected metacopy = false;
  protected rule: RuleId = 'absent';

  constructor(tree: RawTree, options: MergeOptions, hits: Uint32Array | null = null) {
    this.tree = tree;
    this.options = options;
    this.hits = hits;
  }

  /** namei.c:ovl_lookup_layer: one name, or an absolute path part by part. `hint` is the entry where it is known. */
  protected layer(base: number, hint: number): number {
    if (base < ABSENT) return this.unread();
    if (this.name === null || this.name[0] !== '/') {
      const entry =
        hint >= 0 ? hint : this.name === null ? this.tree.findLike(base, this.like) : this.#named(base, this.name);
      return this.#single(base, entry, '', '');
    }
    let at = base;
    // Counted from the end, since a redirect on the way changes what stands before.
    let rest = this.name.length - 1;
    while (at >= 0 && this.tree.kind(at) === Kind.dir) {
      const path: string = this.name as string;
      const begin = path.length - rest;
      const slash = path.indexOf('/', begin);
      const end = slash < 0 ? path.length : slash;
      const part = path.slice(begin, end);
      const parent = at;
      at = this.#single(parent, this.#named(parent, part), path.slice(0, begin), path.slice(end));
      if (slash < 0) break;
      rest -= part.length + 1;
    }
    return at;
  }

  #named(directory: number, name: string): number {
    if (dots(name)) {
      this.hit('redirect-invalid', directory);
      this.fail(Code.EACCES);
    }
    return name.length > 255 ? ABSENT : this.tree.findName(directory, name);
  }

  /** namei.c:ovl_lookup_single: takes, passes over, or stops at one entry. */
  #single(base: number, entry: number, before: string, after: string): number {
    const tree = this.tree;
    const found = this.found;
    if (entry === NOT_READ) return this.unread();
    if (entry === ABSENT) return this.#absent(base);
    const isLastPart = after === '';
    const marks = tree.marks(entry);
    const kind = tree.kind(entry);
    if (marks & MarkBit.covered) return this.unread();
    if (marks & MarkBit.refused && this.isOn('layer-refuses')) return this.#refused(base, entry);
    if (marks & MarkBit.whiteout && this.isOn('whiteout')) return this.#whiteout(base, entry, 'whiteout', isLastPart);
    if (marks & MarkBit.xattrWhiteout && this.isOn('xattr-whiteout'))
      return this.#whiteout(base, entry, 'xattr-whiteout', isLastPart);
    if (isLastPart && this.metacopy && kind !== Kind.file && this.isOn('metacopy-needs-file')) {
      this.stop = true;
      this.say(base, entry, 'metacopy-needs-file');
      return ABSENT;
    }
    if (kind !== Kind.dir) {
      if (this.isDir || !isLastPart) {
        const rule = isLastPart ? 'directory-over-file' : 'redirect-through-file';
        if (this.isOn(rule)) {
          this.stop = true;
          this.say(base, entry, rule);
          return ABSENT;
        }
      }
      if (kind === Kind.file && marks & MarkBit.unknown) found.certain = found.whole = false;
      if (marks & MarkBit.metacopyTooSmall && this.isOn('metacopy-too-small')) {
        this.say(base, entry, 'metacopy-too-small');
        this.fail(Code.EIO, entry);
      }
      const metacopy = (marks & MarkBit.metacopy) !== 0 && this.isOn('metacopy');
      this.metacopy = metacopy;
      this.stop = !metacopy && this.isOn('file-stops');
      if (!metacopy || this.last) {
        this.say(base, entry, metacopy ? 'metacopy' : 'file-stops');
        return entry;
      }
      this.rule = 'metacopy';
    } else {
      if (isLastPart) this.isDir = true;
      if (!this.isOn('directory-merges')) this.stop = true;
      if (this.last && this.isOn('last-not-read')) {
        this.say(base, entry, marks & (MarkBit.opaque | MarkBit.redirect) ? 'last-not-read' : 'directory-merges');
        return entry;
      }
      if (marks & MarkBit.unknown) found.certain = found.whole = false;
      if (isLastPart && marks & MarkBit.xwhiteouts && tree.layer(entry) !== 0) found.xwhiteouts = true;
      else if (marks & MarkBit.opaque && this.isOn('opaque')) {
        this.stop = true;
        this.say(base, entry, 'opaque');
        return entry;
      }
      this.rule = 'directory-merges';
    }
    // The kernel forgets an absolute redirect at each entry that it asks for one of its own.
    this.absolute = false;
    if (marks & MarkBit.redirect) this.#checkRedirect(entry, before, after);
    this.say(base, entry, this.rule);
    return entry;
  }

  /** An overlay's answer to the name: where it is "no such name", the layers below are asked. */
  #refused(base: number, entry: number): number {
    const code = this.tree.refusal(entry);
    if (code === Code.ENOENT) {
      this.say(base, ABSENT, 'absent');
      return ABSENT;
    }
    this.say(base, entry, 'layer-refuses');
    this.fail(code, entry);
  }

  #whiteout(base: number, entry: number, rule: RuleId, isLastPart: boolean): number {
    const found = this.found;
    this.stop = true;
    if (isLastPart && found.top === ABSENT) {
      found.top = entry;
      found.isWhiteout = true;
      found.code = Code.ENOENT;
    }
    this.say(base, entry, rule);
    return ABSENT;
  }

  /** namei.c:ovl_check_redirect: what the layers below are asked for from now on. */
  #checkRedirect(entry: number, before: string, after: string): void {
    const redirect = this.tree.redirect(entry);
    if (!validRedirect(redirect)) {
      if (!this.isOn('redirect-invalid')) return;
      this.hit('redirect-invalid', entry);
      this.fail(Code.EINVAL, entry);
    }
    if (redirect[0] === '/') {
      if (!this.isOn('redirect-absolute')) return;
      this.absolute = true;
      this.stop = false;
      this.redirect = redirect + after;
      this.rule = 'redirect-absolute';
    } else {
      if (!this.isOn('redirect-relative')) return;
      this.redirect = before + redirect + after;
      this.rule = 'redirect-relative';
    }
    this.name = this.redirect;
  }

  /** A component that is known to lack the name, unless it could not be read. */
  protected skip(component: number): number {
    return component < ABSENT ? this.unread() : this.#absent(component);
  }

  #absent(component: number): number {
    if (!this.isOn('absent')) this.stop = true;
    this.say(component, ABSENT, 'absent');
    return ABSENT;
  }

  protected unread(): number {
    const found = this.found;
    found.whole = false;
    if (found.top === ABSENT || this.metacopy) found.certain = false;
    found.pending = true;
    return NOT_READ;
  }

  protected fail(code: Code, entry = ABSENT): never {
    const found = this.found;
    found.code = code;
    found.isWhiteout = false;
    if (found.top === ABSENT) found.top = entry >= 0 ? entry : this.like;
    found.data = ABSENT;
    found.isDir = false;
    throw new Stop();
  }

  /** Whether a test has not switched the rule off. */
  isOn(rule: RuleId): boolean {
    return this.options.rules[RULE_INDEX[rule]] !== 0;
  }

  /** Counts that a rule was met, at the layer of the entry that it decides. */
  count(rule: RuleId, entry: number): void {
    this.hit(rule, entry);
  }

  protected hit(rule: RuleId, entry: number): void {
    if (this.hits === null) return;
    const layer = entry >= 0 ? this.tree.layer(entry) : 0;
    const at = RULE_INDEX[rule] * POSITIONS.length + positionOf(layer, this.options.lowerRoots.length);
    this.hits[at] = (this.hits[at] ?? 0) + 1;
    this.counted.push(at);
  }

  /** Takes back what was counted since the last lookup began: it will be asked again. */
  uncount(): void {
    for (const at of this.counted) if (this.hits) this.hits[at] = (this.hits[at] ?? 0) - 1;
    this.counted = [];
  }

  protected say(component: number, entry: number, rule: RuleId): void {
    if (this.hits !== null) this.hit(rule, entry >= 0 ? entry : component);
    this.visit?.(component, entry, rule);
  }
}
