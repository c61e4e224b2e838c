import { LayerLookup, Stop } from './layer-lookup.ts';
import { Kind, MarkBit } from './marks.ts';
import {
  ABSENT,
  Code,
  type Found,
  layerOfUnknown,
  NOT_READ,
  type Parent,
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
export class Lookup extends LayerLookup {
  /**
   * Looks up the name that `like` has. `first` says that the components before it have no such name: component index
   * (0 = the upper, 1 + i = lower i) whose entry is `like` itself; -1 where that is not known.
   */
  run(parent: Parent, like: number, name: string | null, first: number, certain: boolean, visit: Visit | null): Found {
    const found = this.found;
    if (this.hits !== null) this.counted = [];
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
    this.visit = visit;
    this.like = like;
    this.name = name;
    this.isDir = false;
    this.stop = false;
    this.redirect = null;
    this.absolute = false;
    this.metacopy = false;
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
    const tree = this.tree;
    const options = this.options;
    const found = this.found;
    const checkRedirect = options.followRedirect || options.dataRoots.length > 0;
    let lowers = parent.lowers;
    let atRoot = false;
    let upperMetacopy = false;
    this.last = checkRedirect ? false : lowers.length === 0;

    if (parent.upper !== ABSENT) {
      const entry = first > 0 ? this.skip(parent.upper) : this.layer(parent.upper, first === 0 ? this.like : NOT_READ);
      if (entry >= 0) {
        found.upper = entry;
        found.top = entry;
        if (!this.isDir) upperMetacopy = this.metacopy;
      } else if (entry === NOT_READ) found.upper = unknownComponent(0);
      if (this.redirect?.[0] === '/') {
        lowers = options.lowerRoots;
        atRoot = true;
      }
    }

    let count = 0;
    const numLower = options.lowerRoots.length;
    for (let i = 0; !this.stop && i < lowers.length; i++) {
      if (!this.#follow()) this.fail(Code.EPERM);
      const component = lowers[i] as number;
      const layer = component < ABSENT ? layerOfUnknown(component) : tree.layer(component);
      if (!checkRedirect) this.last = i === lowers.length - 1;
      else if (this.isDir || options.dataRoots.length === 0) this.last = layer === numLower;
      const hinted = !atRoot && this.name === null;
      const entry =
        hinted && first > i + 1
          ? this.skip(component)
          : this.layer(component, hinted && first === i + 1 ? this.like : NOT_READ);
      if (entry === NOT_READ) {
        // The layer may hold anything here: a file would stop, a directory merge.
        if (!this.metacopy) found.lowers.push(unknownComponent(layer));
        continue;
      }
      if (entry < 0) continue;
      if (found.upper >= 0 && count === 0 && !this.#isOrigin(found.upper, entry)) {
        this.say(component, entry, 'origin-not-verified');
        break;
      }
      if (found.top === ABSENT) found.top = entry;
      if (!(this.metacopy && count > 0)) {
        found.lowers.push(entry);
        count++;
        if (!this.isDir) found.data = entry;
      }
      if (this.stop) break;
      if (this.redirect?.[0] === '/' && !atRoot) {
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
    if (this.isDir) {
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
    this.hit('origin-mismatch', lower);
    this.fail(Code.ESTALE, upper);
  }

  /** With nfs_export the index must not give the directory's lower to another upper (namei.c:ovl_lookup_index). */
  #checkIndex(): void {
    const { origins, verifyLower } = this.options;
    const lower = this.found.lowers[0] ?? ABSENT;
    if (origins === null || !verifyLower || lower < 0 || !this.isOn('index-refuses')) return;
    const isAllowed = origins.indexAllows(this.found.upper, lower);
    if (isAllowed === null) this.found.certain = this.found.whole = false;
    if (isAllowed !== false) return;
    this.hit('index-refuses', lower);
    this.fail(Code.EIO, this.found.top);
  }

  /** What stands after the layers were walked: metacopies need data, refused marks are errors. */
  #finish(upperMetacopy: boolean, count: number): void {
    const found = this.found;
    const options = this.options;
    const dataOnly = options.dataRoots.length > 0;
    if (
      this.metacopy &&
      count > 0 &&
      dataOnly &&
      this.absolute &&
      this.isOn('data-only') &&
      (this.#isDataFree() || this.#follow())
    ) {
      this.#dataLayers(this.redirect ?? '');
      found.isDir = false;
      return;
    }
    if (!this.#follow()) this.fail(Code.EPERM);
    if (this.isOn('metacopy-no-data') && (this.metacopy || (upperMetacopy && count === 0))) {
      this.hit('metacopy-no-data', found.top);
      this.fail(Code.EIO);
    }
    found.isDir = this.isDir;
    if (found.upper < 0 && count === 0) {
      if (found.isWhiteout) return;
      found.code = Code.ENOENT;
      return;
    }
    found.isWhiteout = false;
    found.code = Code.ok;
    if (this.isDir) this.#checkIndex();
    else {
      if (found.upper >= 0 && !upperMetacopy) found.data = found.upper;
      const holder = found.data;
      if (holder >= 0 && this.tree.kind(holder) !== Kind.file) found.data = ABSENT;
    }
  }

  /** Whether data-only layers are followed without the options that following needs otherwise. */
  #isDataFree(): boolean {
    const { dataOnlyFree, metacopy, followRedirect } = this.options;
    if (!dataOnlyFree || !this.isOn('data-only-free')) return false;
    if (!metacopy || !followRedirect) this.hit('data-only-free', this.found.top);
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
        if (at < 0 || this.tree.kind(at) !== Kind.dir) {
          at = ABSENT;
          break;
        }
        at = this.tree.findName(at, part);
        if (at >= 0 && this.tree.marks(at) & MarkBit.refused) at = ABSENT;
        if (at < ABSENT) break;
      }
      if (at < ABSENT) {
        found.dataUnknown = true;
        found.pending = true;
        return;
      }
      this.say(root, at, 'data-only');
      if (at >= 0 && this.tree.kind(at) === Kind.file) {
        found.data = at;
        return;
      }
    }
  }

  /** namei.c:ovl_check_follow_redirect. */
  #follow(): boolean {
    if (this.metacopy && !this.options.metacopy && this.isOn('metacopy-refused')) {
      this.hit('metacopy-refused', this.found.top);
      return false;
    }
    if (this.redirect !== null && !this.options.followRedirect && this.isOn('redirect-refused')) {
      this.hit('redirect-refused', this.found.top);
      return false;
    }
    return true;
  }
}
