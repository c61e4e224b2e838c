import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { Operation } from './case.ts';
import { type KernelView, mountOverlay, observe, operate, unmountOverlay } from './oracle.ts';

/**
 * Who mounts a case and looks at it. A mount of a user namespace can only be made inside one: that observer is a
 * process, which speaks NDJSON over its standard input and output.
 */
export interface Observer {
  /** Whose mounts they are, as our program is told. Null: this process's own. */
  readonly pid: number | null;
  /** The errno of the kernel's refusal, or null. */
  mount(target: Bytes, options: Bytes): Promise<string | null>;
  operate(target: Bytes, operations: readonly Operation[]): Promise<void>;
  observe(target: Bytes, names: readonly Bytes[], lookupFirst: boolean): Promise<KernelView>;
  unmount(target: Bytes): Promise<void>;
  end(): void;
}

/** Mounts in this process, which is best in a mount namespace of its own. */
export const observeHere: Observer = {
  pid: null,
  mount: async (target, options) => mountOverlay(target, options),
  operate: async (target, operations) => operate(target, operations),
  observe: async (target, names, lookupFirst) => observe(target, names, lookupFirst),
  unmount: async (target) => unmountOverlay(target),
  end: () => undefined,
};

type Request =
  | { do: 'mount'; target: Bytes; options: Bytes }
  | { do: 'operate'; target: Bytes; operations: readonly Operation[] }
  | { do: 'observe'; target: Bytes; names: readonly Bytes[]; lookupFirst: boolean }
  | { do: 'unmount'; target: Bytes };

/** Starts an observer in a user and mount namespace of its own, in which this process's uid is 0. */
export function startUserObserver(): Observer {
  const child: ChildProcess = spawn(
    'unshare',
    ['--user', '--map-root-user', '--mount', process.execPath, import.meta.filename],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const waiting: { resolve: (answer: never) => void; reject: (error: Error) => void }[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => {
    const answer = JSON.parse(line) as { ok: never } | { error: string };
    const next = waiting.shift();
    if ('error' in answer) next?.reject(new Error(answer.error));
    else next?.resolve(answer.ok);
  });
  child.on('exit', () => {
    for (const next of waiting.splice(0)) next.reject(new Error('the observer in the user namespace has ended'));
  });
  const ask = <T>(request: Request): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      waiting.push({ resolve: resolve as (answer: never) => void, reject });
      child.stdin?.write(`${JSON.stringify(request)}\n`);
    });
  return {
    pid: child.pid as number,
    mount: (target, options) => ask({ do: 'mount', target, options }),
    operate: (target, operations) => ask({ do: 'operate', target, operations }),
    observe: (target, names, lookupFirst) => ask({ do: 'observe', target, names, lookupFirst }),
    unmount: (target) => ask({ do: 'unmount', target }),
    end: () => void child.stdin?.end(),
  };
}

function answer(request: Request): unknown {
  switch (request.do) {
    case 'mount':
      return mountOverlay(request.target, request.options);
    case 'operate':
      return operate(request.target, request.operations);
    case 'observe':
      return observe(request.target, request.names, request.lookupFirst);
    case 'unmount':
      return unmountOverlay(request.target);
  }
}

async function serve(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    let reply: { ok: unknown } | { error: string };
    try {
      reply = { ok: answer(JSON.parse(line) as Request) ?? null };
    } catch (error) {
      reply = { error: (error as Error).message };
    }
    process.stdout.write(`${JSON.stringify(reply)}\n`);
  }
}

if (import.meta.main) await serve();
