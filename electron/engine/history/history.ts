import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { RememberedState } from '../../../shared/contract/history.ts';
import type { Describer } from '../describe.ts';
import type { Remembered } from '../findings/surroundings.ts';
import type { StackScan } from '../scan.ts';
import { companionsOf, isDamage, openOwn, setAside } from '../sqlite-file.ts';
import { identityOf } from '../stack-identity.ts';
import { whyNot } from '../store-errors.ts';
import { type InSlices, keepBound } from './bound.ts';
import { DirectoryStep } from './directory.ts';
import { HISTORY_FILE } from './file.ts';
import { Owners } from './owners.ts';
import { statesOf } from './states.ts';
import { Writer } from './writer.ts';

/** So long a slice may take, in ms: what the user asks meanwhile waits no longer. */
const SLICE_MS = 8;
const MEGABYTE = 2 ** 20;

export type HistoryDeps = {
  /** The engine's data folder. */
  folder: () => string;
  isOn: () => boolean;
  /** The bound of the file, in MiB. */
  megabytes: () => number;
  onNotice: (text: string) => void;
};

/** Whether a merged directory is another one, or lies beneath it. */
const isWithin = (path: Bytes, top: Bytes): boolean => top === '' || path === top || path.startsWith(`${top}/`);

/** What one reading added: directories looked at, states that ended; how long it took of the engine's time. */
export type Remembering = { directories: number; ended: number; busyMs: number };

/**
 * What stacks showed before: for each path the numbers seen, where they were from, and how that ended. In a file of its
 * own, of which a directory that did not change is neither written nor parsed. Nothing here ever fails a call: what
 * cannot be kept is told once, and the rest goes on.
 */
export class History {
  readonly #deps: HistoryDeps;
  #db: Database.Database | null = null;
  #isBroken = false;
  #running = 0;
  #lastMs: number | null = null;
  #owners = new Map<string, Owners>();

  constructor(deps: HistoryDeps) {
    this.#deps = deps;
  }

  get file(): string {
    return join(this.#deps.folder(), 'history.db');
  }

  /** The file's size with its log, in bytes; 0 where there is none. */
  get bytes(): number {
    let sum = 0;
    for (const file of companionsOf(this.file)) if (existsSync(file)) sum += statSync(file).size;
    return sum;
  }

  get limitBytes(): number {
    return Math.max(1, this.#deps.megabytes()) * MEGABYTE;
  }

  info(): { on: boolean; stacks: number; bytes: number; limitBytes: number; isIdle: boolean; lastMs: number | null } {
    const stacks = this.#reading((db) => db.prepare('SELECT count(*) FROM stack').pluck().get() as number) ?? 0;
    const { bytes, limitBytes } = this;
    return { on: this.#deps.isOn(), stacks, bytes, limitBytes, isIdle: this.#running === 0, lastMs: this.#lastMs };
  }

  /**
   * Remembers what a whole reading shows, in slices between which the engine answers. Resolves with what it did, or null
   * where nothing was to be remembered: it is off, a layer was not read, it was aborted, or the file cannot be used.
   */
  async remember(
    scan: StackScan,
    describer: Describer,
    readAtNs: bigint,
    signal: AbortSignal,
  ): Promise<Remembering | null> {
    if (!this.#deps.isOn() || scan.phase !== 'ready' || scan.layers.some(({ error }) => error !== null)) return null;
    this.#running++;
    try {
      const db = this.#open();
      const done = db && (await this.#remember(db, scan, describer, readAtNs, signal));
      if (done) this.#lastMs = done.busyMs;
      return done;
    } catch (error) {
      this.#failed(error);
      return null;
    } finally {
      this.#running--;
    }
  }

  async #remember(
    db: Database.Database,
    scan: StackScan,
    describer: Describer,
    readAtNs: bigint,
    signal: AbortSignal,
  ): Promise<Remembering | null> {
    const { id: identity } = identityOf(scan.stack.facts);
    const { objects } = scan;
    const done: Remembering = { directories: 0, ended: 0, busyMs: 0 };
    const isOver = (): boolean => signal.aborted || db !== this.#db || !this.#deps.isOn();
    const writer = new Writer(db, identity, readAtNs);
    const steps = new DirectoryStep(scan, describer);
    const seen = new Set<number>();
    /** Directories that could not be read whole: they and what is beneath stay as they were remembered. */
    const kept: Bytes[] = [];
    // Each slice is a transaction.
    const inSlices: InSlices = async (work) => {
      for (let isMore = true; isMore; ) {
        await new Promise((resolve) => setImmediate(resolve));
        if (isOver()) return false;
        const begun = performance.now();
        db.transaction(() => {
          while (isMore && performance.now() - begun < SLICE_MS) isMore = work.next().done !== true;
        }).immediate();
        done.busyMs += performance.now() - begun;
      }
      return true;
    };
    function* directories(): Generator<void> {
      const todo: { id: number; path: Bytes }[] = [{ id: 0, path: asBytes('') }];
      for (let at = 0; at < todo.length; at++) {
        const { id, path } = todo[at] as { id: number; path: Bytes };
        if (!objects.isWhole(id)) {
          kept.push(path);
          continue;
        }
        const row = writer.directory(path);
        const { blob, ended } = yield* steps.step(id, row?.entries ?? null, writer.seq);
        const directory = writer.store(row?.id ?? null, path, blob, ended);
        if (directory !== null) seen.add(directory);
        done.directories++;
        done.ended += ended.length;
        for (const child of objects.children(id)) {
          if (!objects.isDir(child) || (objects.childCount(child) === 0 && objects.isWhole(child))) continue;
          const name = objects.name(child);
          todo.push({ id: child, path: asBytes(path === '' ? name : `${path}/${name}`) });
        }
        yield;
      }
    }
    function* gone(): Generator<void> {
      for (const { id: one, path } of writer.directories()) {
        if (seen.has(one) || kept.some((top) => isWithin(path, top))) continue;
        const entries = writer.entriesOf(one);
        const { blob, ended } = entries === null ? { blob: null, ended: [] } : steps.gone(entries);
        if (blob) writer.store(one, asBytes(''), blob, ended);
        done.ended += ended.length;
        yield;
      }
    }
    if (!(await inSlices(directories())) || !(await inSlices(gone()))) return null;
    db.transaction(() => writer.conclude()).immediate();
    // What was written does not stay in the log too.
    if ((statSync(`${this.file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > MEGABYTE)
      db.pragma('wal_checkpoint(TRUNCATE)');
    if (done.ended > 0) this.#owners.delete(identity);
    if (await keepBound(db, writer.stack, this.limitBytes, inSlices)) this.#owners.clear();
    return done;
  }

  /** What is remembered of a path, the newest state first. */
  of(scan: StackScan, path: Bytes): RememberedState[] {
    return this.#reading((db) => statesOf(db, identityOf(scan.stack.facts).id, path)) ?? [];
  }

  /** Who had the numbers of a stack's inodes before, as findings ask for it. */
  readonly remembered = ({ stack: { facts } }: StackScan): Remembered => {
    const { id } = identityOf(facts);
    const owners = (): Owners => this.#ownersOf(id);
    return {
      get isEmpty() {
        return owners().isEmpty;
      },
      mayHave: (inoLow) => owners().mayHave(inoLow),
      of: (inode) => owners().of(facts.layers, inode),
    };
  };

  #ownersOf(identity: string): Owners {
    const known = this.#owners.get(identity);
    if (known) return known;
    const owners = this.#reading((db) => Owners.read(db, identity)) ?? Owners.none;
    this.#owners.set(identity, owners);
    return owners;
  }

  /** Forgets everything. Returns the bytes that were freed. */
  wipe(): number {
    const { bytes } = this;
    this.close();
    for (const file of companionsOf(this.file)) rmSync(file, { force: true });
    return bytes;
  }

  close(): void {
    this.#db?.close();
    this.#db = null;
    this.#owners.clear();
    this.#isBroken = false;
  }

  /** Asks the file, if there is one; null where there is none, or it cannot be used. */
  #reading<T>(use: (db: Database.Database) => T): T | null {
    // A folder that may not be looked into holds nothing of ours.
    if (this.#db === null && !existsSync(this.file)) return null;
    if (!this.#deps.isOn()) return null;
    try {
      const db = this.#open();
      return db && use(db);
    } catch (error) {
      this.#failed(error);
      return null;
    }
  }

  #open(): Database.Database | null {
    if (this.#isBroken) return null;
    this.#db ??= openOwn(this.file, HISTORY_FILE, ({ why, as }) =>
      this.#deps.onNotice(`The history in ${this.file} could not be used: ${why}. It was set aside as ${as}.`),
    );
    return this.#db;
  }

  /** A torn file is set aside, and a new one begun with the next reading; any other trouble ends it until the next start. */
  #failed(error: unknown): void {
    const { file } = this;
    const isTorn = isDamage(error) || error instanceof RangeError;
    this.#db?.close();
    this.#db = null;
    this.#owners.clear();
    if (isTorn) {
      this.#deps.onNotice(`The history in ${file} is damaged, and was set aside as ${setAside(file)}.`);
      return;
    }
    this.#isBroken = true;
    this.#deps.onNotice(`What was seen is not remembered: ${file}: ${whyNot(error)}.`);
  }
}
