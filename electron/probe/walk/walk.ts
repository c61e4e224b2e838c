/** One walk over opened layers: threads that read, chunks in their order, progress, cancel. */
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { descriptorLimit } from '../syscalls/credentials.ts';
import { close, duplicate } from '../syscalls/open.ts';
import { Frontier } from './frontier.ts';
import type { WalkRoot, WalkWishes } from './messages.ts';
import { type Part, THREADS_PER_WALK, takePart } from './threads.ts';

/** Where the pieces of the answer go. */
export type WalkOutput = {
  chunk(bytes: Uint8Array): void;
  drained(): Promise<void>;
  signal: AbortSignal;
};

export type LayerProgress = { layer: number; directories: number; entries: number; done: boolean; errno: number };

/** Descriptors that a walk may hold beside those that the rest of the probe needs. */
const MOST_HELD = 8192;
const SPARE = 512;
/** How long a cancelled walk waits for its threads. */
const CANCEL_MS = 60;

let lastWalk = 0;
const spare: Frontier[] = [];

export class Walk {
  /** Given back after the walk: a new one would make the garbage collector run, by its size. */
  readonly #frontier = spare.pop() ?? new Frontier();
  readonly #roots: WalkRoot[];
  readonly #chunks = new Map<number, Uint8Array>();
  #nextTicket = 0;
  #delivering = false;
  #delivered = Promise.withResolvers<void>();
  #output: WalkOutput | null = null;
  /** What was read in the end, once the frontier is given back. */
  #last: Omit<LayerProgress, 'layer'>[] | null = null;

  /** The roots are duplicated, so that the caller may close its own whenever it likes. Throws a SyscallError. */
  constructor(roots: readonly WalkRoot[], mostDirectories?: number) {
    this.#roots = roots.map((root) => ({ ...root, fd: duplicate(root.fd) }));
    const room = Math.floor((descriptorLimit() - SPARE) / 2);
    this.#frontier.reset(roots.length, Math.max(16, Math.min(MOST_HELD, room)), mostDirectories);
    for (let index = 0; index < roots.length; index++) this.#frontier.addRoot(index);
  }

  /** Reads everything; resolves when the last chunk has left. Throws a FailureError, `cancelled`, soon after an abort. */
  async run(wishes: WalkWishes, output: WalkOutput): Promise<void> {
    this.#output = output;
    const frontier = this.#frontier;
    const cancelled = Promise.withResolvers<'cancelled'>();
    const onAbort = (): void => {
      frontier.cancel();
      setTimeout(() => cancelled.resolve('cancelled'), CANCEL_MS);
    };
    output.signal.addEventListener('abort', onAbort, { once: true });
    if (output.signal.aborted) onAbort();
    const task = { walk: ++lastWalk, frontier: frontier.buffer, roots: this.#roots, ...wishes };
    const parts: Part[] = Array.from({ length: THREADS_PER_WALK }, () =>
      takePart(task, (ticket, chunk) => {
        this.#chunks.set(ticket, chunk);
        void this.#deliver();
      }),
    );
    const ended = Promise.all(parts.map((part) => part.ended)).then(() => {
      for (const fd of frontier.heldDescriptors()) close(fd);
      for (const root of this.#roots) close(root.fd);
      this.#last = this.#roots.map((_, index) => frontier.progress(index));
      if (spare.length === 0) spare.push(frontier);
    });
    const whole = ended.then(() => (this.#chunks.size > 0 ? this.#delivered.promise : undefined));
    try {
      const how = await Promise.race([whole, cancelled.promise]);
      if (how === 'cancelled') for (const part of parts) part.abandon();
      if (output.signal.aborted) throw new FailureError({ code: 'cancelled', message: 'the walk was cancelled' });
    } finally {
      output.signal.removeEventListener('abort', onAbort);
      whole.catch(() => {});
    }
  }

  /** Sends the chunks that are next, as fast as the reader takes them. */
  async #deliver(): Promise<void> {
    if (this.#delivering) return;
    this.#delivering = true;
    const output = this.#output as WalkOutput;
    for (;;) {
      const chunk = this.#chunks.get(this.#nextTicket);
      if (!chunk || output.signal.aborted) break;
      this.#chunks.delete(this.#nextTicket++);
      output.chunk(chunk);
      await output.drained();
      this.#frontier.landed();
    }
    this.#delivering = false;
    if (this.#chunks.size > 0 && !output.signal.aborted) return;
    this.#delivered.resolve();
    this.#delivered = Promise.withResolvers<void>();
  }

  progress(): LayerProgress[] {
    return this.#roots.map(({ layer }, index) => ({
      layer,
      ...(this.#last?.[index] ?? this.#frontier.progress(index)),
    }));
  }
}
