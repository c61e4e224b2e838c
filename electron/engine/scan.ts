import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import type { LayerFacts, ProbeContract, StackFacts, WalkProgress } from '../../shared/ipc/probe.ts';
import { type Client, FailureError, failureOf } from '../../shared/ipc/rpc.ts';
import { kernelAtLeast } from '../../shared/merge/options.ts';
import { RULES, ruleSwitches } from '../../shared/merge/rules.ts';
import { ABSENT, POSITIONS, unknownComponent } from '../../shared/merge/tree.ts';
import { EntryTable, forEachRecord, type RecordAt } from './entries.ts';
import type { Remembered } from './findings/surroundings.ts';
import { fleetingLayers } from './fleeting.ts';
import { type Index, openLowers, placeInodes, placeNamed, readIndex } from './index-entries.ts';
import { readNested } from './nested.ts';
import { ObjectEdits } from './object-edits.ts';
import { KnownOrigins } from './origin-rules.ts';
import { Origins } from './origins.ts';
import { applyOrigins } from './resolve.ts';
import { makeStack, type Stack } from './stack.ts';

export type LayerReading = {
  layer: number;
  entries: number;
  done: boolean;
  error: { code: string; message: string } | null;
};

export type ScanPhase = 'reading' | 'merging' | 'ready' | 'cancelled' | 'failed';

export type ScanOptions = {
  /** Read symlink targets too. */
  targets: boolean;
  /** Read layers on other overlays through their mounts, which writes into those uppers. */
  through?: boolean;
  /** Count how often each rule is met. */
  countRules?: boolean;
  /** Rules that a test has switched off. */
  withoutRules?: readonly string[];
  signal?: AbortSignal;
  onProgress?: (scan: StackScan) => void;
  /** Who had the numbers of its inodes before, for what is found in them. */
  remembered?: (scan: StackScan) => Remembered;
};

/** Filesystems that may never answer: their layers are walked by a process each, which can be killed. */
const mayHang = (type: string): boolean =>
  /^(fuse|fuseblk|nfs|nfs4|cifs|smb3|9p|ceph|afs|glusterfs|lustre)(\.|$)/.test(type);

let nextSession = 1;

/** One reading of a stack: raw entries, the merged tree over them, and the origins, filled while the probe reads. */
export class StackScan {
  readonly stack: Stack;
  readonly entries: EntryTable;
  readonly objects: ObjectEdits;
  readonly origins: Origins;
  readonly known: KnownOrigins;
  /** Index entries by what they mean; null where there is no index or it could not be read. */
  index: Index | null = null;
  /** FUSE layers whose numbers are made up; what their listings tell, until all is read. */
  fleeting: ReadonlySet<number> | null = null;
  phase: ScanPhase = 'reading';
  layers: LayerReading[];
  error: { code: string; message: string } | null = null;
  atime: 'untouched' | 'may move';
  readonly seconds = { walk: 0, merge: 0, origins: 0, total: 0 };
  readonly #probe: Client<ProbeContract>;
  readonly #session = nextSession++;
  readonly #options: ScanOptions;
  readonly #roots: number[] = [];
  #reading: ReturnType<typeof readIndex> | null = null;

  constructor(stack: Stack, probe: Client<ProbeContract>, options: ScanOptions) {
    this.stack = stack;
    this.#probe = probe;
    this.#options = options;
    const { facts } = stack;
    this.atime = facts.layers.every((layer) => layer.place === null || layer.access === 'clone')
      ? 'untouched'
      : 'may move';
    this.layers = facts.layers.map((layer) => {
      const isOpen = this.#isOpen(layer);
      const error = isOpen ? null : { code: layer.state, message: layer.why };
      return { layer: layer.layer, entries: 0, done: !isOpen, error };
    });
    const blind = stack.marksReadable ? [] : facts.layers.map(({ layer }) => layer);
    this.entries = new EntryTable(stack.prefix, blind, stack.marksInDoubt);
    for (const layer of facts.layers)
      this.#roots[layer.layer] = this.#isOpen(layer)
        ? this.entries.addRoot(layer.layer)
        : unknownComponent(layer.layer);
    const of = (role: string): number[] =>
      facts.layers.filter((layer) => layer.role === role).map(({ layer }) => this.#roots[layer] as number);
    this.origins = new Origins(this.entries, stack, probe, this.#session);
    this.known = new KnownOrigins(this.entries, this.origins);
    const dataOnlyFree = kernelAtLeast(stack.machine.kernel, '6.16');
    const rules = ruleSwitches(options.withoutRules);
    this.objects = new ObjectEdits(
      this.entries,
      {
        lowerRoots: of('lower'),
        dataRoots: of('data'),
        followRedirect: stack.options.redirectDir !== 'nofollow',
        metacopy: stack.options.metacopy,
        verifyLower: stack.options.index && stack.options.nfsExport,
        origins: stack.options.index ? this.known : null,
        dataOnlyFree,
        rules,
      },
      {
        sameFs: stack.inodes.mode === 'same-fs',
        xino: stack.inodes.mode === 'xino',
        unknownMode: stack.inodes.mode === 'unknown',
      },
      new Set(facts.layers.filter((layer) => layer.assumed).map(({ layer }) => layer)),
      options.countRules ? new Uint32Array(RULES.length * POSITIONS.length) : null,
    );
  }

  /** Who had the numbers of its inodes before; null where nobody remembers. */
  get remembered(): Remembered | null {
    return this.#options.remembered?.(this) ?? null;
  }

  /** Entry of a layer's root, or null where the layer could not be opened. */
  root(layer: number): number | null {
    const root = this.#roots[layer];
    return root === undefined || root < 0 ? null : root;
  }

  /** Reads everything. Never throws: how it ended stands in `phase` and `error`, and what was read stays. */
  async run(): Promise<void> {
    const begun = performance.now();
    try {
      await this.#read();
      await this.#conclude();
      this.phase = this.#options.signal?.aborted ? 'cancelled' : 'ready';
    } catch (error) {
      const failure = failureOf(error, this.#options.signal);
      this.phase = failure.code === 'cancelled' ? 'cancelled' : 'failed';
      if (this.phase === 'failed') this.error = failure;
      this.#settle();
    } finally {
      void this.#probe.call('release', { session: this.#session }).catch(() => {});
      this.seconds.total = (performance.now() - begun) / 1000;
      this.#options.onProgress?.(this);
    }
  }

  async #read(): Promise<void> {
    const { facts } = this.stack;
    const begun = performance.now();
    const nested = facts.layers.filter((layer) => this.#isNested(layer));
    const readable = facts.layers.filter((layer) => layer.place !== null && !this.#isNested(layer));
    const failed = new Set<number>();
    const inner = await Promise.all(
      nested.map(async (layer) => {
        try {
          const read = await readNested(layer, this.#probe, (innerFacts) => this.#readInner(innerFacts));
          this.entries.setRoot(this.#roots[layer.layer] as number, read.root);
          return [read.chunks];
        } catch (error) {
          if (error instanceof FailureError && error.failure.code === 'closed') throw error;
          this.#layerFailed(layer.layer, failureOf(error));
          return [];
        }
      }),
    );
    await Promise.all(
      readable.map(async (layer) => {
        const root = this.#roots[layer.layer] as number;
        // Nobody waits for it here: what is known already must do.
        if (mayHang(layer.fs.type)) {
          if (layer.ino !== null) this.entries.setRootNumber(root, layer.ino, layer.stDev ?? '0:0');
          return;
        }
        try {
          const entry = await this.#probe.call('entry', {
            place: layer.place as NonNullable<typeof layer.place>,
            path: asBytes(''),
            target: false,
          });
          this.entries.setRoot(root, entry);
        } catch (error) {
          if (error instanceof FailureError && error.failure.code === 'closed') throw error;
          failed.add(layer.layer);
          this.#layerFailed(layer.layer, failureOf(error));
        }
      }),
    );
    this.#rootObject();
    for (const chunk of inner.flat(2)) this.#take(chunk);
    for (const { layer } of nested) {
      const reading = this.layers.find((one) => one.layer === layer);
      if (reading) Object.assign(reading, { done: true, entries: this.entries.perLayer[layer] ?? 0 });
    }
    // Beside the walk, so that nobody waits for it at the end.
    this.#reading = readIndex(this.stack, this.#probe);
    this.#reading.catch(() => {});
    const result = await this.#probe.call(
      'walk',
      {
        session: this.#session,
        layers: readable
          .filter(({ layer }) => !failed.has(layer))
          .map(({ layer, place, fs }) => ({
            layer,
            place: place as NonNullable<typeof place>,
            isolate: mayHang(fs.type),
          })),
        targets: this.#options.targets,
        origins: this.origins.places(),
      },
      {
        ...(this.#options.signal ? { signal: this.#options.signal } : {}),
        onChunk: (chunk) => {
          this.#take(chunk);
          this.#options.onProgress?.(this);
        },
        onItem: (progress: WalkProgress) => this.#progress(progress),
      },
    );
    this.atime = result.atime;
    this.seconds.walk = (performance.now() - begun) / 1000;
  }

  /** A layer on another overlay mount: read from that one's layers, unless the user asked to go through the mount. */
  #isNested(layer: LayerFacts): boolean {
    return layer.fs.type === 'overlay' && !this.#options.through;
  }

  /** Whether there is a way to read the layer: by its place, or by the layers of the overlay that it lies on. */
  #isOpen(layer: LayerFacts): boolean {
    return layer.place !== null || this.#isNested(layer);
  }

  /** Reads the overlay that a layer lies on. */
  async #readInner(facts: StackFacts): Promise<StackScan> {
    const { onProgress: _, ...options } = this.#options;
    const inner = new StackScan(makeStack(facts, this.stack.machine), this.#probe, options);
    await inner.run();
    return inner;
  }

  #take(chunk: Uint8Array): void {
    const started = performance.now();
    // With nfs_export directories merge by origin and index, which are whole at the end alone.
    const { verifyLower } = this.objects.options;
    this.entries.ingest(chunk, (directory) => void (verifyLower || this.objects.directoryRead(directory)));
    this.origins.take();
    this.seconds.merge += (performance.now() - started) / 1000;
  }

  #progress(progress: WalkProgress): void {
    for (const { layer, entries, done, error } of progress.layers) {
      const reading = this.layers.find((one) => one.layer === layer);
      if (!reading) continue;
      reading.entries = entries;
      reading.done = done;
      if (error && !reading.error) this.#layerFailed(layer, error);
    }
    this.#options.onProgress?.(this);
  }

  #layerFailed(layer: number, error: { code: string; message: string }): void {
    const reading = this.layers.find((one) => one.layer === layer);
    if (reading) {
      reading.error = { code: error.code, message: error.message };
      reading.done = true;
    }
  }

  #rootObject(): void {
    const upper = this.stack.facts.layers.some((layer) => layer.role === 'upper') ? (this.#roots[0] as number) : ABSENT;
    this.objects.addRoot(upper);
  }

  /** After the walk: what was put off, the origins, the index, and what follows from them. */
  async #conclude(): Promise<void> {
    this.phase = 'merging';
    const begun = performance.now();
    const [index, , fleeting] = await Promise.all([
      this.#reading,
      this.origins.finish(),
      fleetingLayers(this.stack.facts.layers, this.entries, this.#probe),
    ]);
    this.fleeting = fleeting;
    if (index) {
      await openLowers(index, this.#probe, this.#session);
      await placeInodes(index, this.entries, this.stack, this.#probe);
      // Those of inodes that stand in the index alone are only now there.
      await this.origins.finish();
    }
    this.index = index;
    this.learn();
    this.seconds.origins = (performance.now() - begun) / 1000;
    const merging = performance.now();
    this.#settle();
    applyOrigins(this);
    this.seconds.merge += (performance.now() - merging) / 1000;
  }

  #settle(): void {
    if (this.objects.count === 0) this.#rootObject();
    this.objects.endReading();
    this.objects.finish();
    for (const reading of this.layers) reading.done = true;
  }

  /** Takes in what origins and index say, once they are judged; lookups depend on it. */
  learn(): void {
    this.known.setIndex(this.index);
    this.origins.heedIndex(this.index);
  }

  /** What follows from origins and index for all objects, anew after something changed. */
  conclude(): void {
    applyOrigins(this);
  }

  /** The index directory, read again; null where there is none. Handles can be asked for meanwhile (`reread`). */
  async rereadIndex(): Promise<Index | null> {
    const index = await readIndex(this.stack, this.#probe);
    if (index) await openLowers(index, this.#probe, this.#session);
    return index;
  }

  /** Reads the inodes of the index that the upper has no name for. True: there were some. */
  async placeApart(): Promise<boolean> {
    const { index, entries } = this;
    if (!index || placeNamed(index, entries).size === 0) return false;
    await placeInodes(index, entries, this.stack, this.#probe);
    return true;
  }

  /**
   * Reads names of the upper again. Calls back with each record, by the places of directory and name; null: it is not
   * there. Handles can be asked for until `release`.
   */
  async reread(
    directories: { path: Bytes; names: Bytes[] }[],
    take: (directory: number, name: number, record: RecordAt | null) => void,
  ): Promise<void> {
    const { layers } = this.stack.facts;
    const upper = layers.find(({ layer }) => layer === 0)?.place;
    if (!upper) return;
    const origins = this.origins.places();
    const isShared = ({ fs, dev }: LayerFacts): boolean =>
      layers.some((other) => other.fs.uuid === fs.uuid && other.dev !== dev);
    const lowers = layers.flatMap((one) => {
      const isAsked = origins.some(({ layer }) => layer === one.layer) || isShared(one);
      return one.role === 'lower' && one.place !== null && isAsked ? [{ layer: one.layer, place: one.place }] : [];
    });
    const taken = directories.map(() => 0);
    await this.#probe.call(
      'reread',
      { session: this.#session, upper, lowers, directories, targets: this.#options.targets, origins },
      {
        onChunk: (chunk) =>
          forEachRecord(chunk, (directory, record) => take(directory, (taken[directory] as number)++, record)),
      },
    );
    for (const [directory, { names }] of directories.entries())
      while ((taken[directory] as number) < names.length) take(directory, (taken[directory] as number)++, null);
  }

  /** Reads the upper's root again. The answer enters it; true: its marks are others than before. */
  async readRoot(): Promise<() => boolean> {
    const place = this.stack.facts.layers.find(({ layer }) => layer === 0)?.place;
    const root = this.root(0);
    if (!place || root === null) return () => false;
    const facts = await this.#probe.call('entry', { place, path: asBytes(''), target: false });
    return () => {
      const before = this.entries.marks(root);
      this.entries.setRoot(root, facts);
      return this.entries.marks(root) !== before;
    };
  }

  /** What `reread` left open is closed. */
  release(): Promise<unknown> {
    return this.#probe.call('release', { session: this.#session });
  }

  path(id: number): Bytes {
    return this.objects.path(id);
  }

  /** Gives spare room back: nothing more is coming. */
  trim(): void {
    this.entries.trim();
    this.objects.trim();
    this.origins.facts.trim();
  }
}
