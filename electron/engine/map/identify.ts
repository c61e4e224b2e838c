import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Handle, LayerFacts, Place, ProbeContract } from '../../../shared/ipc/probe.ts';
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
  const { entries } = scan;
  const out = new Map<number, Handle | null>();
  const byPlace = new Map<Place, { entry: number; path: Bytes }[]>();
  for (const entry of asked) {
    const found = placeOf(scan, entry);
    if (found === null) continue;
    const own = byPlace.get(found.place) ?? [];
    if (own.length === 0) byPlace.set(found.place, own);
    own.push({ entry, path: found.path });
  }
  for (const [place, own] of byPlace) {
    // Those of one directory together.
    own.sort((a, b) => (directoryOf(a.path) < directoryOf(b.path) ? -1 : 1));
    for (let at = 0; at < own.length; at += TOGETHER) {
      const some = own.slice(at, at + TOGETHER);
      const paths = some.map(({ path }) => path);
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

/** Where an entry can be asked for by name: in its layer, or, where the upper has no name for it, in the index. */
function placeOf(scan: StackScan, entry: number): { place: Place; path: Bytes } | null {
  const { entries, stack, index } = scan;
  const layer = stack.facts.layers.find((one) => one.layer === entries.layer(entry));
  if (!layer?.place || !mayAsk(layer)) return null;
  if (entries.isPlaced(entry)) return { place: layer.place, path: entries.path(entry) };
  const indexed = index?.entries.find((one) => one.entry === entry);
  const { workPlace } = stack.facts;
  return indexed && workPlace ? { place: workPlace, path: asBytes(`index/${indexed.name}`) } : null;
}

const directoryOf = (path: Bytes): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
