import { writeFileSync } from 'node:fs';
import { asBytes, joinBytes } from '../../../shared/bytes/bytes.ts';
import type { StackRef } from '../../../shared/ipc/probe.ts';
import type { Answer } from '../engine-scan.ts';
import { statPath } from '../libc.ts';
import type { Actor } from './actor.ts';
import { type Comparison, compare, type Mount, type Wrong } from './compare.ts';
import { INSTANCES, type Instance } from './kinds.ts';
import { follow, type Operation } from './operate.ts';
import { checkStability, type Step } from './stability.ts';
import type { Stage } from './stage.ts';
import { change } from './things.ts';

/** Our program. */
export type Ask = (stack: StackRef) => Promise<Answer>;

/** What came of one configuration. */
export interface Outcome {
  readonly name: string;
  /** The kernel's refusal to mount it. */
  readonly refused: string | null;
  readonly mode: string;
  readonly wrong: readonly (Wrong & { phase: string })[];
  /** What is called unstable, but was never seen to change. */
  readonly unmet: readonly Wrong[];
  readonly counts: { objects: number; numbers: number; unknown: number; counted: number; promises: number };
  readonly met: readonly string[];
}

/** Lets go of whatever is in memory and not in use. */
export function evict(): void {
  for (let i = 0; i < 3; i++) writeFileSync('/proc/sys/vm/drop_caches', '2');
}

/** The instance that a path belongs to; undefined for the root. */
const byDirectory = new Map<string, Instance>(INSTANCES.map((instance) => [instance.directory, instance]));
const instanceOf = (path: string): Instance | undefined => byDirectory.get(path.split('/', 1)[0] as string);

/** The operations of a kind, of the paths of one instance. */
const operationsOf = ({ kind, directory }: Instance): Operation[] =>
  (kind.operations ?? []).map(
    ([name, ...paths]) => [name, ...paths.map((path) => `${directory}/${path}`)] as unknown as Operation,
  );

/** One configuration, mounted over and over, and everything that was seen of it. */
export class Trial {
  readonly stage: Stage;
  readonly #actor: Actor;
  readonly #ask: Ask;
  #seed: number;
  #refused: string | null = null;
  #mount: Mount | null = null;
  #mode = 'unknown';
  readonly #wrong: (Wrong & { phase: string })[] = [];
  readonly #steps: Step[] = [];
  readonly #counts = { objects: 0, numbers: 0, unknown: 0, counted: 0, promises: 0 };
  readonly #met = new Set<string>();
  /** How paths have moved, and which objects were tampered with, since the last step. */
  #moved: Step['moved'] = (path) => path;

  constructor(stage: Stage, actor: Actor, ask: Ask, seed: number) {
    this.stage = stage;
    this.#actor = actor;
    this.#ask = ask;
    this.#seed = seed;
  }

  get isRefused(): boolean {
    return this.#refused !== null;
  }

  get hasUpper(): boolean {
    return this.stage.configuration.upper !== null;
  }

  async mount(): Promise<void> {
    const { target, options, roots } = this.stage;
    this.#refused = await this.#actor.mount(target, options);
    if (this.#refused !== null) return;
    const layers = roots.map((root) => {
      const stat = statPath(root);
      if (typeof stat === 'string') throw new Error(`${root}: ${stat}`);
      return `${stat.dev >> 32n}:${stat.dev & 0xffffffffn}`;
    });
    this.#mount = { dev: '', layers, pseudos: new Map() };
  }

  async unmount(): Promise<void> {
    await this.#actor.letGo();
    await this.#actor.unmount(this.stage.target);
    this.#mount = null;
  }

  /** Mounts it again, after `between`. */
  async remount(between: () => void = () => undefined): Promise<void> {
    await this.unmount();
    between();
    await this.mount();
    const { name } = this.stage.configuration;
    if (this.#refused !== null) throw new Error(`${name} cannot be mounted again: ${this.#refused}`);
  }

  /**
   * Asks our program, looks, compares; and once more, for looking may have written into the upper. `cached`: nothing was
   * dropped from memory since something changed.
   */
  async check(phase: string, cached: boolean): Promise<void> {
    const { target } = this.stage;
    for (const round of [phase, `${phase}, seen`]) {
      const { meta, objects } = await this.#ask({ kind: 'mount', mount: target, pid: this.#actor.pid });
      this.#mode = meta.inodeMode;
      const mount = { ...(this.#mount as Mount), dev: meta.dev as string };
      const seen = await this.#actor.look(target, this.#seed++);
      const isHeld = (path: string): boolean => instanceOf(path)?.kind.operations?.[0]?.[0] === 'hold';
      const found = compare(objects, seen, mount, (path) => cached || isHeld(path));
      this.#take(round, found);
      this.#steps.push({ phase: round, predicted: objects, pairs: found.pairs, moved: this.#moved });
      this.#moved = (path) => path;
    }
  }

  #take(phase: string, found: Comparison): void {
    for (const one of found.wrong) this.#wrong.push({ ...one, phase });
    for (const name of ['objects', 'numbers', 'unknown', 'counted'] as const) this.#counts[name] += found[name];
    for (const one of found.met) this.#met.add(one);
  }

  /** Does what the kinds do through the mount. */
  async operate(): Promise<void> {
    const all = INSTANCES.flatMap(operationsOf);
    const done = await this.#actor.operate(this.stage.target, all);
    this.#moved = (path) => follow(path, all, done);
  }

  /** Copies up everything that is seen. */
  async copyUpAll(): Promise<void> {
    const paths = [...(this.#steps.at(-1)?.pairs.keys() ?? [])].filter((path) => path !== '');
    await this.#actor.operate(
      this.stage.target,
      paths.map((path) => ['chown', path] as const),
    );
  }

  /** Does to the layers what the kinds have done to them: what can be done while they are mounted, or the rest. */
  changeLayers(live: boolean): void {
    const changed = new Set<string>();
    for (const { kind, directory, parent } of INSTANCES) {
      if ((kind.live === true) !== live) continue;
      if (kind.breaksIndex && 'nfs_export' in this.stage.configuration.options) continue;
      for (const [layer, todo] of kind.changes ?? []) {
        const root = this.stage.changeable[layer];
        if (root === undefined || (layer !== 'upper' && !parent.layers.includes(layer))) continue;
        if (change(joinBytes(root, asBytes(directory)), todo, this.stage.prefix)) changed.add(directory);
      }
    }
    this.#moved = (path) => (changed.has(path.split('/', 1)[0] as string) ? null : path);
  }

  finish(): Outcome {
    const { wrong, unmet, checked } = checkStability(this.#steps);
    return {
      name: this.stage.configuration.name,
      refused: this.#refused,
      mode: this.#mode,
      wrong: [...this.#wrong, ...wrong.map((one) => ({ ...one, phase: 'stability' }))],
      unmet,
      counts: { ...this.#counts, promises: checked },
      met: [...this.#met],
    };
  }
}

/** Takes all trials through all phases, side by side: what is in memory is dropped for all at once. */
export async function runAll(trials: readonly Trial[], say: (phase: string) => void): Promise<void> {
  for (const trial of trials) await trial.mount();
  let able = trials.filter((trial) => !trial.isRefused);
  const each = async (phase: string, body: (trial: Trial) => unknown): Promise<void> => {
    say(phase);
    for (const trial of able) await body(trial);
  };
  const checkAll = (phase: string, cached = false): Promise<void> => each(phase, (trial) => trial.check(phase, cached));
  await checkAll('fresh');
  const still = able.filter((trial) => !trial.hasUpper);
  able = able.filter((trial) => trial.hasUpper);
  await each('operations', (trial) => trial.operate());
  await checkAll('after operations', true);
  // Where nothing can be changed, there is nothing more to come.
  able = [...able, ...still];
  evict();
  await checkAll('evicted');
  await each('remount', (trial) => trial.remount());
  await checkAll('mounted again');
  for (const trial of still) await trial.unmount();
  able = able.filter((trial) => trial.hasUpper);
  await each('accidents', (trial) => trial.changeLayers(true));
  await checkAll('layers changed below', true);
  evict();
  await checkAll('changed, evicted');
  await each('accidents', (trial) => trial.remount(() => trial.changeLayers(false)));
  await checkAll('changed');
  evict();
  await checkAll('changed, evicted again');
  await each('copying up', (trial) => trial.copyUpAll());
  await checkAll('all copied up', true);
  evict();
  await checkAll('all evicted');
  await each('remount', (trial) => trial.remount());
  await checkAll('all mounted again');
  for (const trial of able) await trial.unmount();
}
