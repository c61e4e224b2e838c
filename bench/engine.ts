/** A running engine, as the window has one: the built program, talked to over its pipe. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamTransport } from '../electron/pipe/streams.ts';
import { type EngineContract, engineContract } from '../shared/ipc/engine.ts';
import { type Client, createClient } from '../shared/ipc/rpc.ts';
import { cpuOf } from './cpu.ts';

export const DIST: string = join(import.meta.dirname, '..', 'dist');

/** Bytes of the engine's process: process.memoryUsage() right after a full collection. */
export type Memory = Record<'rss' | 'heapUsed' | 'external' | 'arrayBuffers', number>;

export type RunningEngine = {
  client: Client<EngineContract>;
  /** CPU time so far of the engine and its probe, ms. */
  cpuMs(): number;
  /** Collects all garbage, then tells what is in use. */
  memory(): Promise<Memory>;
  close(): Promise<void>;
};

/** Starts the engine and its probe. Its data folder is its own, so that nothing of the user's is touched. */
export async function startEngine(): Promise<RunningEngine> {
  const program = join(DIST, 'engine.js');
  if (!existsSync(program)) throw new Error('dist/ is not built: npm run build');
  const home = await mkdtemp(join(tmpdir(), 'stratoscope-bench-home-'));
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', join(import.meta.dirname, 'memory-hook.ts'), program],
    { stdio: ['pipe', 'pipe', 'inherit', 'pipe'], env: { ...process.env, XDG_DATA_HOME: home } },
  );
  const ended = new Promise((resolve) => child.once('close', resolve));
  const { stdin, stdout } = child as unknown as ChildProcessWithoutNullStreams;
  const client = createClient(engineContract, streamTransport(stdout, stdin));
  await client.call('hello', {});
  return {
    client,
    cpuMs: () => cpuOf(child.pid as number),
    memory: () => askMemory(child),
    async close() {
      stdin.end();
      await ended;
      await rm(home, { recursive: true, force: true });
    },
  };
}

function askMemory(child: ChildProcess): Promise<Memory> {
  const pipe = child.stdio[3] as Socket;
  return new Promise((resolve) => {
    pipe.once('data', (answer) => resolve(JSON.parse(String(answer)) as Memory));
    pipe.write('?');
  });
}
