import type { Bytes } from '../../shared/bytes/bytes.ts';
import { jsonField } from '../../shared/bytes/show.ts';
import type {
  EntryRole,
  EntryType,
  HiddenBy,
  Lookup,
  MarkText,
  Origin,
  Provenance,
  ScanEntry,
  ScanObject,
} from '../../shared/contract/scan.ts';
import { ItemKind, RecordFlag } from '../../shared/ipc/records.ts';
import { Kind, MarkBit } from '../../shared/merge/marks.ts';
import { ABSENT, CODE_TEXT, Code } from '../../shared/merge/tree.ts';
import { Findings } from './findings/findings.ts';
import type { HiddenTree, Placed } from './hidden.ts';
import { Inodes } from './inodes.ts';
import { Listed } from './listing.ts';
import { DATA_UNKNOWN } from './object-columns.ts';
import type { StackScan } from './scan.ts';

const TYPES: Record<number, EntryType> = {
  [Kind.fifo]: 'fifo',
  [Kind.char]: 'char',
  [Kind.dir]: 'dir',
  [Kind.block]: 'block',
  [Kind.file]: 'file',
  [Kind.symlink]: 'symlink',
  [Kind.socket]: 'socket',
};

/** Marks by the attribute that sets them. */
const MARK_OF_XATTR: Record<string, string> = {
  opaque: 'opaque',
  redirect: 'redirect',
  metacopy: 'metacopy',
  impure: 'impure',
  nlink: 'indexed',
  protattr: 'protattr',
  whiteout: 'xattr-whiteout',
};

/** Says objects and entries in the words of the terminal contract. Ids may be visible or hidden objects'. */
export class Describer {
  readonly #scan: StackScan;
  readonly #hidden: HiddenTree;
  readonly #indexed: ReadonlySet<bigint>;
  readonly inodes: Inodes;
  #findings: Findings | null = null;

  constructor(scan: StackScan, hidden: HiddenTree) {
    this.#scan = scan;
    this.#hidden = hidden;
    this.inodes = new Inodes(scan);
    this.#indexed = new Set(scan.index?.entries.map(({ ino }) => ino));
  }

  get findings(): Findings {
    this.#findings ??= new Findings(this.#scan, this, this.#scan.remembered);
    return this.#findings;
  }

  /** Entry whose attributes the object shows: its own deciding one, or the upper's that the index gives. */
  shown(id: number): number {
    if (this.#hidden.has(id)) return this.#hidden.top(id);
    return this.#scan.objects.indexed(id) ?? (this.#scan.objects.tops[id] as number);
  }

  /** What an entry is in its layer. */
  type(entry: number): EntryType | 'unknown' {
    const { entries } = this.#scan;
    const marks = entries.marks(entry);
    if (marks & MarkBit.covered) return 'unknown';
    if (marks & (MarkBit.whiteout | MarkBit.xattrWhiteout)) return 'whiteout';
    return TYPES[entries.kind(entry)] ?? 'unknown';
  }

  /**
   * What an object is. An upper inode that the index gives is shown as it is: no name of it is looked up, so that no mark
   * of a whiteout counts (namei.c:ovl_lookup).
   */
  typeOf(id: number): EntryType | 'unknown' {
    const entry = this.shown(id);
    if (entry < 0) return 'unknown';
    const { objects, entries } = this.#scan;
    return entry === objects.indexed(id) ? (TYPES[entries.kind(entry)] ?? 'unknown') : this.type(entry);
  }

  /** Marks of one entry, those that could not be read as `unknown:NAME`, those without effect as `ignored:NAME`. */
  marks(entry: number): MarkText[] {
    const { entries, stack } = this.#scan;
    const bits = entries.marks(entry);
    const kind = entries.kind(entry);
    const out: MarkText[] = [];
    if (bits & MarkBit.whiteout) out.push('whiteout');
    if (bits & MarkBit.xattrWhiteout) out.push('xattr-whiteout');
    if (bits & MarkBit.opaque) out.push('opaque');
    if (bits & MarkBit.redirect) out.push('redirect');
    if (bits & MarkBit.metacopy) out.push('metacopy');
    if (bits & MarkBit.impure) out.push('impure');
    const isIndexed = bits & MarkBit.nlink || (entries.layer(entry) === 0 && this.#isIndexed(entry));
    if (isIndexed) out.push('indexed');
    if (bits & MarkBit.protattr) out.push('protattr');
    if (stack.marksInDoubt)
      entries.forEachItem(entry, (itemKind, name) => {
        const mark = itemKind === ItemKind.trusted ? MARK_OF_XATTR[name] : undefined;
        if (mark !== undefined) out.push(`unknown:${mark}`);
      });
    else if (bits & MarkBit.unknown) {
      const possible =
        kind === Kind.dir
          ? ['opaque', 'redirect', 'impure', 'protattr']
          : ['metacopy', 'redirect', 'protattr', ...(entries.size(entry) === 0n ? ['xattr-whiteout'] : [])];
      for (const name of possible) if (!out.includes(name as MarkText)) out.push(`unknown:${name}`);
    }
    if (stack.marks === 'none')
      entries.forEachItem(entry, (itemKind, name) => {
        if (itemKind === ItemKind.trusted) out.push(`ignored:${name}`);
      });
    return out;
  }

  #isIndexed(entry: number): boolean {
    return this.#indexed.size > 0 && this.#indexed.has(this.#scan.entries.ino(entry));
  }

  provenance(id: number): Provenance {
    const { objects, entries } = this.#scan;
    if (this.#hidden.has(id)) return this.#hidden.provenance(id);
    const top = objects.tops[id] as number;
    if (top < 0) return 'unknown';
    const own = entries.layer(top) === 0 ? 'upper' : 'lower';
    if (objects.isWhiteout(id)) return own;
    if (objects.isDir(id)) {
      const stack = objects.stack(id);
      const components = stack.upper === -1 ? stack.lowers : [stack.upper, ...stack.lowers];
      if (components.length === 1) return objects.isCertain(id) && objects.isWhole(id) ? own : 'unknown';
      if (components.filter((component) => component >= 0).length > 1 && objects.isCertain(id)) return 'merged';
      return 'unknown';
    }
    if (!objects.isCertain(id) && !objects.isShared(id)) return 'unknown';
    if (objects.indexed(id) !== undefined) return 'copied-up';
    if (own === 'lower') return 'lower';
    if (entries.marks(top) & (MarkBit.origin | MarkBit.metacopy) && entries.kind(top) !== Kind.dir) return 'copied-up';
    return entries.blindLayers.has(0) || entries.marks(top) & MarkBit.unknown ? 'unknown' : 'upper';
  }

  /**
   * What the object's origin is; null where its upper entry has none. Which of several layers of one filesystem holds
   * it is looked for in all of them; `anyLayer` leaves that out.
   */
  origin(id: number, anyLayer = false): Origin | 'unknown' | null {
    const { objects, entries, origins } = this.#scan;
    if (this.#hidden.has(id)) return null;
    const top = this.shown(id);
    if (top < 0 || objects.isWhiteout(id)) return null;
    const marks = entries.marks(top);
    const isUpper = entries.layer(top) === 0;
    if (isUpper && (marks & MarkBit.unknown || entries.blindLayers.has(0))) return 'unknown';
    if (!isUpper) {
      if (entries.blindLayers.has(entries.layer(top))) return 'unknown';
      // An upper that could not be read may have an entry of its own.
      if (objects.stack(id === 0 ? 0 : (objects.parents[id] as number)).upper < ABSENT) return 'unknown';
      if (!(marks & MarkBit.origin)) return null;
      const why = 'it stands in a lower layer, once an upper: the kernel passes over its overlay.origin';
      return { layer: 'unknown', ino: 'unknown', nlink: 'unknown', state: 'ignored', why };
    }
    if (marks & MarkBit.metacopy) {
      const lower = this.metacopyLower(id, top);
      if (lower !== null)
        return {
          layer: entries.layer(lower),
          ino: String(entries.ino(lower)),
          nlink: entries.nlink(lower),
          state: 'by-path',
          why: 'a metacopy finds its origin by path, not by handle',
        };
    }
    const fact = origins.facts.get(top);
    if (!fact) return null;
    if (fact.state === 'unknown') return 'unknown';
    const entry = fact.state === 'verified' && !anyLayer ? this.#hidden.byInode(fact) : null;
    return {
      layer: entry !== null ? entries.layer(entry) : fact.layer >= 0 ? fact.layer : 'unknown',
      ino: fact.ino === null ? 'unknown' : String(fact.ino),
      nlink: fact.nlink ?? 'unknown',
      state: fact.state,
      why: fact.why,
    };
  }

  /** The lower entry that an upper metacopy finds by its path, and takes for its origin; null where it finds none. */
  metacopyLower(id: number, top: number): number | null {
    const { objects } = this.#scan;
    const parent = objects.parents[id] as number;
    const found = objects.lookup.run(objects.stack(parent), top, null, -1, true, null);
    return found.lowers.find((component) => component >= 0) ?? null;
  }

  entry({ entry, role, hiddenBy }: Placed): ScanEntry {
    const { entries } = this.#scan;
    const isKnown = !(entries.marks(entry) & MarkBit.covered);
    return {
      layer: entries.layer(entry),
      ...(jsonField('path', entries.path(entry)) as { path: string }),
      type: this.type(entry),
      dev: isKnown && entries.dev(entry) !== '0:0' ? entries.dev(entry) : 'unknown',
      ino: isKnown && entries.hasNumber(entry) ? String(entries.ino(entry)) : 'unknown',
      nlink: isKnown ? entries.nlink(entry) : 'unknown',
      size: isKnown ? String(entries.size(entry)) : 'unknown',
      role: role as EntryRole,
      hiddenBy: hiddenBy as HiddenBy | null,
      marks: this.marks(entry),
    };
  }

  /** The object as one line of `scan`. */
  object(id: number): ScanObject {
    const { objects, entries } = this.#scan;
    const isHidden = this.#hidden.has(id);
    const top = this.shown(id);
    const isKnown = top >= 0 && !(entries.marks(top) & MarkBit.covered);
    const placed = this.#hidden.entriesAt(id);
    const type = this.typeOf(id);
    const btime = isKnown ? entries.btimeNs(top) : null;
    const redirect = isKnown && entries.marks(top) & MarkBit.redirect ? (entries.redirect(top) ?? '') : null;
    const target = isKnown && type === 'symlink' ? entries.target(top) : null;
    const data = this.#data(id);
    const blocks = isKnown ? entries.blocks(data !== null && data >= 0 ? data : top) : 0n;
    return {
      ...(jsonField('path', this.#hidden.path(id)) as { path: string }),
      type,
      lookup: this.lookup(id),
      listed: this.listed(id),
      provenance: this.provenance(id),
      hiddenBy: isHidden ? this.#hidden.hiddenBy(id) : null,
      marks: top < 0 ? [] : this.marks(top),
      size: isKnown ? String(entries.size(top)) : 'unknown',
      mode: isKnown ? entries.mode(top).toString(8).padStart(7, '0') : 'unknown',
      uid: isKnown ? entries.uid(top) : 'unknown',
      gid: isKnown ? entries.gid(top) : 'unknown',
      mtimeNs: isKnown ? String(entries.mtimeNs(top)) : 'unknown',
      btimeNs: isKnown ? (btime === null ? null : String(btime)) : 'unknown',
      blocks: isKnown ? String(blocks) : 'unknown',
      ...(target === null ? {} : jsonField('target', target)),
      ...(redirect === null ? {} : jsonField('redirect', redirect as Bytes)),
      entries: placed.map((one) => this.entry(one)),
      data:
        data === null
          ? null
          : data === DATA_UNKNOWN
            ? 'unknown'
            : {
                layer: entries.layer(data),
                ...(jsonField('path', entries.path(data)) as { path: string }),
              },
      origin: this.origin(id),
      shown: isHidden ? null : this.inodes.shown(id),
      ...(!isHidden && objects.isAssumed(id) ? { assumed: true as const } : {}),
      findings: isHidden ? [] : this.findings.codes(id),
    };
  }

  /** What stat of the path answers. */
  lookup(id: number): Lookup {
    const { objects } = this.#scan;
    if (this.#hidden.has(id)) return 'ENOENT';
    return objects.isCertain(id) ? (CODE_TEXT[objects.codes[id] as Code] ?? 'unknown') : 'unknown';
  }

  /** Whether a listing of its parent gives the name. */
  listed(id: number): boolean | 'unknown' {
    if (this.#hidden.has(id)) return false;
    const listed = this.#scan.objects.listed[id] as Listed;
    return listed === Listed.unknown ? 'unknown' : listed === Listed.yes;
  }

  /** Entry that the bytes are from; null for what has none or is in error, DATA_UNKNOWN where it cannot be told. */
  #data(id: number): number | null {
    const { objects, entries } = this.#scan;
    if (this.#hidden.has(id) || objects.isWhiteout(id)) return null;
    if (objects.codes[id] !== Code.ok) return null;
    const data = objects.data(id);
    const top = this.shown(id);
    if (top < 0 || entries.kind(top) !== Kind.file) return null;
    if (!objects.isCertain(id)) return DATA_UNKNOWN;
    if (data === DATA_UNKNOWN) return DATA_UNKNOWN;
    if (data < 0) return null;
    // What a layer that is an overlay says of its own file.
    const flags = entries.flags(data);
    if (flags & RecordFlag.dataUnknown) return DATA_UNKNOWN;
    return flags & RecordFlag.noData ? null : data;
  }
}
