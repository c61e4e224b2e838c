import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { Handle, LayerFacts, ProbeContract } from '../../../shared/ipc/probe.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import type { StackScan } from '../scan.ts';

/** Paths that the probe is asked about at once. */
const TOGETHER = 8192;

/** Whether the names of a layer may be looked up: on an overlay a mere lookup writes into its upper. */
const mayAsk = (layer: LayerFacts): boolean => layer.place !== null && layer.fs.type !== 'overlay';

/**
 * The handles of raw entries, as they stand now: null where the filesystem gives none, undefined where it could not be
 * asked, or another inode stands there by now than the scan saw.
 */
export async function handlesOf(
  scan: StackScan,
  probe: Client<ProbeContract>,
  asked: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, Handle | null>> {
  const { entries, stack } = scan;
  const out = new Map<number, Handle | null>();
  for (const layer of stack.facts.layers) {
    if (!mayAsk(layer)) continue;
    const own = asked
      .filter((entry) => entries.layer(entry) === layer.layer)
      .map((entry) => ({ entry, path: entries.path(entry) }));
    // Those of one directory together.
    own.sort((a, b) => (directoryOf(a.path) < directoryOf(b.path) ? -1 : 1));
    for (let at = 0; at < own.length; at += TOGETHER) {
      const some = own.slice(at, at + TOGETHER);
      const paths = some.map(({ path }) => path);
      const place = layer.place as NonNullable<typeof layer.place>;
      const { answers } = await probe.call('identify', { place, paths }, { signal });
      some.forEach(({ entry }, i) => {
        const answer = answers[i];
        if (!answer || 'errno' in answer) return;
        if (BigInt(answer.ino) === entries.ino(entry) && answer.dev === entries.dev(entry))
          out.set(entry, answer.handle);
      });
    }
  }
  return out;
}

const directoryOf = (path: Bytes): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
