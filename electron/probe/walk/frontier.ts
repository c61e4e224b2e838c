/**
 * What the threads of one walk share: the directories that are known but not yet read, oldest first, and the counters
 * of the walk. All of it lies in one SharedArrayBuffer, of which only the pages that are used exist.
 *
 * A directory is a slot: where its name is, which slot its parent is, and the descriptor that its children are opened
 * by. That descriptor stays open from the reading of a directory until the last of its children has been opened; when
 * too many are open it is closed early, and the children are reached from the layer's root, name by name.
 */
import type { Memory } from '../syscalls/libc.ts';
import { addressOf } from '../syscalls/libc.ts';

/** Most directories that one walk can know, and the bytes of their names. Beyond that a directory answers ENOMEM. */
export const MOST_DIRECTORIES = 2 * 1024 * 1024;
const NAMES = 96 * 1024 * 1024;
const LAYERS = 512;

const Control = {
  lock: 0,
  signal: 1,
  head: 2,
  tail: 3,
  slots: 4,
  names: 5,
  active: 6,
  cancelled: 7,
  waiting: 8,
  tickets: 9,
  inFlight: 10,
  held: 11,
  heldMost: 12,
  slotsMost: 13,
} as const;
const CONTROL_WORDS = 16;

/** Of a layer: next id of a directory, directories not finished, directories and entries read, errno of its root. */
const Count = { nextId: 0, active: 1, directories: 2, entries: 3, rootErrno: 4 } as const;
const COUNT_WORDS = 5;

/** Words of a slot. */
const Slot = { layer: 0, id: 1, parent: 2, name: 3, length: 4, descriptor: 5, unopened: 6 } as const;
const SLOT_WORDS = 7;

const QUEUE_AT = CONTROL_WORDS + LAYERS * COUNT_WORDS;
const SLOTS_AT = QUEUE_AT + MOST_DIRECTORIES;
const NAMES_AT = 4 * (SLOTS_AT + MOST_DIRECTORIES * SLOT_WORDS);

/** No slot: nothing to do, or the parent of a root. */
export const NONE = -1;

/** Chunks that may be on their way to the reader before the threads wait. */
const MOST_IN_FLIGHT = 12;

export class Frontier {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #names: Uint8Array<SharedArrayBuffer>;
  readonly #namesAddress: number;

  /** A new frontier for the main thread, or the one that it handed over. */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(NAMES_AT + NAMES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, NAMES_AT / 4);
    this.#names = new Uint8Array(buffer, NAMES_AT);
    this.#namesAddress = addressOf(buffer) + NAMES_AT;
  }

  /**
   * Makes it ready for a walk, also after another. `descriptors`: how many may be held open; `directories`: how many may
   * be known. No thread uses it yet.
   */
  reset(layers: number, descriptors: number, directories = MOST_DIRECTORIES): void {
    if (layers > LAYERS) throw new RangeError(`${layers} layers`);
    // Slots and queue need no clearing: each word is written before it is read.
    this.#words.fill(0, 0, QUEUE_AT);
    this.#words[Control.heldMost] = descriptors;
    this.#words[Control.slotsMost] = directories;
  }

  /** Adds the root of a layer (an index into the walk's layers, not the layer's number). Before the threads start. */
  addRoot(layer: number): void {
    const slot = this.add(layer, NONE, null, 0, 0);
    this.publish([slot], 0);
  }

  /**
   * Makes a slot for a directory that was seen; its name is copied from `memory`. NONE where there is no room left.
   * It is known to this thread alone until it is published.
   */
  add(layer: number, parent: number, memory: Memory | null, offset: number, length: number): number {
    const words = this.#words;
    if (Atomics.load(words, Control.names) > NAMES - 4096) return NONE;
    const slot = Atomics.add(words, Control.slots, 1);
    if (slot >= (words[Control.slotsMost] as number)) {
      Atomics.sub(words, Control.slots, 1);
      return NONE;
    }
    const at = SLOTS_AT + slot * SLOT_WORDS;
    const name = Atomics.add(words, Control.names, length + 1);
    for (let i = 0; i < length; i++) this.#names[name + i] = memory?.bytes[offset + i] as number;
    this.#names[name + length] = 0;
    words[at + Slot.layer] = layer;
    words[at + Slot.parent] = parent;
    words[at + Slot.name] = name;
    words[at + Slot.length] = length;
    words[at + Slot.descriptor] = -1;
    words[at + Slot.id] = Atomics.add(words, this.#count(layer, Count.nextId), 1);
    Atomics.add(words, this.#count(layer, Count.active), 1);
    Atomics.add(words, Control.active, 1);
    return slot;
  }

  /** An id for a directory that was seen and for which `add` had no room. */
  idWithoutSlot(layer: number): number {
    return Atomics.add(this.#words, this.#count(layer, Count.nextId), 1);
  }

  /** Shows these slots, from index `from` on, to all threads, in order. */
  publish(slots: readonly number[], from: number): void {
    const count = slots.length - from;
    if (count <= 0) return;
    const words = this.#words;
    while (Atomics.compareExchange(words, Control.lock, 0, 1) !== 0) Atomics.wait(words, Control.lock, 1, 1);
    const tail = words[Control.tail] as number;
    for (let i = 0; i < count; i++) words[QUEUE_AT + tail + i] = slots[from + i] as number;
    Atomics.store(words, Control.tail, tail + count);
    Atomics.store(words, Control.lock, 0);
    Atomics.notify(words, Control.lock, 1);
    this.#wake();
  }

  /** Takes the oldest published directory, or NONE. */
  take(): number {
    const words = this.#words;
    for (;;) {
      const head = Atomics.load(words, Control.head);
      if (head >= Atomics.load(words, Control.tail)) return NONE;
      if (Atomics.compareExchange(words, Control.head, head, head + 1) === head)
        return words[QUEUE_AT + head] as number;
    }
  }

  /** Waits until something is published, the walk is over or cancelled. */
  wait(): void {
    const words = this.#words;
    const seen = Atomics.load(words, Control.signal);
    Atomics.add(words, Control.waiting, 1);
    if (Atomics.load(words, Control.head) >= Atomics.load(words, Control.tail) && !this.over && !this.cancelled) {
      Atomics.wait(words, Control.signal, seen, 50);
    }
    Atomics.sub(words, Control.waiting, 1);
  }

  #wake(): void {
    Atomics.add(this.#words, Control.signal, 1);
    Atomics.notify(this.#words, Control.signal);
  }

  /** A thread has nothing to do. */
  get hungry(): boolean {
    return Atomics.load(this.#words, Control.waiting) > 0;
  }

  /** Every directory has been read. */
  get over(): boolean {
    return Atomics.load(this.#words, Control.active) === 0;
  }

  get cancelled(): boolean {
    return Atomics.load(this.#words, Control.cancelled) === 1;
  }

  cancel(): void {
    Atomics.store(this.#words, Control.cancelled, 1);
    this.#wake();
    Atomics.notify(this.#words, Control.inFlight);
  }

  layerOf(slot: number): number {
    return this.#words[SLOTS_AT + slot * SLOT_WORDS + Slot.layer] as number;
  }
  idOf(slot: number): number {
    return this.#words[SLOTS_AT + slot * SLOT_WORDS + Slot.id] as number;
  }
  parentOf(slot: number): number {
    return this.#words[SLOTS_AT + slot * SLOT_WORDS + Slot.parent] as number;
  }
  /** Address of the slot's name, NUL-ended. */
  nameOf(slot: number): number {
    return this.#namesAddress + (this.#words[SLOTS_AT + slot * SLOT_WORDS + Slot.name] as number);
  }
  /** The descriptor that the children of `slot` are opened by, or −1. */
  descriptorOf(slot: number): number {
    return this.#words[SLOTS_AT + slot * SLOT_WORDS + Slot.descriptor] as number;
  }

  /**
   * Keeps `fd` for the `children` of a directory that was read, before they are published. False: too many are held
   * already, the caller closes it.
   */
  hold(slot: number, fd: number, children: number): boolean {
    const words = this.#words;
    if (children === 0) return false;
    if (Atomics.add(words, Control.held, 1) >= (words[Control.heldMost] as number)) {
      Atomics.sub(words, Control.held, 1);
      return false;
    }
    const at = SLOTS_AT + slot * SLOT_WORDS;
    words[at + Slot.unopened] = children;
    words[at + Slot.descriptor] = fd;
    return true;
  }

  /** Says that one child of `slot` has been opened; returns a descriptor to close after the last one, else −1. */
  opened(slot: number): number {
    const words = this.#words;
    const at = SLOTS_AT + slot * SLOT_WORDS;
    if (words[at + Slot.descriptor] === -1 || Atomics.sub(words, at + Slot.unopened, 1) !== 1) return -1;
    const fd = words[at + Slot.descriptor] as number;
    words[at + Slot.descriptor] = -1;
    Atomics.sub(words, Control.held, 1);
    return fd;
  }

  /** Descriptors that a cancelled walk still holds; for the main thread, once the others have stopped. */
  heldDescriptors(): number[] {
    const out: number[] = [];
    const end = Atomics.load(this.#words, Control.slots);
    for (let slot = 0; slot < end; slot++) {
      const fd = this.descriptorOf(slot);
      if (fd >= 0) out.push(fd);
    }
    return out;
  }

  /** Counts what was read of a directory (a part of it, where it is big). */
  countEntries(layer: number, entries: number): void {
    Atomics.add(this.#words, this.#count(layer, Count.entries), entries);
  }

  /** A directory is finished. Its children must have been added before. */
  finish(layer: number): void {
    const words = this.#words;
    Atomics.add(words, this.#count(layer, Count.directories), 1);
    Atomics.sub(words, this.#count(layer, Count.active), 1);
    if (Atomics.sub(words, Control.active, 1) === 1) this.#wake();
  }

  /** The root of a layer could not be read (further). */
  rootFailed(layer: number, errno: number): void {
    Atomics.store(this.#words, this.#count(layer, Count.rootErrno), errno);
  }

  /** `errno` is that of the layer's root, 0 while nothing is wrong with it. */
  progress(layer: number): { directories: number; entries: number; done: boolean; errno: number } {
    const words = this.#words;
    return {
      directories: Atomics.load(words, this.#count(layer, Count.directories)),
      entries: Atomics.load(words, this.#count(layer, Count.entries)),
      done: Atomics.load(words, this.#count(layer, Count.active)) === 0,
      errno: Atomics.load(words, this.#count(layer, Count.rootErrno)),
    };
  }

  #count(layer: number, which: number): number {
    return CONTROL_WORDS + layer * COUNT_WORDS + which;
  }

  /**
   * Waits until a chunk may be sent, and gives its number: chunks must reach the reader in the order of their numbers,
   * so that a directory's block comes before its children's whichever thread wrote it.
   */
  ticket(): number {
    const words = this.#words;
    for (;;) {
      const inFlight = Atomics.load(words, Control.inFlight);
      if (inFlight < MOST_IN_FLIGHT || this.cancelled) break;
      Atomics.wait(words, Control.inFlight, inFlight, 50);
    }
    Atomics.add(words, Control.inFlight, 1);
    return Atomics.add(words, Control.tickets, 1);
  }

  /** A chunk has left: another may be sent. */
  landed(): void {
    Atomics.sub(this.#words, Control.inFlight, 1);
    Atomics.notify(this.#words, Control.inFlight);
  }
}
