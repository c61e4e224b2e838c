import type { Severity } from '../../../shared/contract/finding.ts';
import type { FindingCode } from '../../../shared/contract/scan.ts';
import { LayerNames } from '../../../shared/explain/words.ts';
import { FINDINGS, type Finding, type FindingDetail, type FindingStack } from '../../../shared/findings/index.ts';
import type { Describer } from '../describe.ts';
import type { StackScan } from '../scan.ts';
import { listObject } from '../stack.ts';
import { ALONE, Classes } from './classes.ts';
import { ScanSubject } from './subject.ts';
import { type Remembered, Surroundings } from './surroundings.ts';

/** A finding of one object, without its words. */
export type Met = { finding: Finding; severity: Severity };

/** Two bits a finding hold how grave it is at an object. */
const LEVELS: readonly Severity[] = ['note', 'warning', 'error'];
const BITS = 2;

/** Looks for findings in the objects of a scan. Nothing is said of a scan that is still being read. */
export class Findings {
  readonly stack: FindingStack;
  readonly #scan: StackScan;
  readonly #describer: Describer;
  readonly #surroundings: Surroundings;
  #classes: Classes | null = null;
  /** Levels of the classes that were met. */
  readonly #known = new Map<number, number>();

  constructor(scan: StackScan, describer: Describer, remembered: Remembered | null = null) {
    this.#scan = scan;
    this.#describer = describer;
    this.#surroundings = new Surroundings(scan, describer, remembered);
    const { facts, options } = scan.stack;
    const list = listObject(scan.stack);
    this.stack = {
      list,
      options,
      redirectMax: this.#surroundings.redirectMax,
      names: new LayerNames(list),
      writable: !facts.readonly && facts.layers.some(({ role }) => role === 'upper'),
    };
  }

  get #isRead(): boolean {
    const { phase } = this.#scan;
    return phase !== 'reading' && phase !== 'merging';
  }

  /** How grave each finding is at the object, two bits each in the order of FINDINGS; 0 where there is none. */
  levels(id: number): number {
    const { objects } = this.#scan;
    if (!this.#isRead || objects.isWhiteout(id) || objects.isGone(id)) return 0;
    this.#classes ??= new Classes(this.#scan, this.#surroundings);
    const kind = this.#classes.of(id);
    if (kind === ALONE) return this.levelsAlone(id);
    const known = this.#known.get(kind);
    if (known !== undefined) return known;
    const levels = this.levelsAlone(id);
    this.#known.set(kind, levels);
    return levels;
  }

  /** The same without regard to other objects that are like it. */
  levelsAlone(id: number): number {
    if (this.#scan.objects.isWhiteout(id)) return 0;
    const subject = this.#subject(id);
    let levels = 0;
    for (const [i, finding] of FINDINGS.entries()) {
      const severity = finding.look(subject, this.stack);
      if (severity !== null) levels |= (LEVELS.indexOf(severity) + 1) << (i * BITS);
    }
    return levels;
  }

  #subject(id: number): ScanSubject {
    return new ScanSubject(this.#scan, this.#describer, this.#surroundings, id);
  }

  /** The findings of an object, in the order of the contract. */
  of(id: number): Met[] {
    return metOf(this.levels(id));
  }

  codes(id: number): FindingCode[] {
    return this.of(id).map(({ finding }) => finding.code);
  }

  /** What those findings say of it. */
  tell(id: number, met: readonly Met[] = this.of(id)): (Met & { detail: FindingDetail })[] {
    if (met.length === 0) return [];
    const subject = this.#subject(id);
    return met.map((one) => ({ ...one, detail: one.finding.tell(subject, this.stack) }));
  }
}

/** The findings that a number of levels means. */
export function metOf(levels: number): Met[] {
  const out: Met[] = [];
  for (let rest = levels, i = 0; rest !== 0; rest >>>= BITS, i++) {
    const level = rest & ((1 << BITS) - 1);
    if (level > 0) out.push({ finding: FINDINGS[i] as Finding, severity: LEVELS[level - 1] as Severity });
  }
  return out;
}

/** The level of the finding with this index. */
export const levelAt = (levels: number, index: number): number => (levels >>> (index * BITS)) & ((1 << BITS) - 1);
