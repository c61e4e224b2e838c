import { ProbeHolder } from '../../electron/engine/machine.ts';
import { writeScan } from '../../electron/engine/output.ts';
import { StackScan } from '../../electron/engine/scan.ts';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { ScanObject } from '../../shared/contract/scan.ts';
import type { Scan } from './trial.ts';
export async function engineScan(
  opts: { countRules?: boolean; withoutRules?: string[] } = {},
): Promise<{ scan: Scan; hits: () => Uint32Array | null; end: () => Promise<void> }> {
  const probe = new ProbeHolder((message) => process.stderr.write(`${message}\n`));
  let hits: Uint32Array | null = null;
  const scan: Scan = async (ref) => {
    const stack = await probe.resolve(ref);
    const reading = new StackScan(stack, probe.client, { targets: true, ...opts });
    await reading.run();
    if (reading.error) throw new Error(reading.error.message);
    const bad = reading.layers.find((layer) => layer.error);
    if (bad) throw new Error(`layer ${bad.layer}: ${bad.error?.message}`);
    const chunks: Uint8Array[] = [];
    await writeScan(
      reading,
      { hidden: true, path: null as Bytes | null, depth: null },
      (chunk) => void chunks.push(chunk.slice()),
      async () => undefined,
      new AbortController().signal,
    );
    if (reading.objects.hits) {
      hits ??= new Uint32Array(reading.objects.hits.length);
      for (const [i, n] of reading.objects.hits.entries()) hits[i] = (hits[i] as number) + n;
    }
    const lines = Buffer.concat(chunks)
      .toString('utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(1);
    return lines.map((line) => ScanObject.parse(JSON.parse(line)));
  };
  return { scan, hits: () => hits, end: () => probe.close() };
}
