import { z } from 'zod';
import { decodeFrame, encodeFrame, FrameError, FrameKind } from './frame.ts';

/**
 * Calls over frames: a contract names them once, and client, server and validators derive from it. A call has
 * parameters, may stream items (JSON) or chunks (bytes), ends with a result or a Failure, and can be cancelled.
 */

/** Errors cross processes as values. `path` is where, `hint` the next step; both in plain words. */
export const Failure = z.object({
  code: z.string(),
  message: z.string(),
  path: z.string().optional(),
  hint: z.string().optional(),
});
export type Failure = z.infer<typeof Failure>;

/** A Failure as it is thrown inside a process. */
export class FailureError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'FailureError';
    this.failure = failure;
  }
}

export type CallSpec = { params: z.ZodType; item?: z.ZodType; chunks?: true; result: z.ZodType };
export type Contract = { calls: Record<string, CallSpec>; events: Record<string, z.ZodType> };

/** Carries whole frames. `send` may be called from anywhere; `onFrame` and `onClose` are set once. */
export type Transport = {
  send(frame: Uint8Array): void;
  onFrame(listener: (frame: Uint8Array) => void): void;
  onClose(listener: () => void): void;
  /** Resolves once the other end has taken most of what was sent. Absent where nothing has to wait. */
  drained?(): Promise<void>;
};

type Params<S extends CallSpec> = z.input<S['params']>;
type Item<S extends CallSpec> = S['item'] extends z.ZodType ? z.output<S['item']> : never;
type Result<S extends CallSpec> = z.output<S['result']>;

export type CallOptions<S extends CallSpec> = {
  onItem?: (item: Item<S>) => void;
  onChunk?: (chunk: Uint8Array) => void;
  signal?: AbortSignal;
};

const utf8 = new TextEncoder();
const text = new TextDecoder();
const json = (value: unknown): Uint8Array => utf8.encode(JSON.stringify(value ?? null));
const parse = (payload: Uint8Array): unknown => JSON.parse(text.decode(payload));

export type Client<C extends Contract> = {
  call<K extends keyof C['calls'] & string>(
    name: K,
    params: Params<C['calls'][K]>,
    options?: CallOptions<C['calls'][K]>,
  ): Promise<Result<C['calls'][K]>>;
  /** Listens to an event; returns the function that stops it. */
  on<E extends keyof C['events'] & string>(event: E, listener: (data: z.output<C['events'][E]>) => void): () => void;
  /** Called once when the peer is gone; open calls have failed with code `closed` by then. */
  onClose(listener: () => void): void;
};

/** What became of a listener that threw: nobody waits for it, so it has to be said somewhere. */
export type Fault = (what: string, error: unknown) => void;

const sayFault: Fault = (what, error) =>
  console.error(`stratoscope: ${what}: ${error instanceof Error ? error.message : String(error)}`);

/**
 * The caller's end. Results are believed as typed: both ends are one program, and the server validates its input.
 * A listener that throws stops neither the others nor the process: `onFault` is told, standard error by default.
 */
export function createClient<C extends Contract>(
  _contract: C,
  transport: Transport,
  onFault: Fault = sayFault,
): Client<C> {
  type Pending = {
    resolve: (value: never) => void;
    reject: (error: Error) => void;
    onItem?: ((item: never) => void) | undefined;
    onChunk?: ((chunk: Uint8Array) => void) | undefined;
    release: () => void;
  };
  const pending = new Map<number, Pending>();
  const listeners = new Map<string, Set<(data: never) => void>>();
  const closers: (() => void)[] = [];
  let nextId = 1;
  let closed = false;
  const gone = (): FailureError =>
    new FailureError({ code: 'closed', message: 'the other process has ended', hint: 'start it again' });

  const guarded = (what: string, run: () => void): void => {
    try {
      run();
    } catch (error) {
      onFault(what, error);
    }
  };

  transport.onFrame((bytes) => {
    const { kind, id, payload } = decodeFrame(bytes);
    if (kind === FrameKind.event) {
      guarded('an event could not be read', () => {
        const { event, data } = parse(payload) as { event: string; data: never };
        for (const listener of [...(listeners.get(event) ?? [])])
          guarded(`what follows the event “${event}” failed`, () => listener(data));
      });
      return;
    }
    const call = pending.get(id);
    if (!call) return;
    if (kind === FrameKind.item || kind === FrameKind.chunk) {
      try {
        if (kind === FrameKind.chunk) call.onChunk?.(payload);
        else call.onItem?.(parse(payload) as never);
      } catch (error) {
        // What its listener cannot take ends this call, and nothing else.
        pending.delete(id);
        call.release();
        transport.send(encodeFrame(FrameKind.cancel, id, new Uint8Array(0)));
        call.reject(error instanceof Error ? error : new Error(String(error)));
      }
    } else {
      pending.delete(id);
      call.release();
      try {
        if (kind === FrameKind.done) call.resolve(parse(payload) as never);
        else call.reject(new FailureError(parse(payload) as Failure));
      } catch {
        call.reject(new FailureError({ code: 'bad-answer', message: 'the other process sent what is no answer' }));
      }
    }
  });
  transport.onClose(() => {
    closed = true;
    for (const call of pending.values()) {
      call.release();
      call.reject(gone());
    }
    pending.clear();
    for (const listener of closers) guarded('what follows the end of the other process failed', listener);
  });

  return {
    call(name, params, options = {}) {
      if (closed) return Promise.reject(gone());
      if (options.signal?.aborted)
        return Promise.reject(new FailureError({ code: 'cancelled', message: 'cancelled before it began' }));
      const id = nextId++;
      let request: Uint8Array;
      try {
        request = encodeFrame(FrameKind.call, id, json({ call: name, params }));
      } catch (error) {
        return Promise.reject(new FailureError(failureOf(error)));
      }
      return new Promise((resolve, reject) => {
        const cancel = (): void => transport.send(encodeFrame(FrameKind.cancel, id, new Uint8Array(0)));
        options.signal?.addEventListener('abort', cancel, { once: true });
        pending.set(id, {
          resolve,
          reject,
          onItem: options.onItem as Pending['onItem'],
          onChunk: options.onChunk,
          release: () => options.signal?.removeEventListener('abort', cancel),
        });
        transport.send(request);
      });
    },
    on(event, listener) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set);
      set.add(listener as (data: never) => void);
      return () => set.delete(listener as (data: never) => void);
    },
    onClose(listener) {
      closers.push(listener);
    },
  };
}

/** What a handler gets beside its parameters: where streamed pieces go, and the signal that says stop. */
export type CallContext<S extends CallSpec> = {
  item(item: S['item'] extends z.ZodType ? z.input<S['item']> : never): void;
  chunk(bytes: Uint8Array): void;
  /** To be awaited between chunks: a slow reader (a pipe, a network) then slows the sender, not its memory. */
  drained(): Promise<void>;
  signal: AbortSignal;
};

export type Handlers<C extends Contract> = {
  [K in keyof C['calls']]: (
    params: z.output<C['calls'][K]['params']>,
    context: CallContext<C['calls'][K]>,
  ) => Promise<z.input<C['calls'][K]['result']>> | z.input<C['calls'][K]['result']>;
};

export type Server<C extends Contract> = {
  emit<E extends keyof C['events'] & string>(event: E, data: z.input<C['events'][E]>): void;
};

/** The callee's end: validates every request against the contract before a handler sees it. */
export function createServer<C extends Contract>(contract: C, transport: Transport, handlers: Handlers<C>): Server<C> {
  const running = new Map<number, AbortController>();
  const fail = (id: number, failure: Failure): void => transport.send(encodeFrame(FrameKind.failed, id, json(failure)));

  async function run(id: number, payload: Uint8Array): Promise<void> {
    let request: { call?: unknown; params?: unknown };
    try {
      request = parse(payload) as typeof request;
    } catch {
      return fail(id, { code: 'bad-request', message: 'the request is not JSON' });
    }
    const name = typeof request?.call === 'string' ? request.call : '';
    const spec = Object.hasOwn(contract.calls, name) ? contract.calls[name] : undefined;
    if (!spec) return fail(id, { code: 'bad-request', message: `there is no call named ${JSON.stringify(name)}` });
    const params = spec.params.safeParse(request.params);
    if (!params.success) return fail(id, { code: 'bad-request', message: `${name}: ${z.prettifyError(params.error)}` });
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const handler = handlers[name] as (params: unknown, context: unknown) => unknown;
      const result = await handler(params.data, {
        item: (item: unknown) => transport.send(encodeFrame(FrameKind.item, id, json(item))),
        chunk: (bytes: Uint8Array) => transport.send(encodeFrame(FrameKind.chunk, id, bytes)),
        drained: () => transport.drained?.() ?? Promise.resolve(),
        signal: controller.signal,
      });
      transport.send(encodeFrame(FrameKind.done, id, json(result)));
    } catch (error) {
      fail(id, failureOf(error, controller.signal));
    } finally {
      running.delete(id);
    }
  }

  transport.onFrame((bytes) => {
    const { kind, id, payload } = decodeFrame(bytes);
    if (kind === FrameKind.cancel) running.get(id)?.abort();
    else if (kind === FrameKind.call) void run(id, payload);
  });
  transport.onClose(() => {
    for (const controller of running.values()) controller.abort();
  });
  return {
    emit: (event, data) => transport.send(encodeFrame(FrameKind.event, 0, json({ event, data }))),
  };
}

/** Any thrown thing as a Failure; after an abort it is `cancelled`. */
export function failureOf(error: unknown, signal?: AbortSignal): Failure {
  if (error instanceof FailureError) return error.failure;
  if (error instanceof FrameError)
    return {
      code: 'too-large',
      message: error.message,
      hint: 'ask for less at once: a part of the tree, or fewer rows',
    };
  if (signal?.aborted) return { code: 'cancelled', message: 'cancelled' };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, ...(error instanceof Error && error.stack ? { hint: error.stack } : {}) };
}

/** Two transports joined in memory, for both ends in one process. Frames arrive in order, on a later microtask. */
export function transportPair(): [Transport, Transport] {
  const make = () => ({ frame: (_: Uint8Array) => {}, close: () => {} });
  const a = make();
  const b = make();
  const end = (mine: typeof a, other: typeof a): Transport => ({
    send: (frame) => queueMicrotask(() => other.frame(frame)),
    onFrame: (listener) => {
      mine.frame = listener;
    },
    onClose: (listener) => {
      mine.close = listener;
    },
  });
  return [end(a, b), end(b, a)];
}
