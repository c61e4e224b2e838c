import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { Lookup, Origin, Provenance, ScanObject, Shown } from '../../../shared/contract/scan.ts';
import type {
  EntryView,
  FormerOwner,
  LostMark,
  Other,
  OtherName,
  ParentView,
  Sharer,
  Subject,
} from '../../../shared/findings/index.ts';
import { MarkBit } from '../../../shared/merge/marks.ts';
import { CODE_TEXT, type Code } from '../../../shared/merge/tree.ts';
import { hexOfArray } from '../../../shared/xattrs/index.ts';
import type { Describer } from '../describe.ts';
import type { StackScan } from '../scan.ts';
import { beneath, othersOf, SeenEntry } from './around.ts';
import type { Surroundings } from './surroundings.ts';

/** One object of a scan as findings ask for it: every field is made when it is read, and kept. */
export class ScanSubject implements Subject {
  readonly id: number;
  readonly #scan: StackScan;
  readonly #describer: Describer;
  readonly #around: Surroundings;
  #shown: Shown | null | undefined;
  #origin: Origin | 'unknown' | null | undefined;
  #top: EntryView | null | undefined;
  #beneath: number | undefined;

  constructor(scan: StackScan, describer: Describer, around: Surroundings, id: number) {
    this.#scan = scan;
    this.#describer = describer;
    this.#around = around;
    this.id = id;
  }

  get isRoot(): boolean {
    return this.id === 0;
  }
  get path(): Bytes {
    return this.#scan.objects.path(this.id);
  }
  get #entry(): number {
    return this.#describer.shown(this.id);
  }
  get type(): ScanObject['type'] {
    return this.#describer.typeOf(this.id);
  }
  get lookup(): Lookup {
    const { objects } = this.#scan;
    return objects.isCertain(this.id) ? (CODE_TEXT[objects.codes[this.id] as Code] ?? 'unknown') : 'unknown';
  }
  get provenance(): Provenance {
    return this.#describer.provenance(this.id);
  }
  get shown(): Shown | null {
    if (this.#shown === undefined) this.#shown = this.#describer.inodes.shown(this.id);
    return this.#shown;
  }
  get origin(): Origin | 'unknown' | null {
    if (this.#origin === undefined) this.#origin = this.#describer.origin(this.id, true);
    return this.#origin;
  }
  get top(): EntryView | null {
    if (this.#top === undefined)
      this.#top = this.#entry < 0 ? null : new SeenEntry(this.#scan, this.#describer, this.#entry);
    return this.#top;
  }
  get parent(): ParentView | null {
    if (this.id === 0) return null;
    const { objects, entries } = this.#scan;
    const parent = objects.parents[this.id] as number;
    const { upper } = objects.stack(parent);
    const marks = upper < 0 ? 0 : entries.marks(upper);
    const isUnknown = upper < -1 || (upper >= 0 && (marks & MarkBit.unknown || entries.blindLayers.has(0)));
    const impure = isUnknown ? 'unknown' : upper < 0 ? null : (marks & MarkBit.impure) !== 0;
    return { path: objects.path(parent), impure };
  }
  get #lower(): number {
    if (this.#beneath === undefined) this.#beneath = beneath(this.#scan, this.id);
    return this.#beneath;
  }
  get beneath(): EntryView | null {
    return this.#lower < 0 ? null : new SeenEntry(this.#scan, this.#describer, this.#lower);
  }
  get sharers(): Sharer[] {
    const { objects, origins, entries } = this.#scan;
    const ids = objects.sharers(this.id);
    return othersOf(this.#scan, ids).map((other, i) => {
      const id = ids[i] as number;
      const named = origins.facts.get(objects.tops[id] as number)?.ino;
      const lower = beneath(this.#scan, id);
      return { ...other, atHome: lower >= 0 && entries.ino(lower) === named };
    });
  }
  get sameNumber(): Other[] {
    return othersOf(this.#scan, this.#around.sameNumber(this.id));
  }
  get otherNames(): OtherName[] {
    return this.#around.splitLinks.of(this.#lower);
  }
  get formerOwners(): readonly FormerOwner[] {
    return this.#around.formerOwners(this.#entry, this.#lower);
  }
  get lostMark(): LostMark | null {
    return this.#around.lostMarks.of(this.id);
  }
  get redirectLength(): number {
    return this.#around.redirectLength(this.id);
  }
  get originBytes(): string | null {
    const value = this.#entry < 0 ? undefined : this.#scan.entries.xattr(this.#entry, 'origin');
    return value ? hexOfArray(value, 0, value.length) : null;
  }
  get object(): ScanObject {
    return this.#describer.object(this.id);
  }
}
