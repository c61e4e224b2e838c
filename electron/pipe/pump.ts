/**
 * Starts the engine as a child process and carries whole frames between its standard input and output and a page,
 * over whatever reaches the page. Knows nothing of what the frames say. Runs in Electron's main process as well as in
 * the pinned Node, so it keeps to what Node 16 has.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { PumpState } from '../../shared/ipc/bridge.ts';
import { FrameSplitter } from '../../shared/ipc/frame.ts';

export type PumpOptions = {
  /** The Node to run the engine with, and the arguments that name it. */
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** A whole frame from the engine; its memory is the listener's own. */
  onFrame(frame: Uint8Array): void;
  /** The engine runs (again), or has ended. `running` comes before its first frame, `ended` after its last. */
  onState(state: PumpState): void;
  /** What the engine writes to standard error, as it comes. */
  onNotice(text: string): void;
};

type Engine = ChildProcessByStdio<Writable, Readable, Readable>;

export class Pump {
  readonly #options: PumpOptions;
  #engine: Engine | null = null;
  #state: PumpState = { engine: 'ended', why: 'The engine has not been started.' };

  constructor(options: PumpOptions) {
    this.#options = options;
  }

  get state(): PumpState {
    return this.#state;
  }

  /** Starts the engine; does nothing while it runs. */
  start(): void {
    if (this.#engine !== null) return;
    const { command, args, env, onFrame, onNotice } = this.#options;
    const engine = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: env ?? process.env });
    this.#engine = engine;
    const splitter = new FrameSplitter();
    let lastWords = '';
    let broken: string | null = null;

    engine.on('spawn', () => this.#say({ engine: 'running', pid: engine.pid as number }));
    engine.stdout.on('data', (piece: Buffer) => {
      if (broken !== null) return;
      try {
        splitter.push(piece, (frame) => onFrame(new Uint8Array(frame)));
      } catch (error) {
        // Whatever it is that talks there, it is no engine: nothing after this can be understood.
        broken = error instanceof Error ? error.message : String(error);
        engine.kill('SIGKILL');
      }
    });
    engine.stderr.setEncoding('utf8');
    engine.stderr.on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-4096);
      onNotice(text);
    });
    // An engine that is gone answers EPIPE; its end is told by `close`.
    engine.stdin.on('error', () => {});

    let failure: string | null = null;
    engine.on('error', (error: Error) => {
      failure = error.message;
    });
    engine.on('close', (code, signal) => {
      if (this.#engine !== engine) return;
      this.#engine = null;
      this.#say({ engine: 'ended', why: whyEnded({ code, signal, failure, broken, lastWords }) });
    });
  }

  /** Hands a frame to the engine; drops it while there is none (the page knows, from `ended`). */
  send(frame: Uint8Array): void {
    this.#engine?.stdin.write(frame);
  }

  /** Holds the engine's output back while a slow page catches up, and lets it go on. */
  pause(): void {
    this.#engine?.stdout.pause();
  }

  resume(): void {
    this.#engine?.stdout.resume();
  }

  /** Ends the engine for good, without a word to the page: closes its input, on which it leaves by itself. */
  stop(): void {
    const engine = this.#engine;
    if (engine === null) return;
    this.#engine = null;
    engine.stdin.end();
    const timer = setTimeout(() => engine.kill('SIGKILL'), 2000);
    engine.on('close', () => clearTimeout(timer));
  }

  #say(state: PumpState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

type Ending = {
  code: number | null;
  signal: string | null;
  failure: string | null;
  broken: string | null;
  lastWords: string;
};

/** One plain sentence about why an engine is no longer there. */
function whyEnded({ code, signal, failure, broken, lastWords }: Ending): string {
  if (failure !== null) return `The engine could not be started: ${failure}.`;
  if (broken !== null) return `The engine was stopped, since it sent something that is no answer: ${broken}.`;
  if (signal !== null) return `The engine was ended by ${signal}.`;
  const words = lastWords.trim().split('\n').pop() ?? '';
  return `The engine ended with code ${code}${words === '' ? '' : `: ${words}`}.`;
}
