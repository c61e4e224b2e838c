import { spawn } from 'node:child_process';
import type { Handle } from '../../../shared/ipc/probe.ts';
import { withAmbient } from '../privilege/drop.ts';
import { workerProgram } from '../programs.ts';
import { SyscallError } from '../syscalls/libc.ts';
import type { Look } from './look.ts';

/** Directories on filesystems that wait for a server (FUSE, network) are looked at by a child process each. */

export type FarRequest = { root: string; path: string; overlay: boolean };
export type FarAnswer = { look: Look; overlayHandle: Handle | null } | { call: string; errno: number };

/** How long a server may take to answer, in milliseconds. */
const PATIENCE = 2000;

/**
 * Looks at the directory `path` below `root` (`/`, `/proc/PID/root`) in a process of its own. Null where no answer came
 * in time: the process is then killed and left to end when the server lets it. Throws a SyscallError as `lookAt`.
 */
export async function lookFar(
  request: FarRequest,
  signal?: AbortSignal,
): Promise<Exclude<FarAnswer, { errno: number }> | null> {
  // Pipes everywhere: the probe may not open /dev/null for writing, as nothing else (see privilege/seccomp.ts).
  const child = withAmbient(() =>
    spawn(process.execPath, [workerProgram('discovery/look.worker.ts'), JSON.stringify(request)], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {},
      detached: true,
    }),
  );
  child.unref();
  const text = await new Promise<string | null>((resolve) => {
    let out = '';
    const settle = (result: string | null): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', give);
      resolve(result);
    };
    const give = (): void => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      settle(null);
    };
    const timer = setTimeout(give, PATIENCE);
    signal?.addEventListener('abort', give, { once: true });
    child.stdout.setEncoding('utf8').on('data', (piece: string) => {
      out += piece;
    });
    const ended = (): void => settle(out);
    child.stdout.on('end', ended);
    child.on('error', ended);
  });
  // A process that could not start, or was killed, leaves nothing to read.
  if (text === null || text === '') return null;
  const answer = JSON.parse(text, (_, value) =>
    typeof value?.bigint === 'string' ? BigInt(value.bigint) : value,
  ) as FarAnswer;
  if ('errno' in answer) throw new SyscallError(answer.call, answer.errno);
  return answer;
}
