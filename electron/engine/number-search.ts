import { type Bytes, compareBytes } from '../../shared/bytes/bytes.ts';
import { jsonField } from '../../shared/bytes/show.ts';
import { NumberAs, type NumberMeaning } from '../../shared/contract/inode.ts';
import { mappedNumber } from '../../shared/inodes/mapped.ts';
import { withFsid } from '../../shared/inodes/predict.ts';
import { NO_DIRECTORY } from '../../shared/ipc/records.ts';
import { MarkBit } from '../../shared/merge/marks.ts';
import type { Describer } from './describe.ts';
import { W, WORDS } from './entry-columns.ts';
import { EntryPlaces } from './entry-places.ts';
import type { HiddenTree } from './hidden.ts';
import type { IndexEntry } from './index-entries.ts';
import type { StackScan } from './scan.ts';

/** A meaning, and the object that has it; null where there is none. */
export type Meaning = { meaning: NumberMeaning; id: number | null; path: Bytes | null };

const ORDER = new Map(NumberAs.options.map((as, place) => [as, place]));
const LOW = 0xffffffffn;

/**
 * Everything that an inode number means in a stack that was read. Nothing is kept for it but the few entries whose
 * listing tells another number: one pass over the columns finds the inodes, and only their objects are described.
 */
export class NumberSearch {
  readonly #scan: StackScan;
  readonly #tree: HiddenTree;
  readonly #describer: Describer;
  #listedOtherwise: [entry: number, listed: bigint][] | null = null;

  constructor(scan: StackScan, tree: HiddenTree, describer: Describer) {
    this.#scan = scan;
    this.#tree = tree;
    this.#describer = describer;
  }

  /**
   * The meanings in the order of `NumberAs`, then of the paths. Where there are more than `limit`, some of them, so that
   * the thousands of names of one inode cost no more than what is shown.
   */
  meanings(number: bigint, limit = Number.POSITIVE_INFINITY): { found: Meaning[]; more: boolean } {
    const wanted = this.#realNumbers(number);
    const index = (this.#scan.index?.entries ?? []).filter(
      (one) => wanted.has(one.ino) || (one.lower !== null && wanted.has(one.lower.ino)),
    );
    for (const { ino } of index) wanted.add(ino);
    const entries = this.#entriesOf(wanted);
    const places = new EntryPlaces(this.#scan, this.#tree, entries);
    const ids = new Set<number>();
    const out: Meaning[] = [];
    for (const entry of entries) {
      if (out.length > limit) break;
      const at = places.of(entry);
      if (at.length === 0) this.#ofUnplaced(entry, number, out);
      for (const id of at) {
        if (ids.has(id)) continue;
        ids.add(id);
        this.#ofObject(id, number, out);
      }
    }
    for (const one of index) if (one.ino === number || one.lower?.ino === number) this.#ofIndex(one, ids, out);
    out.sort(
      (a, b) =>
        (ORDER.get(a.meaning.as) as number) - (ORDER.get(b.meaning.as) as number) ||
        compareBytes((a.path ?? '') as Bytes, (b.path ?? '') as Bytes) ||
        Number(a.meaning.layer) - Number(b.meaning.layer),
    );
    return out.length > limit ? { found: out.slice(0, limit), more: true } : { found: out, more: false };
  }

  /** The inode numbers of layers that may be meant: the number itself, and what is left of a mapped one. */
  #realNumbers(number: bigint): Set<bigint> {
    const { inodes } = this.#scan.stack;
    const wanted = new Set([number]);
    const mapped = mappedNumber(inodes, number);
    if (mapped !== null && withFsid(inodes, mapped.ino, mapped.fsid) === number) wanted.add(mapped.ino);
    return wanted;
  }

  /** Entries that have one of the numbers, whose directory lists them so, or whose origin names such an inode. */
  #entriesOf(wanted: ReadonlySet<bigint>): Set<number> {
    const { entries, origins } = this.#scan;
    const { facts, count } = entries;
    const out = new Set<number>();
    for (const number of wanted) {
      const low = Number(number & LOW);
      const high = Number(number >> 32n);
      for (let entry = 0, at: number = W.ino; entry < count; entry++, at += WORDS)
        if (facts[at] === low && facts[at + 1] === high && this.#stands(entry)) out.add(entry);
    }
    for (const [entry, { ino }] of origins.facts) if (ino !== null && wanted.has(ino)) out.add(entry);
    for (const [entry, listed] of this.#listed()) if (wanted.has(listed)) out.add(entry);
    return out;
  }

  /** It is an entry of a directory that was read, or a layer's root. */
  #stands(entry: number): boolean {
    const { entries } = this.#scan;
    return entries.parents[entry] !== NO_DIRECTORY || this.#scan.root(entries.layer(entry)) === entry;
  }

  #listed(): readonly [entry: number, listed: bigint][] {
    if (this.#listedOtherwise) return this.#listedOtherwise;
    const out = this.#scan.entries.listedNumbers();
    if (this.#scan.phase !== 'reading') this.#listedOtherwise = out;
    return out;
  }

  #ofObject(id: number, number: bigint, out: Meaning[]): void {
    const path = this.#tree.path(id);
    const say = (meaning: Omit<NumberMeaning, 'path' | 'ino'>, ino = number): void => {
      out.push({
        id,
        path,
        meaning: { ...meaning, ...(jsonField('path', path) as { path: string }), ino: String(ino) },
      });
    };
    if (!this.#tree.has(id)) this.#ofShown(id, number, say);
    const { entries } = this.#scan;
    for (const { entry, role, hiddenBy } of this.#tree.entriesAt(id)) {
      if (entries.ino(entry) !== number || !this.#hasNumber(entry)) continue;
      const own = entries.path(entry);
      say({
        as: 'real',
        layer: entries.layer(entry),
        dev: entries.dev(entry),
        state: role,
        ...(hiddenBy === null ? {} : { hiddenBy }),
        ...(own === path ? {} : jsonField('entryPath', own)),
      });
    }
    const origin = this.#describer.origin(id);
    if (origin !== null && origin !== 'unknown' && origin.ino === String(number))
      say({ as: 'origin', layer: origin.layer, dev: this.#deviceOf(id, origin.layer), state: origin.state });
  }

  #hasNumber(entry: number): boolean {
    const { entries } = this.#scan;
    return entries.hasNumber(entry) && (entries.marks(entry) & MarkBit.covered) === 0;
  }

  /** The number as stat and readdir give it, or would, and as what stands below a filesystem id. */
  #ofShown(
    id: number,
    number: bigint,
    say: (meaning: Omit<NumberMeaning, 'path' | 'ino'>, ino?: bigint) => void,
  ): void {
    const shown = this.#describer.inodes.shown(id);
    if (shown === null) return;
    const { dev, ino, dino, stable, cached } = shown;
    const state = stable === 'unknown' ? 'unknown' : stable ? 'stable' : 'unstable';
    const isNumber = (text: string | null | undefined): text is string =>
      typeof text === 'string' && text !== 'unknown';
    const layer = this.#layerShown(id);
    const text = String(number);
    if (ino === text) say({ as: 'st_ino', layer, dev, state });
    if (cached?.ino === text && (cached.ino !== ino || cached.dev !== dev))
      say({ as: 'st_ino', layer: 'unknown', dev: cached.dev, state: 'cached' });
    if (dino === text) {
      const top = this.#scan.objects.tops[id] as number;
      say({ as: 'd_ino', layer: dino === ino ? layer : this.#scan.entries.layer(top), dev: null, state });
    }
    if (isNumber(ino) && dev === 'overlay' && ino !== text) {
      const whole = BigInt(ino);
      if (mappedNumber(this.#scan.stack.inodes, whole)?.ino === number)
        say({ as: 'xino-part', layer, dev, state }, whole);
    }
  }

  /** Layer of the inode whose number an object shows. */
  #layerShown(id: number): number | 'unknown' {
    const { objects, entries } = this.#scan;
    const numbers = this.#describer.inodes.of(id);
    const top = objects.tops[id] as number;
    if (numbers === 'unknown') return 'unknown';
    if (!numbers.source.usesLower) return numbers.facts.upper ? 0 : entries.layer(top);
    if (objects.isDir(id)) {
      const lower = objects.stack(id).lowers.find((component) => component >= 0);
      return lower === undefined ? 'unknown' : entries.layer(lower);
    }
    if (entries.layer(top) !== 0) return entries.layer(top);
    const origin = this.#describer.origin(id);
    return origin === null || origin === 'unknown' ? 'unknown' : origin.layer;
  }

  /** Device of an object's origin. */
  #deviceOf(id: number, layer: number | 'unknown'): NumberMeaning['dev'] {
    const { entries, origins, stack } = this.#scan;
    const top = this.#describer.shown(id);
    if (entries.marks(top) & MarkBit.metacopy) {
      const lower = this.#describer.metacopyLower(id, top);
      if (lower !== null) return entries.dev(lower) as NumberMeaning['dev'];
    }
    const dev = origins.facts.get(top)?.dev ?? stack.facts.layers.find((one) => one.layer === layer)?.stDev;
    return (dev ?? 'unknown') as NumberMeaning['dev'];
  }

  /** An inode of a layer that no merged path leads to: in a data-only layer, below a file. */
  #ofUnplaced(entry: number, number: bigint, out: Meaning[]): void {
    const { entries } = this.#scan;
    if (entries.ino(entry) !== number || !this.#hasNumber(entry)) return;
    out.push({
      id: null,
      path: null,
      meaning: {
        as: 'real',
        path: null,
        layer: entries.layer(entry),
        dev: entries.dev(entry) as NumberMeaning['dev'],
        state: 'hidden',
        ino: String(number),
        ...jsonField('entryPath', entries.path(entry)),
      },
    });
  }

  #indexState({ isWhiteout, lower, handle }: IndexEntry): NumberMeaning['state'] {
    if (isWhiteout) return 'whiteout';
    if (lower !== null) return 'alive';
    if (handle === null) return 'foreign';
    return this.#scan.index?.unknown ? 'unknown' : 'stale';
  }

  /** An index entry: at the path of every name that its upper inode has, or without one. */
  #ofIndex(one: IndexEntry, ids: ReadonlySet<number>, out: Meaning[]): void {
    const { entries, objects, stack } = this.#scan;
    const dev = stack.facts.layers.find(({ role }) => role === 'upper')?.stDev ?? 'unknown';
    const state = this.#indexState(one);
    const named = [...ids].filter((id) => {
      if (this.#tree.has(id) || objects.isWhiteout(id)) return false;
      const top = this.#describer.shown(id);
      const isUpper = top >= 0 && entries.layer(top) === 0;
      if (isUpper) return entries.ino(top) === (one.upperIno ?? one.ino);
      return objects.indexed(id) !== undefined && entries.ino(top) === one.lower?.ino;
    });
    const meaning = {
      as: 'index' as const,
      layer: 0,
      dev: dev as NumberMeaning['dev'],
      state,
      ino: String(one.ino),
      entry: one.name,
    };
    if (named.length === 0) out.push({ id: null, path: null, meaning: { ...meaning, path: null } });
    for (const id of named) {
      const path = this.#tree.path(id);
      out.push({ id, path, meaning: { ...meaning, ...(jsonField('path', path) as { path: string }) } });
    }
  }
}
