import type { z } from 'zod';
import type { ProbeContract, StackFacts, StackRef } from '../../shared/ipc/probe.ts';
import { type Client, FailureError } from '../../shared/ipc/rpc.ts';
import { type Probe, startProbe } from '../probe/client.ts';
import { type Machine, makeStack, type Stack } from './stack.ts';

type ProbeHello = z.output<ProbeContract['calls']['hello']['result']>;

/**
 * The probe as the engine knows it: started when first asked for, greeted once, started anew when it died or when the
 * user gives it privilege.
 */
export class ProbeHolder {
  #probe: Probe | null = null;
  #hello: Promise<ProbeHello> | null = null;
  #prefix: readonly string[] = [];
  readAs = process.geteuid?.() === 0 ? 'as root' : 'as this user';
  readonly #onDown: (message: string) => void;

  constructor(onDown: (message: string) => void) {
    this.#onDown = onDown;
  }

  get client(): Client<ProbeContract> {
    this.#probe ??= this.#start();
    return this.#probe.client;
  }

  #start(): Probe {
    const probe = startProbe({ prefix: this.#prefix });
    probe.onExit(({ code, signal, lastWords }) => {
      if (this.#probe !== probe) return;
      this.#probe = null;
      this.#hello = null;
      const how = signal ? `was ended by ${signal}` : `ended with status ${code}`;
      this.#onDown(`The probe ${how}${lastWords ? `: ${lastWords.trim().split('\n').at(-1)}` : ''}.`);
    });
    return probe;
  }

  hello(): Promise<ProbeHello> {
    const { client } = this;
    this.#hello ??= client.call('hello', {});
    return this.#hello;
  }

  async machine(): Promise<Machine> {
    const { kernel, parameters, privilege } = await this.hello();
    return { kernel, parameters, privilege };
  }

  async resolve(ref: StackRef): Promise<Stack> {
    const machine = await this.machine();
    const facts = await this.client.call('resolve', { stack: ref });
    return makeStack(facts, machine);
  }

  async overlays(
    onStack: (stack: Stack) => void,
    signal: AbortSignal,
  ): Promise<{ namespaces: number; closed: number }> {
    const machine = await this.machine();
    return this.client.call(
      'overlays',
      {},
      { signal, onItem: (facts: StackFacts) => onStack(makeStack(facts, machine)) },
    );
  }

  /** Starts a probe behind `prefix`; keeps the old one where the new one does not come up. */
  async restart(prefix: readonly string[], readAs: string): Promise<void> {
    const old = this.#probe;
    const candidate = startProbe({ prefix });
    const ended = new Promise<string>((resolve) =>
      candidate.onExit((exit) => resolve(exit.lastWords.trim().split('\n').at(-1) ?? '')),
    );
    try {
      await candidate.client.call('hello', {});
    } catch {
      candidate.kill();
      // What the agent said last comes with its end.
      const lastWords = await ended;
      throw new FailureError({
        code: 'refused',
        message: `${prefix[0]} gave no privilege${lastWords ? `: ${lastWords}` : ''}`,
        hint: 'what was readable before stays so; at a terminal, run the command with sudo',
      });
    }
    this.#prefix = prefix;
    this.readAs = readAs;
    this.#probe = candidate;
    this.#hello = null;
    candidate.onExit(({ code, signal }) => {
      if (this.#probe !== candidate) return;
      this.#probe = null;
      this.#hello = null;
      this.#onDown(`The probe ${signal ? `was ended by ${signal}` : `ended with status ${code}`}.`);
    });
    void old?.close();
  }

  async close(): Promise<void> {
    const probe = this.#probe;
    this.#probe = null;
    await probe?.close();
  }
}
