import { ProbeHolder } from '../../electron/engine/machine.ts';
import { writeScan } from '../../electron/engine/output.ts';
import { StackScan } from '../../electron/engine/scan.ts';
import { ScanObject } from '../../shared/contract/scan.ts';
import type { Scan } from './trial.ts';

export interface EngineScan {
  readonly scan: Scan;
  /** How often each rule was met so far, where rules are counted: RULES × POSITIONS, row by row. */
  readonly hits: readonly number[];
  end(): Promise<void>;
}

/**
 * Our program as the test asks it: one long-lived probe, which a scan of the engine reads from, and its answer as the
 * terminal would print it, hidden objects too. Every line is held against its schema. A layer that could not be read
 * fails the scan.
 */
export function startEngineScan(options: { countRules: boolean; withoutRules: readonly string[] }): EngineScan {
  const probe = new ProbeHolder((message) => process.stderr.write(`${message}\n`));
  const hits: number[] = [];
  const never = new AbortController().signal;
  const scan: Scan = async (stack) => {
    const reading = new StackScan(await probe.resolve(stack), probe.client, { targets: true, ...options });
    await reading.run();
    const failed = reading.error ?? reading.layers.find((layer) => layer.error)?.error;
    if (failed) throw new Error(failed.message);
    reading.objects.hits?.forEach((count, i) => {
      hits[i] = (hits[i] ?? 0) + count;
    });
    const chunks: Uint8Array[] = [];
    const send = (chunk: Uint8Array): void => void chunks.push(chunk);
    await writeScan(reading, { hidden: true, path: null, depth: null }, send, async () => undefined, never);
    const [, ...lines] = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
    return lines.map((line) => ScanObject.parse(JSON.parse(line)));
  };
  return { scan, hits, end: () => probe.close() };
}
