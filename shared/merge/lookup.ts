import { Kind, MarkBit } from './marks.ts';
import { RULE_INDEX, type RuleId } from './rules.ts';
import {
  ABSENT,
  Code,
  Found,
  layerOfUnknown,
  type MergeOptions,
  NOT_READ,
  type Parent,
  type RawTree,
  unknownComponent,
  type Visit,
} from './tree.ts';

/**
 * The kernel's lookup of one name in a merged directory (namei.c:ovl_lookup with ovl_lookup_layer and
 * ovl_lookup_single), over entries that were read from the layers. Pure, and free of allocation on the common path.
 *
 * Where something is not known, the lookup goes on as if it were absent and clears `certain`: the answer then is
 * "unknown", and what was found stands for display alone.
 */

class Stop extends Error {}

const dots = (name: string): boolean => name === '' || name === '.' || name === '..';

/** Whether a redirect is valid as the kernel checks it (namei.c:ovl_get_redirect_xattr). */
export function validRedirect(redirect: string | null): redirect is string {
  if (redirect === null) return false;
  if (redirect[0] !== '/') return !redirect.includes('/');
  return !redirect.slice(1).split('/').includes('');
}

export class Lookup {
  readonly found = new Found();
  readonly #tree: RawTree;
  readonly options: MergeOptions;
  readonly #hits: Uint32Array | null;
  #visit: Visit | null = null;
  // State of the walk through the layers: kernel struct ovl_lookup_data.
  #like = ABSENT;
  #name: string | null = null;
  #isDir = false;
  #stop = false;
  #last = false;
  #redirect: string | null = null;
  #absolute = false;
  #metacopy = false;
  #rule: RuleId = 'absent';

  constructor(tree: RawTree, options: MergeOptions, hits: Uint32Array | null = null) {
    this.#tree = tree;
    this.options = options;
    this.#hits = hits;
  }

  /**
   * Looks up the name that `like` has. `first` says that the components before it have no such name: component index
   * (0 = the upper, 1 + i = lower i) whose entry is `like` itself; -1 where that is not known.
   */
  run(parent: Parent, like: number, name: string | null, first: number, certain: boolean, visit: Visit | null): Found {
    const found = this.found;
    found.code = Code.ok;
    found.upper = ABSENT;
    found.lowers = [];
    found.top = ABSENT;
    found.isDir = false;
    found.isWhiteout = false;
    found.xwhiteouts = false;
    found.data = ABSENT;
    found.dataUnknown = false;
    found.certain = certain;
    found.whole = certain;
    found.pending = false;
    this.#visit = visit;
    this.#like = like;
    this.#name = name;
    this.#isDir = false;
    this.#stop = false;
    this.#redirect = null;
    this.#absolute = false;
    this.#metacopy = false;
    try {
      this.#walk(parent, first);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      found.lowers = [];
      found.upper = ABSENT;
    }
    return found;
  }

  #walk(parent: Parent, first: number): void {
    const tree = this.#tree;
    const options = this.options;
    const found = this.found;
    const checkRedirect = options.followRedirect || options.dataRoots.length > 0;
    let lowers = parent.lowers;
    let atRoot = false;
    let upperMetacopy = false;
    this.#last = checkRedirect ? false : lowers.length === 0;

    if (parent.upper !== ABSENT) {
      const entry =
        first > 0 ? this.#skip(parent.upper) : this.#layer(parent.upper, first === 0 ? this.#like : NOT_READ);
      if (entry >= 0) {
        found.upper = entry;
        found.top = entry;
        if (!this.#isDir) upperMetacopy = this.#metacopy;
      } else if (entry === NOT_READ) found.upper = unknownComponent(0);
      if (this.#redirect?.[0] === '/') {
        lowers = options.lowerRoots;
        atRoot = true;
      }
    }

    let count = 0;
    const numLower = options.lowerRoots.length;
    for (let i = 0; !this.#stop && i < lowers.length; i++) {
      if (!this.#follow()) this.#fail(Code.EPERM);
      const component = lowers[i] as number;
      const layer = component < ABSENT ? layerOfUnknown(component) : tree.layer(component);
      if (!checkRedirect) this.#last = i === lowers.length - 1;
      else if (this.#isDir || options.dataRoots.length === 0) this.#last = layer === numLower;
      const hinted = !atRoot && this.#name === null;
      const entry =
        hinted && first > i + 1
          ? this.#skip(component)
          : this.#layer(component, hinted && first === i + 1 ? this.#like : NOT_READ);
      if (entry === NOT_READ) {
        // The layer may hold anything here: a file would stop, a directory merge.
        if (!this.#metacopy) found.lowers.push(unknownComponent(layer));
        continue;
      }
      if (entry < 0) continue;
      if (found.upper >= 0 && count === 0 && !this.#isOrigin(found.upper, entry)) {
        this.#say(component, entry, 'origin-not-verified');
        break;
      }
      if (found.top === ABSENT) found.top = entry;
      if (!(this.#metacopy && count > 0)) {
        found.lowers.push(entry);
        count++;
        if (!this.#isDir) found.data = entry;
      }
      if (this.#stop) break;
      if (this.#redirect?.[0] === '/' && !atRoot) {
        lowers = options.lowerRoots;
        atRoot = true;
        i = layer - 1;
      }
    }

    this.#finish(upperMetacopy, count);
  }

  /**
   * Whether the first lower found is the origin that the upper names. A directory that is not merges with nothing; a
   * metacopy that is not, though its origin is alive, is an error.
   */
  #isOrigin(upper: number, lower: number): boolean {
    const { origins, verifyLower } = this.options;
    if (origins === null) return true;
    if (this.#isDir) {
      if (!verifyLower || !this.isOn('origin-not-verified')) return true;
      const isOrigin = origins.originIs(upper, lower);
      if (isOrigin === null) this.found.certain = this.found.whole = false;
      return isOrigin !== false;
    }
    if (!this.isOn('origin-mismatch')) return true;
    const hasOrigin = origins.hasOrigin(upper);
    if (hasOrigin === false) return true;
    const isOrigin = origins.originIs(upper, lower);
    if (isOrigin === true) return true;
    if (hasOrigin === null || isOrigin === null) {
      this.found.certain = this.found.whole = false;
      this.found.pending = true;
      return true;
    }
    this.#hit('origin-mismatch', lower);
    this.#fail(Code.ESTALE, upper);
  }

  /** With nfs_export the index must not give the directory's lower to another upper (namei.c:ovl_lookup_index). */
  #checkIndex(): void {
    const { origins, verifyLower } = this.options;
    const lower = this.found.lowers[0] ?? ABSENT;
    if (origins === null || !verifyLower || lower < 0 || !this.isOn('index-refuses')) return;
    const isAllowed = origins.indexAllows(this.found.upper, lower);
    if (isAllowed === null) this.found.certain = this.found.whole = false;
    if (isAllowed !== false) return;
    this.#hit('index-refuses', lower);
    this.#fail(Code.EIO, this.found.top);
  }

  /** What stands after the layers were walked: metacopies need data, refused marks are errors. */
  #finish(upperMetacopy: boolean, count: number): void {
    const found = this.found;
    const options = this.options;
    const dataOnly = options.dataRoots.length > 0;
    if (
      this.#metacopy &&
      count > 0 &&
      dataOnly &&
      this.#absolute &&
      this.isOn('data-only') &&
      (this.#isDataFree() || this.#follow())
    ) {
      this.#dataLayers(this.#redirect ?? '');
      found.isDir = false;
      return;
    }
    if (!this.#follow()) this.#fail(Code.EPERM);
    if (this.isOn('metacopy-no-data') && (this.#metacopy || (upperMetacopy && count === 0))) {
      this.#hit('metacopy-no-data', found.top);
      this.#fail(Code.EIO);
    }
    found.isDir = this.#isDir;
    if (found.upper < 0 && count === 0) {
      if (found.isWhiteout) return;
      found.code = Code.ENOENT;
      return;
    }
    found.isWhiteout = false;
    found.code = Code.ok;
    if (this.#isDir) this.#checkIndex();
    else {
      if (found.upper >= 0 && !upperMetacopy) found.data = found.upper;
      const holder = found.data;
      if (holder >= 0 && this.#tree.kind(holder) !== Kind.file) found.data = ABSENT;
    }
  }

  /** Whether data-only layers are followed without the options that following needs otherwise. */
  #isDataFree(): boolean {
    const { dataOnlyFree, metacopy, followRedirect } = this.options;
    if (!dataOnlyFree || !this.isOn('data-only-free')) return false;
    if (!metacopy || !followRedirect) this.#hit('data-only-free', this.found.top);
    return true;
  }

  /** Finds the data file of a metacopy in the data-only layers (namei.c:ovl_lookup_data_layers). */
  #dataLayers(redirect: string): void {
    const found = this.found;
    found.data = ABSENT;
    const parts: string[] = [];
    for (const part of redirect.split('/')) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        // LOOKUP_BENEATH: leaving the layer's root is refused.
        if (parts.length === 0) return;
        parts.pop();
      } else parts.push(part);
    }
    for (const root of this.options.dataRoots) {
      let at = root;
      for (const part of parts) {
        if (at < 0 || this.#tree.kind(at) !== Kind.dir) {
          at = ABSENT;
          break;
        }
        at = this.#tree.findName(at, part);
        if (at < ABSENT) break;
      }
      if (at < ABSENT) {
        found.dataUnknown = true;
        found.pending = true;
        return;
      }
      this.#say(root, at, 'data-only');
      if (at >= 0 && this.#tree.kind(at) === Kind.file) {
        found.data = at;
        return;
      }
    }
  }

  /** namei.c:ovl_lookup_layer: one name, or an absolute path part by part. `hint` is the entry where it is known. */
  #layer(base: number, hint: number): number {
    if (base < ABSENT) return this.#unread();
    if (this.#name === null || this.#name[0] !== '/') {
      const entry =
        hint >= 0 ? hint : this.#name === null ? this.#tree.findLike(base, this.#like) : this.#named(base, this.#name);
      return this.#single(base, entry, '', '');
    }
    let at = base;
    // Counted from the end, since a redirect on the way changes what stands before.
    let rest = this.#name.length - 1;
    while (at >= 0 && this.#tree.kind(at) === Kind.dir) {
      const path: string = this.#name as string;
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
      this.#hit('redirect-invalid', directory);
      this.#fail(Code.EACCES);
    }
    return name.length > 255 ? ABSENT : this.#tree.findName(directory, name);
  }

  /** namei.c:ovl_lookup_single: takes, passes over, or stops at one entry. */
  #single(base: number, entry: number, before: string, after: string): number {
    const tree = this.#tree;
    const found = this.found;
    if (entry === NOT_READ) return this.#unread();
    if (entry === ABSENT) {
      this.#say(base, ABSENT, 'absent');
      return ABSENT;
    }
    const isLastPart = after === '';
    const marks = tree.marks(entry);
    const kind = tree.kind(entry);
    if (marks & MarkBit.covered) return this.#unread();
    if (marks & MarkBit.whiteout && this.isOn('whiteout')) return this.#whiteout(base, entry, 'whiteout', isLastPart);
    if (marks & MarkBit.xattrWhiteout && this.isOn('xattr-whiteout'))
      return this.#whiteout(base, entry, 'xattr-whiteout', isLastPart);
    if (isLastPart && this.#metacopy && kind !== Kind.file && this.isOn('metacopy-needs-file')) {
      this.#stop = true;
      this.#say(base, entry, 'metacopy-needs-file');
      return ABSENT;
    }
    if (kind !== Kind.dir) {
      if (this.#isDir || !isLastPart) {
        const rule = isLastPart ? 'directory-over-file' : 'redirect-through-file';
        if (this.isOn(rule)) {
          this.#stop = true;
          this.#say(base, entry, rule);
          return ABSENT;
        }
      }
      if (kind === Kind.file && marks & MarkBit.unknown) found.certain = found.whole = false;
      if (marks & MarkBit.metacopyTooSmall && this.isOn('metacopy-too-small')) {
        this.#say(base, entry, 'metacopy-too-small');
        this.#fail(Code.EIO, entry);
      }
      const metacopy = (marks & MarkBit.metacopy) !== 0 && this.isOn('metacopy');
      this.#metacopy = metacopy;
      this.#stop = !metacopy && this.isOn('file-stops');
      if (!metacopy || this.#last) {
        this.#say(base, entry, metacopy ? 'metacopy' : 'file-stops');
        return entry;
      }
      this.#rule = 'metacopy';
    } else {
      if (isLastPart) this.#isDir = true;
      if (this.#last && this.isOn('last-not-read')) {
        this.#say(base, entry, marks & (MarkBit.opaque | MarkBit.redirect) ? 'last-not-read' : 'directory-merges');
        return entry;
      }
      if (marks & MarkBit.unknown) found.certain = found.whole = false;
      if (isLastPart && marks & MarkBit.xwhiteouts && tree.layer(entry) !== 0) found.xwhiteouts = true;
      else if (marks & MarkBit.opaque && this.isOn('opaque')) {
        this.#stop = true;
        this.#say(base, entry, 'opaque');
        return entry;
      }
      this.#rule = 'directory-merges';
    }
    // The kernel forgets an absolute redirect at each entry that it asks for one of its own.
    this.#absolute = false;
    if (marks & MarkBit.redirect) this.#checkRedirect(entry, before, after);
    this.#say(base, entry, this.#rule);
    return entry;
  }

  #whiteout(base: number, entry: number, rule: RuleId, isLastPart: boolean): number {
    const found = this.found;
    this.#stop = true;
    if (isLastPart && found.top === ABSENT) {
      found.top = entry;
      found.isWhiteout = true;
      found.code = Code.ENOENT;
    }
    this.#say(base, entry, rule);
    return ABSENT;
  }

  /** namei.c:ovl_check_redirect: what the layers below are asked for from now on. */
  #checkRedirect(entry: number, before: string, after: string): void {
    const redirect = this.#tree.redirect(entry);
    if (!validRedirect(redirect)) {
      if (!this.isOn('redirect-invalid')) return;
      this.#hit('redirect-invalid', entry);
      this.#fail(Code.EINVAL, entry);
    }
    if (redirect[0] === '/') {
      if (!this.isOn('redirect-absolute')) return;
      this.#absolute = true;
      this.#stop = false;
      this.#redirect = redirect + after;
      this.#rule = 'redirect-absolute';
    } else {
      if (!this.isOn('redirect-relative')) return;
      this.#redirect = before + redirect + after;
      this.#rule = 'redirect-relative';
    }
    this.#name = this.#redirect;
  }

  /** namei.c:ovl_check_follow_redirect. */
  #follow(): boolean {
    if (this.#metacopy && !this.options.metacopy && this.isOn('metacopy-refused')) {
      this.#hit('metacopy-refused', this.found.top);
      return false;
    }
    if (this.#redirect !== null && !this.options.followRedirect && this.isOn('redirect-refused')) {
      this.#hit('redirect-refused', this.found.top);
      return false;
    }
    return true;
  }

  /** A component that is known to lack the name, unless it could not be read. */
  #skip(component: number): number {
    if (component < ABSENT) return this.#unread();
    this.#say(component, ABSENT, 'absent');
    return ABSENT;
  }

  #unread(): number {
    const found = this.found;
    found.whole = false;
    if (found.top === ABSENT || this.#metacopy) found.certain = false;
    found.pending = true;
    return NOT_READ;
  }

  #fail(code: Code, entry = ABSENT): never {
    const found = this.found;
    found.code = code;
    found.isWhiteout = false;
    if (found.top === ABSENT) found.top = entry >= 0 ? entry : this.#like;
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
    this.#hit(rule, entry);
  }

  #hit(rule: RuleId, entry: number): void {
    if (this.#hits === null) return;
    const layer = entry >= 0 ? this.#tree.layer(entry) : 0;
    const position = layer === 0 ? 0 : layer === this.options.lowerRoots.length ? 3 : layer === 1 ? 1 : 2;
    const at = RULE_INDEX[rule] * 4 + position;
    this.#hits[at] = (this.#hits[at] ?? 0) + 1;
  }

  #say(component: number, entry: number, rule: RuleId): void {
    if (this.#hits !== null) this.#hit(rule, entry >= 0 ? entry : component);
    this.#visit?.(component, entry, rule);
  }
}
