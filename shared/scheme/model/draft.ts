import type { Bytes } from '../../bytes/bytes.ts';
import type { Step, StepName } from '../steps.ts';
import { refuse } from './call.ts';
import type { SchemeDescriptor, SchemeMapping, SchemeObject, SchemeState } from './state.ts';

/** The state that a call is making: objects are replaced, never changed, and the state it came from stays whole. */
export class Draft {
  readonly policy: SchemeState['policy'];
  readonly clones: boolean;
  readonly root: bigint;
  readonly steps: Step[] = [];
  readonly #firstUpper: bigint;
  readonly #objects: Map<bigint, SchemeObject>;
  readonly #descriptors: Map<number, SchemeDescriptor>;
  readonly #mmaps: SchemeMapping[];
  #nextKey: bigint;

  constructor(state: SchemeState) {
    this.policy = state.policy;
    this.clones = state.clones;
    this.root = state.root;
    this.#firstUpper = state.firstUpper;
    this.#objects = new Map(state.objects);
    this.#descriptors = new Map(state.descriptors);
    this.#mmaps = [...state.mmaps];
    this.#nextKey = state.nextKey;
  }

  finish(): SchemeState {
    return {
      policy: this.policy,
      clones: this.clones,
      root: this.root,
      objects: this.#objects,
      descriptors: this.#descriptors,
      mmaps: this.#mmaps,
      nextKey: this.#nextKey,
      firstUpper: this.#firstUpper,
    };
  }

  step(step: StepName, { ino }: SchemeObject): void {
    this.steps.push({ step, ino });
  }

  // ── Objects

  get(key: bigint): SchemeObject {
    const object = this.#objects.get(key);
    if (!object) throw new Error(`object ${key} is not there`);
    return object;
  }

  has(key: bigint): boolean {
    return this.#objects.has(key);
  }

  all(): IterableIterator<SchemeObject> {
    return this.#objects.values();
  }

  change(key: bigint, change: Partial<Omit<SchemeObject, 'key' | 'kind'>>): SchemeObject {
    const object = { ...this.get(key), ...change };
    this.#objects.set(key, object);
    return object;
  }

  add(object: Omit<SchemeObject, 'key'>): SchemeObject {
    const made = { ...object, key: this.#nextKey++ };
    this.#objects.set(made.key, made);
    return made;
  }

  drop(key: bigint): void {
    this.#objects.delete(key);
  }

  /** The lowest number that no inode of the upper has: one that was freed is given again. */
  upperNumber(): bigint {
    const taken = new Set([...this.#objects.values()].map(({ upper }) => upper));
    let number = this.#firstUpper;
    while (taken.has(number)) number++;
    return number;
  }

  // ── Names

  /** Every name of an object, as directory and name. */
  namesOf(key: bigint): { directory: bigint; name: Bytes }[] {
    const names: { directory: bigint; name: Bytes }[] = [];
    for (const directory of this.#objects.values())
      for (const [name, child] of directory.children) if (child === key) names.push({ directory: directory.key, name });
    return names;
  }

  setName(directory: bigint, name: Bytes, key: bigint): void {
    this.change(directory, { children: new Map(this.get(directory).children).set(name, key) });
    if (this.get(key).parent !== null) this.change(key, { parent: directory });
  }

  removeName(directory: bigint, name: Bytes): void {
    const children = new Map(this.get(directory).children);
    children.delete(name);
    this.change(directory, { children });
  }

  // ── What is open

  descriptor(fd: number): SchemeDescriptor {
    return this.#descriptors.get(fd) ?? refuse('EBADF');
  }

  mapping(map: number): SchemeMapping {
    return this.#mmaps[map - 1] ?? refuse('EBADF');
  }

  /** Gives the smallest number that is free, from 3 on. */
  addDescriptor(descriptor: SchemeDescriptor): number {
    let fd = 3;
    while (this.#descriptors.has(fd)) fd++;
    this.#descriptors.set(fd, descriptor);
    return fd;
  }

  changeDescriptor(fd: number, change: Partial<SchemeDescriptor>): void {
    this.#descriptors.set(fd, { ...this.descriptor(fd), ...change });
  }

  removeDescriptor(fd: number): void {
    this.#descriptors.delete(fd);
  }

  addMapping(mapping: SchemeMapping): number {
    return this.#mmaps.push(mapping);
  }

  /** A descriptor or a mapping is of it. */
  isHeld(key: bigint): boolean {
    return [...this.#descriptors.values(), ...this.#mmaps].some((one) => one.key === key);
  }

  /** A descriptor reads it. */
  isRead(key: bigint): boolean {
    return [...this.#descriptors.values()].some((one) => one.key === key && one.access !== 'WRONLY');
  }
}
