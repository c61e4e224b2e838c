import type { EntryFacts, LayerFacts, ProbeContract, StackFacts } from '../../shared/ipc/probe.ts';
import { type Client, FailureError } from '../../shared/ipc/rpc.ts';
import { Code } from '../../shared/merge/tree.ts';
import { HiddenTree } from './hidden.ts';
import { NestedLayer } from './nested-layer.ts';
import { findPath } from './output.ts';
import type { StackScan } from './scan.ts';

/**
 * A layer that lies on another overlay, read from that overlay's own layers: walking it through its mount would write
 * into the inner upper. Gives the root's attributes and the same packed records that a walk would have given.
 * `readStack` reads the inner stack whole. Throws a FailureError where the inner overlay cannot be resolved.
 */
export async function readNested(
  layer: LayerFacts,
  probe: Client<ProbeContract>,
  readStack: (facts: StackFacts) => Promise<StackScan>,
): Promise<{ root: EntryFacts; chunks: Uint8Array[] }> {
  const refuse = (why: string): never => {
    throw new FailureError({
      code: 'nested',
      message: `it lies on another overlay, ${why}`,
      hint: 'read it through its mount with --through, which writes into that upper',
    });
  };
  if (layer.dev === null) return refuse('whose mount is not known');
  if (layer.inOverlay === null) return refuse('and its place there is not known');
  const inner = await readStack(await probe.call('resolve', { stack: { kind: 'dev', dev: layer.dev } }));
  if (inner.phase !== 'ready') return refuse(`which could not be read: ${inner.error?.message ?? inner.phase}`);
  const start = findPath(inner, new HiddenTree(inner), layer.inOverlay, false);
  if (start === null || inner.objects.codes[start] !== Code.ok || !inner.objects.isDir(start))
    return refuse('in which it is not found');
  if ((inner.objects.tops[start] as number) < 0) return refuse('of which no layer could be read');
  return new NestedLayer(inner, layer.layer).pack(start);
}
