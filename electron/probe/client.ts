/** Starts a probe as a child process, with or without a prefix that gives it privilege, and talks to it. */
import { spawn } from 'node:child_process';
import { type ProbeContract, probeContract } from '../../shared/ipc/probe.ts';
import { type Client, createClient } from '../../shared/ipc/rpc.ts';
import { streamTransport } from '../pipe/streams.ts';
import { probeProgram } from './programs.ts';

/** How a probe ended: its exit code or the signal, and the last that it (or its prefix) wrote to standard error. */
export type ProbeExit = { code: number | null; signal: string | null; lastWords: string };

export type Probe = {
  client: Client<ProbeContract>;
  /** Of the child that was started: the prefix's, where there is one. */
  pid: number | undefined;
  /** Asks it to leave by closing its input, and kills it if it does not within 2 s. Resolves when nothing is waited for. */
  close(): Promise<void>;
  /** Kills it at once, without waiting. */
  kill(): void;
  /** Holds its output back, and lets it go on. */
  pause(): void;
  resume(): void;
  /** Called once, also where it could not be started (`code` null, `lastWords` says why). */
  onExit(listener: (exit: ProbeExit) => void): void;
};

export type StartOptions = {
  /** What the command is put behind: ['pkexec', WRAPPER], ['sudo', '-A'], ['ssh', HOST]; empty for none. */
  prefix?: readonly string[];
  /** The command itself, where it is not this program's own probe (at the far end of ssh). */
  command?: readonly string[];
  /** Aborting kills the probe. */
  signal?: AbortSignal;
  /** What it writes to standard error, as it comes. */
  onNotice?: (text: string) => void;
};

/** The command that is a probe on its standard input and output: the Node that runs now, and the program. */
export const probeCommand = (): [string, ...string[]] => [process.execPath, probeProgram(), '--stdio'];

const CLOSE_WITHIN_MS = 2000;

/** Starts a probe. Never throws: a start that fails is an exit, and calls then fail with code `closed`. */
export function startProbe({ prefix = [], command, signal, onNotice }: StartOptions = {}): Probe {
  const [file, ...args] = [...prefix, ...(command ?? probeCommand())] as [string, ...string[]];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const client = createClient(probeContract, streamTransport(child.stdout, child.stdin));

  let lastWords = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-4096);
    onNotice?.(text);
  });
  const listeners: ((exit: ProbeExit) => void)[] = [];
  let exit: ProbeExit | null = null;
  const ended = new Promise<void>((resolve) => {
    const end = (how: ProbeExit): void => {
      if (exit) return;
      exit = how;
      resolve();
      for (const listener of listeners) listener(how);
    };
    child.on('error', (error) => {
      // Killing a probe that belongs to another user fails too; only a start that failed is its end.
      if (child.pid === undefined) end({ code: null, signal: null, lastWords: error.message });
    });
    child.on('close', (code, ending) => end({ code, signal: ending, lastWords }));
  });
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  signal?.addEventListener('abort', kill, { once: true });
  if (signal?.aborted) kill();

  return {
    client,
    pid: child.pid,
    kill,
    pause: () => child.stdout.pause(),
    resume: () => child.stdout.resume(),
    async close() {
      child.stdin.end();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, CLOSE_WITHIN_MS);
      });
      await Promise.race([ended, late]);
      clearTimeout(timer);
      if (exit) return;
      kill();
      // One that waits in the kernel (a filesystem that hangs) cannot end yet; it must not keep this program.
      child.unref();
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    },
    onExit(listener) {
      if (exit) listener(exit);
      else listeners.push(listener);
    },
  };
}
