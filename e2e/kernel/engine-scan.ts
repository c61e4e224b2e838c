import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ProbeHolder } from '../../electron/engine/machine.ts';
import { writeScan } from '../../electron/engine/output.ts';
import { StackScan } from '../../electron/engine/scan.ts';
import { streamTransport } from '../../electron/pipe/streams.ts';
import { ScanMeta, ScanObject } from '../../shared/contract/scan.ts';
import { engineContract } from '../../shared/ipc/engine.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { createClient } from '../../shared/ipc/rpc.ts';
import type { Scan } from './trial.ts';

/** Our program, running. */
export interface Program {
  readonly scan: Scan;
  end(): Promise<void>;
}

/** What `scan` prints of a stack. */
export interface Answer {
  readonly meta: ScanMeta['meta'];
  readonly objects: ScanObject[];
}

/** A whole answer as the terminal prints it, each line held against its schema. */
function answerOf(chunks: readonly Uint8Array[]): Answer {
  const [first, ...lines] = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
  const { meta } = ScanMeta.parse(JSON.parse(first as string));
  return { meta, objects: lines.map((line) => ScanObject.parse(JSON.parse(line))) };
}

/**
 * The engine as the program starts it: a process, with a probe that is a process too. One for all scans. A layer that
 * could not be read fails the scan.
 */
export function startEngine(withoutRules: readonly string[]): Program & { ask(stack: StackRef): Promise<Answer> } {
  const main = join(import.meta.dirname, '../../electron/engine/main.ts');
  const env = { ...process.env, STRATOSCOPE_WITHOUT_RULE: withoutRules.join(',') };
  const child = spawn(process.execPath, [main], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const transport = streamTransport(child.stdout, child.stdin);
  const client = createClient(engineContract, transport);
  const ask = async (stack: StackRef): Promise<Answer> => {
    const chunks: Uint8Array[] = [];
    const onChunk = (chunk: Uint8Array): void => void chunks.push(chunk);
    const { errors } = await client.call('scan', { stack, hidden: true }, { onChunk });
    if (errors[0]) throw new Error(errors[0].error.message);
    return answerOf(chunks);
  };
  return {
    ask,
    scan: async (stack) => (await ask(stack)).objects,
    end: () =>
      new Promise((resolve) => {
        child.on('exit', () => resolve());
        transport.close();
      }),
  };
}

/**
 * The same in this process, with the rules of the merge counted. `hits` holds RULES × POSITIONS numbers, row by row.
 */
export function startCountingEngine(): Program & { readonly hits: readonly number[] } {
  const probe = new ProbeHolder((message) => process.stderr.write(`${message}\n`));
  const hits: number[] = [];
  const never = new AbortController().signal;
  return {
    hits,
    async scan(stack) {
      const reading = new StackScan(await probe.resolve(stack), probe.client, {
        targets: true,
        through: false,
        countRules: true,
      });
      await reading.run();
      const failed = reading.error ?? reading.layers.find((layer) => layer.error)?.error;
      if (failed) throw new Error(failed.message);
      reading.objects.hits?.forEach((count, i) => {
        hits[i] = (hits[i] ?? 0) + count;
      });
      const chunks: Uint8Array[] = [];
      const send = (chunk: Uint8Array): void => void chunks.push(chunk);
      await writeScan(reading, { hidden: true, path: null, depth: null }, send, async () => undefined, never);
      return answerOf(chunks).objects;
    },
    end: () => probe.close(),
  };
}
