import { parentPort, workerData } from 'node:worker_threads';
import { asBytes, bytesOfArray } from '../../../shared/bytes/bytes.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { cloneMount } from '../syscalls/mount.ts';
import { CLONE_NEWNS, setns, unshareFs } from '../syscalls/namespace.ts';
import { AT_FDCWD, Open, openat, readWhole } from '../syscalls/open.ts';
import type { ThreadAnswer, ThreadRequest } from './namespace-thread.ts';

/**
 * The thread that enters other mount namespaces, one request at a time. Descriptors that it opens belong to the whole
 * process, so the other threads use them.
 */
const port = parentPort;
if (!port) throw new Error('namespace.worker runs as a worker thread only');

// A descriptor of /proc from outside: the other namespace need not have one.
const { proc } = workerData as { proc: number };
let left = false;

function answer({ question, namespace, fd }: ThreadRequest): ThreadAnswer {
  try {
    if (!left) unshareFs();
    left = true;
    setns(namespace, CLONE_NEWNS);
    switch (question) {
      case 'mountinfo':
        return { mountinfo: bytesOfArray(readWhole(proc, asBytes('thread-self/mountinfo'))) };
      case 'root':
        return { fd: openat(AT_FDCWD, asBytes('/'), Open.path | Open.directory) };
      case 'clone':
        return { fd: cloneMount(fd ?? -1, asBytes('')) };
    }
  } catch (error) {
    if (error instanceof SyscallError) return { call: error.call, errno: error.errno };
    throw error;
  }
}

port.on('message', (request: ThreadRequest) => port.postMessage(answer(request)));
