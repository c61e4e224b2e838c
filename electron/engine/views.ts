import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { ViewState } from '../../shared/ipc/engine.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import type { ProbeHolder } from './machine.ts';
import { findPath, mustFindPath } from './output.ts';
import { type Names, RowTree } from './rows.ts';
import { type ScanOptions, StackScan } from './scan.ts';
import type { Stack } from './stack.ts';

/** While layers are read, the page hears of it no more often than this. */
export const TELL_EVERY_MS = 80;

/** A picture that follows records is kept once they pause for so long. */
const KEEP_AFTER_MS = 2000;

/** One opened stack: its reading, the tree of rows over it, and how far it is. */
export class View {
  readonly id: number;
  readonly ref: StackRef;
  stack: Stack;
  scan: StackScan;
  rows: RowTree;
  version = 1;
  /** Called with each reading that is whole. */
  onWhole: ((scan: StackScan, signal: AbortSignal) => void) | null = null;
  /** What keeps it live; null while it is not. */
  live: { end(): void; reread(): Promise<void> } | null = null;
  #keeping: NodeJS.Timeout | null = null;
  #keep: AbortController | null = null;
  /** Moment at which the picture was whole, ns since the epoch. */
  #readAtNs: string | null = null;
  #abort = new AbortController();
  /** Paths that were open before the stack was read again, and have no object yet. */
  readonly #toOpen = new Set<Bytes>();
  #told = 0;
  #timer: NodeJS.Timeout | null = null;
  readonly #tell: (state: ViewState) => void;
  readonly #probe: ProbeHolder;
  readonly #names: Names;
  readonly #through: boolean;
  readonly #remembered: ScanOptions['remembered'];

  constructor(
    id: number,
    ref: StackRef,
    stack: Stack,
    probe: ProbeHolder,
    names: Names,
    options: { hidden: boolean; through: boolean; remembered?: ScanOptions['remembered'] },
    tell: (state: ViewState) => void,
  ) {
    this.id = id;
    this.ref = ref;
    this.stack = stack;
    this.#probe = probe;
    this.#names = names;
    this.#tell = tell;
    this.#through = options.through;
    this.#remembered = options.remembered;
    this.scan = this.#newScan();
    this.rows = new RowTree(this.scan, names, options.hidden);
  }

  #newScan(): StackScan {
    return new StackScan(this.stack, this.#probe.client, {
      targets: this.stack.machine.privilege.trusted,
      through: this.#through,
      signal: this.#abort.signal,
      onProgress: () => this.#progressed(),
      ...(this.#remembered ? { remembered: this.#remembered } : {}),
    });
  }

  /** Reads; resolves when it is over, however it ended. */
  async read(): Promise<void> {
    const { scan } = this;
    await scan.run();
    if (this.scan !== scan) return;
    if (scan.phase === 'ready') {
      this.#readAtNs = String(BigInt(Date.now()) * 1_000_000n);
      scan.trim();
    }
    this.#changed();
    this.#say();
    this.#toOpen.clear();
    if (scan.phase === 'ready') this.onWhole?.(scan, this.#abort.signal);
  }

  cancel(): void {
    this.#abort.abort();
  }

  /** Records changed what stands: rows are made anew, with what is open and the order. */
  follow(): void {
    const before = this.rows;
    const { objects } = this.scan;
    this.rows = new RowTree(this.scan, this.#names, before.hidden);
    this.rows.order = before.order;
    for (const id of before.open) {
      if (before.tree.has(id)) this.#toOpen.add(before.tree.path(id));
      else if (!objects.isGone(id)) this.rows.open.add(id);
    }
    this.#readAtNs = String(BigInt(Date.now()) * 1_000_000n);
    this.#say();
    this.#toOpen.clear();
    this.#keepLater();
  }

  /** What follows from a whole reading is kept once nothing has changed for a while. */
  #keepLater(): void {
    if (this.#keeping) clearTimeout(this.#keeping);
    this.#keep?.abort();
    this.#keeping = setTimeout(() => {
      this.#keep = new AbortController();
      this.onWhole?.(this.scan, AbortSignal.any([this.#abort.signal, this.#keep.signal]));
    }, KEEP_AFTER_MS);
  }

  /** Reads everything again; what was open, the order and what is shown stay. */
  async reread(): Promise<void> {
    const before = this.#abort;
    if (this.#keeping) clearTimeout(this.#keeping);
    this.#keep?.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    // A reading that is under way goes on until this one can begin, and is cancelled with it.
    signal.addEventListener('abort', () => before.abort(), { once: true });
    const stack = await this.#probe.resolve(this.ref);
    // Another reading began since, or the view was closed.
    if (signal.aborted) return;
    before.abort();
    this.stack = stack;
    this.#readAtNs = null;
    const { rows } = this;
    for (const id of rows.open) this.#toOpen.add(rows.tree.path(id));
    this.scan = this.#newScan();
    this.rows = new RowTree(this.scan, this.#names, rows.hidden);
    this.rows.order = rows.order;
    await this.read();
  }

  /** Opens what was open before, as far as it has been read again. */
  #reopen(): void {
    for (const path of this.#toOpen) {
      const id = findPath(this.scan, this.rows.tree, path, this.rows.hidden);
      if (id === null) continue;
      this.rows.open.add(id);
      this.rows.reopened();
      this.#toOpen.delete(path);
    }
  }

  #progressed(): void {
    const now = performance.now();
    this.#changed();
    if (now - this.#told >= TELL_EVERY_MS) this.#say();
    else this.#timer ??= setTimeout(() => this.#say(), TELL_EVERY_MS - (now - this.#told));
  }

  #changed(): void {
    this.rows.invalidate();
  }

  #say(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#told = performance.now();
    this.#reopen();
    this.rows.openRest(!this.#isReading);
    this.version++;
    this.#tell(this.state());
  }

  get #isReading(): boolean {
    return this.scan.phase === 'reading' || this.scan.phase === 'merging';
  }

  /** Something beside the reading changed what is told of objects. */
  told(): void {
    this.#changed();
    this.#say();
  }

  /** Something that the user asked for changed the rows. */
  bump(): { version: number; total: number } {
    this.version++;
    return { version: this.version, total: this.rows.count };
  }

  state(): ViewState {
    const { scan, rows } = this;
    const { objects } = scan;
    let unknown = 0;
    if (scan.phase !== 'reading') for (let id = 0; id < objects.count; id++) if (!objects.isCertain(id)) unknown++;
    return {
      view: this.id,
      version: this.version,
      phase: scan.phase,
      layers: scan.layers.map((layer) => ({ ...layer })),
      objects: objects.living,
      rawEntries: scan.entries.rawCount,
      unknown,
      rows: rows.count,
      hidden: rows.hidden,
      sort: rows.order,
      readAtNs: this.#readAtNs,
      seconds: scan.phase === 'reading' ? null : scan.seconds.total,
      error: scan.error,
    };
  }

  /** Id of the row with this path; throws not-found. */
  idOf(path: Bytes): number {
    return mustFindPath(this.scan, this.rows.tree, path, this.rows.hidden);
  }

  close(): void {
    this.live?.end();
    if (this.#keeping) clearTimeout(this.#keeping);
    this.#keep?.abort();
    this.#abort.abort();
    if (this.#timer) clearTimeout(this.#timer);
  }
}
