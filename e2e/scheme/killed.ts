/**
 * Works on a union until it is killed: `killed.ts JSON`, where JSON has the start's options, the operations, and
 * `killAt`: the call to libc before which the process ends itself, counted from the start of the union (`from`: start),
 * from its first operation, or from its last. It writes `R` when the union has started, and `D` after each operation.
 */
import { writeSync } from 'node:fs';
import koffi from 'koffi';
import type { StartOptions } from '../../electron/union/start.ts';
import type { Drawn } from './draw.ts';

export type Plan = { start: StartOptions; drawn: Drawn[]; killAt: number; from: 'start' | 'operations' | 'last' };

let isCounting = false;
let calls = 0;
let killAt = 0;

/** Every function of libc that is bound from now on counts its calls. */
function countCalls(): void {
  const { load } = koffi;
  koffi.load = ((...args: Parameters<typeof load>) => {
    const library = load(...args);
    return new Proxy(library, {
      get(target, name) {
        if (name !== 'func') return Reflect.get(target, name);
        return (...words: unknown[]) => {
          const call = (target.func as (...words: unknown[]) => (...values: unknown[]) => unknown)(...words);
          return (...values: unknown[]) => {
            if (isCounting && ++calls === killAt) process.kill(process.pid, 'SIGKILL');
            return call(...values);
          };
        };
      },
    });
  }) as typeof load;
}

async function work({ start, drawn, killAt: at, from }: Plan): Promise<void> {
  countCalls();
  killAt = at;
  const { startUnion } = await import('../../electron/union/start.ts');
  const { execute } = await import('../../electron/union/execute.ts');
  const { Operation } = await import('../../shared/scheme/operation.ts');
  isCounting = from === 'start';
  const union = startUnion(start);
  writeSync(1, 'R');
  isCounting = from !== 'last';
  const fds = new Map<number, number>();
  for (const [i, one] of drawn.entries()) {
    if (i === drawn.length - 1) isCounting = true;
    const line = { ...one } as Record<string, unknown>;
    if ('fd' in line) line.fd = fds.get(Number(line.fd)) ?? 9999;
    const answer = execute(union, Operation.parse(line) as never);
    if (one.op === 'open' && 'ok' in answer) fds.set(fds.size + 3, (answer.ok as { fd: number }).fd);
    writeSync(1, 'D');
  }
}

if (process.argv[1] === import.meta.filename) void work(JSON.parse(process.argv[2] ?? '') as Plan);
