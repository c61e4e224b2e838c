/**
 * The threads that walk. A walk borrows two; they are kept for the next one, so that its first rows do not wait for a
 * thread to start.
 */
import { Worker } from 'node:worker_threads';
import { workerProgram } from '../programs.ts';
import type { FromWalker, ToWalker } from './messages.ts';

export const THREADS_PER_WALK = 2;

const idle: Worker[] = [];

function start(): Worker {
  const worker = new Worker(workerProgram('./walk/walk.worker.ts'));
  worker.unref();
  return worker;
}

/** Starts the threads of the first walk ahead of it. */
export function warmUp(): void {
  while (idle.length < THREADS_PER_WALK) idle.push(start());
}

export type Part = {
  /** Resolves when the thread has done its part; rejects when it failed. */
  ended: Promise<void>;
  /** Gives a thread up that may never answer (a filesystem that hangs): if it does, it ends. */
  abandon(): void;
};

/** Gives a thread its part in a walk. */
export function takePart(task: ToWalker, onChunk: (ticket: number, chunk: Uint8Array<ArrayBuffer>) => void): Part {
  const worker = idle.pop() ?? start();
  worker.ref();
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  let abandoned = false;
  const message = (from: FromWalker): void => {
    if ('chunk' in from) onChunk(from.ticket, from.chunk);
    else {
      settle();
      if (idle.length < THREADS_PER_WALK && !abandoned) idle.push(worker);
      else void worker.terminate();
      resolve();
    }
  };
  const failed = (error: unknown): void => {
    settle();
    reject(error);
  };
  const settle = (): void => {
    worker.off('message', message);
    worker.off('error', failed);
    worker.unref();
  };
  worker.on('message', message);
  worker.on('error', failed);
  worker.postMessage(task);
  return {
    ended,
    abandon: () => {
      abandoned = true;
      worker.unref();
    },
  };
}
