import type { FindingCode } from '../../../shared/contract/scan.ts';
import { FINDINGS } from '../../../shared/findings/index.ts';
import type { FindingGroup, FindingRow, FindingTotals } from '../../../shared/ipc/engine.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { sortedChildren } from '../output.ts';
import type { RowTree } from '../rows.ts';
import type { StackScan } from '../scan.ts';
import { levelAt, type Met, metOf } from './findings.ts';

/** Objects looked at before others get a turn. */
const SLICE = 4096;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export type RunOptions = { signal: AbortSignal; onProgress?: (checked: number, total: number) => void };

/** Every object of a view's scan looked at for findings, once, in slices; what was found is kept as two bits a finding. */
export class FindingRun {
  readonly scan: StackScan;
  readonly #rows: RowTree;
  readonly #levels: Uint32Array;
  #checked = 0;
  /** Place of each object in the tree, parents before children, siblings in byte order. */
  #places: Uint32Array | null = null;
  readonly #lists = new Map<FindingCode, number[]>();

  /** Throws `reading` where the scan is not over. */
  constructor(scan: StackScan, rows: RowTree) {
    if (scan.phase === 'reading' || scan.phase === 'merging')
      throw new FailureError({
        code: 'reading',
        message: 'the stack is still being read',
        hint: 'ask again when it is ready',
      });
    this.scan = scan;
    this.#rows = rows;
    this.#levels = new Uint32Array(scan.objects.count);
  }

  /** Looks at what was not looked at yet. Several may wait for it at once; one that is cancelled leaves it to the others. */
  async finish({ signal, onProgress }: RunOptions): Promise<void> {
    const { findings } = this.#rows.describer;
    const total = this.#levels.length;
    while (this.#checked < total) {
      const end = Math.min(total, this.#checked + SLICE);
      for (; this.#checked < end; this.#checked++) this.#levels[this.#checked] = findings.levels(this.#checked);
      onProgress?.(this.#checked, total);
      await turn();
      if (signal.aborted) throw new FailureError({ code: 'cancelled', message: 'cancelled' });
    }
  }

  /** What was found, by code in the order of the contract. Notes are counted once a code. */
  summary(): { checked: number; totals: FindingTotals; groups: FindingGroup[] } {
    const counts = FINDINGS.map(() => [0, 0, 0, 0]);
    for (const levels of this.#levels)
      for (let rest = levels, i = 0; rest !== 0; rest >>>= 2, i++) (counts[i] as number[])[rest & 3]!++;
    const groups: FindingGroup[] = [];
    const totals = { errors: 0, warnings: 0, notes: 0 };
    for (const [i, { code, title }] of FINDINGS.entries()) {
      const [, notes = 0, warnings = 0, errors = 0] = counts[i] as number[];
      const count = notes + warnings + errors;
      if (count === 0) continue;
      const severity = errors > 0 ? 'error' : warnings > 0 ? 'warning' : 'note';
      groups.push({ code, severity, title, count, errors, warnings, notes });
      totals.errors += errors;
      totals.warnings += warnings;
      totals.notes += notes > 0 ? 1 : 0;
    }
    return { checked: this.#checked - (this.scan.objects.count - this.scan.objects.living), totals, groups };
  }

  /** Objects with this finding: the gravest first, then in the order of the tree. */
  async ids(code: FindingCode, signal: AbortSignal): Promise<readonly number[]> {
    const known = this.#lists.get(code);
    if (known) return known;
    const index = FINDINGS.findIndex((one) => one.code === code);
    const places = await this.#order(signal);
    const ids: number[] = [];
    for (let id = 0; id < this.#levels.length; id++) if (this.#level(id, index) > 0) ids.push(id);
    ids.sort((a, b) => this.#level(b, index) - this.#level(a, index) || (places[a] as number) - (places[b] as number));
    this.#lists.set(code, ids);
    return ids;
  }

  #level(id: number, index: number): number {
    return levelAt(this.#levels[id] as number, index);
  }

  async #order(signal: AbortSignal): Promise<Uint32Array> {
    if (this.#places) return this.#places;
    const places = new Uint32Array(this.#levels.length);
    let next = 0;
    const todo = [0];
    for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
      places[id] = next++;
      const children = sortedChildren(this.scan, null, id, this.#rows.tree);
      for (let i = children.length - 1; i >= 0; i--) todo.push(children[i] as number);
      if (next % SLICE !== 0) continue;
      await turn();
      if (signal.aborted) throw new FailureError({ code: 'cancelled', message: 'cancelled' });
    }
    this.#places = places;
    return places;
  }

  /** The finding of this code at the object; none where it has none. */
  met(id: number, code: FindingCode): Met[] {
    return metOf(this.#levels[id] as number).filter(({ finding }) => finding.code === code);
  }

  /** A row of the list under a finding's name, of an object that has it. */
  row(id: number, code: FindingCode): FindingRow {
    const met = this.met(id, code);
    const [told] = this.#rows.describer.findings.tell(id, met);
    return {
      id,
      path: this.#rows.tree.path(id),
      severity: met[0]?.severity ?? 'note',
      what: told?.detail.what ?? '',
      row: this.#rows.row(id, 0, 1, 1),
    };
  }
}
