import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process in a user namespace of its own that does what it is asked for, one request after another. */
export interface Remote<Request> {
  readonly pid: number;
  /** Resolves with what the process answered; rejects with its error, or where it has ended. */
  ask<T>(request: Request): Promise<T>;
  end(): void;
}

/**
 * Starts the module `file` in a user and mount namespace of its own, in which this process's uid is 0. It must call
 * `serveRequests`: both speak NDJSON over its standard input and output.
 */
export function startInUserNamespace<Request>(file: string): Remote<Request> {
  const child: ChildProcess = spawn('unshare', ['--user', '--map-root-user', '--mount', process.execPath, file], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting: { resolve: (answer: never) => void; reject: (error: Error) => void }[] = [];
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  lines.on('line', (line) => {
    const answer = JSON.parse(line) as { ok: never } | { error: string };
    const next = waiting.shift();
    if ('error' in answer) next?.reject(new Error(answer.error));
    else next?.resolve(answer.ok);
  });
  child.on('exit', () => {
    for (const next of waiting.splice(0)) next.reject(new Error('the process in the user namespace has ended'));
  });
  return {
    pid: child.pid as number,
    ask: <T>(request: Request) =>
      new Promise<T>((resolve, reject) => {
        waiting.push({ resolve: resolve as (answer: never) => void, reject });
        child.stdin?.write(`${JSON.stringify(request)}\n`);
      }),
    end: () => void child.stdin?.end(),
  };
}

/** Answers the requests on standard input until it ends. `undefined` arrives as null. */
export async function serveRequests<Request>(answer: (request: Request) => unknown): Promise<void> {
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
