import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { LayerFacts, ProbeContract } from '../../shared/ipc/probe.ts';
import type { Client } from '../../shared/ipc/rpc.ts';
import { arrayOfHex, fuseNode, isFuse } from '../../shared/xattrs/index.ts';
import type { EntryTable } from './entries.ts';

/** So many entries of a layer tell what its numbers are. */
const ENOUGH = 8;

export const fuseLayers = (layers: readonly LayerFacts[]): LayerFacts[] => layers.filter(({ fs }) => isFuse(fs.type));

/**
 * FUSE layers whose numbers are no more than names of what is in memory: their listings give others than stat, or stat
 * gives the node ids that the server counts, as handles tell (libfuse without use_ino). Layers that cannot be asked are
 * judged by their listings alone.
 */
export async function fleetingLayers(
  layers: readonly LayerFacts[],
  entries: EntryTable,
  probe: Client<ProbeContract>,
): Promise<Set<number>> {
  const fuse = fuseLayers(layers);
  const found = entries.listedOtherwise(fuse.map(({ layer }) => layer));
  await Promise.all(
    fuse.map(async ({ layer, place }) => {
      if (found.has(layer) || place === null) return;
      const paths = samples(entries, layer);
      if (paths.length === 0) return;
      const asked = probe.call('identify', { place, paths });
      const { answers } = await asked.catch(() => ({ answers: [] }));
      const nodes = answers.flatMap((answer) => {
        if ('errno' in answer || answer.handle === null) return [];
        const fid = arrayOfHex(answer.handle.fid);
        const node = fid === null ? null : fuseNode(answer.handle.type, fid);
        return node === null ? [] : [node === BigInt(answer.ino)];
      });
      if (nodes.length > 0 && nodes.every((isNode) => isNode)) found.add(layer);
    }),
  );
  return found;
}

/** Paths of some entries of a layer. */
function samples(entries: EntryTable, layer: number): Bytes[] {
  const out: Bytes[] = [];
  for (let entry = 0; entry < entries.count && out.length < ENOUGH; entry++)
    if (entries.layer(entry) === layer && entries.isPlaced(entry) && entries.hasNumber(entry))
      out.push(entries.path(entry));
  return out;
}
