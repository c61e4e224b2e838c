import { Worker } from 'node:worker_threads';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { workerProgram } from '../programs.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { AT_FDCWD, close, Open, openat } from '../syscalls/open.ts';

/** What the thread is asked in the mount namespace that the descriptor `namespace` stands for. */
export type ThreadRequest = { question: 'mountinfo' | 'root' | 'clone'; namespace: number; fd?: number };
export type ThreadAnswer = { mountinfo: Bytes } | { fd: number } | { call: string; errno: number };

/**
 * A thread of its own that enters mount namespaces by setns(2), which a whole process with threads cannot. Started at
 * the first question. Its root and current directory keep the last namespace busy: `end` it soon.
 */
export class NamespaceThread {
  #worker: Worker | null = null;
  #proc = -1;
  #last: Promise<unknown> = Promise.resolve();

  /** The namespace's mountinfo, whole, as its own root sees it. Throws a SyscallError: EPERM without CAP_SYS_ADMIN. */
  async mountinfo(namespace: number): Promise<Bytes> {
    const answer = await this.#ask({ question: 'mountinfo', namespace });
    return 'mountinfo' in answer ? answer.mountinfo : fail(answer);
  }

  /** A new descriptor (O_PATH) of the namespace's root directory. Throws a SyscallError. */
  async root(namespace: number): Promise<number> {
    const answer = await this.#ask({ question: 'root', namespace });
    return 'fd' in answer ? answer.fd : fail(answer);
  }

  /** As cloneMount, of the directory `fd` that lies in the namespace. Throws a SyscallError. */
  async clone(namespace: number, fd: number): Promise<number> {
    const answer = await this.#ask({ question: 'clone', namespace, fd });
    return 'fd' in answer ? answer.fd : fail(answer);
  }

  /** Ends the thread and waits until it is gone, and with it its hold on the namespaces. */
  async end(): Promise<void> {
    await this.#last.catch(() => {});
    await this.#worker?.terminate();
    this.#worker = null;
    if (this.#proc >= 0) close(this.#proc);
    this.#proc = -1;
  }

  /** Questions queue up: the thread can be in one namespace at a time. */
  #ask(request: ThreadRequest): Promise<ThreadAnswer> {
    const asked = this.#last.then(() => this.#send(request));
    this.#last = asked.catch(() => {});
    return asked;
  }

  #send(request: ThreadRequest): Promise<ThreadAnswer> {
    if (this.#proc < 0) this.#proc = openat(AT_FDCWD, asBytes('/proc'), Open.path | Open.directory);
    const workerData = { proc: this.#proc };
    this.#worker ??= new Worker(workerProgram('discovery/namespace.worker.ts'), { execArgv: [], workerData });
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        worker.off('message', message);
        worker.off('error', failed);
      };
      const message = (answer: ThreadAnswer): void => {
        settle();
        resolve(answer);
      };
      const failed = (error: Error): void => {
        settle();
        this.#worker = null;
        reject(error);
      };
      worker.on('message', message);
      worker.on('error', failed);
      worker.postMessage(request);
    });
  }
}

function fail(answer: ThreadAnswer): never {
  if ('errno' in answer) throw new SyscallError(answer.call, answer.errno);
  throw new Error('the namespace thread answered another question');
}
