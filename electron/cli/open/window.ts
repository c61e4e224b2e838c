/** Starts Electron and waits until its window stands, or until it is clear that it will not. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export type WindowRun =
  /** The window is there; `closed` resolves when the person has closed it. */
  | { standing: true; closed: Promise<void> }
  /** It ended before that (or was ended, for it showed nothing in time). */
  | { standing: false; ending: WindowEnding };

export type WindowEnding = {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last of what it wrote to standard error. */
  words: string;
  /** Why it could not be started at all, as the system says. */
  failure: string | null;
  timedOut: boolean;
};

export type StartOptions = {
  executable: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** How long the window may take to stand, in milliseconds. */
  patienceMs?: number;
};

const WORDS_KEPT = 16384;

/**
 * Runs the window. What Electron writes to standard error is kept, not shown: on a healthy machine it is noise, and
 * where it fails `whyNoWindow` reads it.
 */
export function startWindow({ executable, args, env, signal, patienceMs = 30_000 }: StartOptions): Promise<WindowRun> {
  const child = spawn(executable, args, {
    stdio: ['ignore', 'inherit', 'pipe', 'pipe'],
    env: { ...env, STRATOSCOPE_STANDING_FD: '3' },
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });

  let words = '';
  let failure: string | null = null;
  let timedOut = false;
  (child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-WORDS_KEPT);
  });
  child.on('error', (error) => {
    failure = error.message;
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, patienceMs);
    const closed = new Promise<void>((gone) => {
      child.on('close', (code, endedBy) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        gone();
        resolve({ standing: false, ending: { code, signal: endedBy, words, failure, timedOut } });
      });
    });
    (child.stdio[3] as Readable)
      .on('error', () => {})
      .once('data', () => {
        clearTimeout(timer);
        resolve({ standing: true, closed });
      });
  });
}
