import { createHash } from 'node:crypto';
import type { LayerFacts, StackFacts } from '../../shared/ipc/probe.ts';

/**
 * What tells a stack from another, however it was named and mounted: the filesystem's uuid and the file handle of each
 * layer's root, in their order. It outlives remounts, renames of layers and new device numbers.
 */
export type StackIdentity = {
  /** Of all layers, 32 hex digits. */
  id: string;
  /** Of the upper alone; null where there is none. */
  upper: string | null;
  /** False: a layer has no uuid or no handle, so its path stands in their place, and a moved one is another stack. */
  isLasting: boolean;
};

export function identityOf({ layers }: StackFacts): StackIdentity {
  const upper = layers.find(({ role }) => role === 'upper');
  return {
    id: hashOf(layers.map(nameOf)),
    upper: upper === undefined ? null : hashOf([nameOf(upper)]),
    isLasting: layers.every(({ fs }) => fs.uuid !== null && fs.handle !== null),
  };
}

/** What a layer's root is called in the hash. */
function nameOf({ role, fs, path, shown }: LayerFacts): unknown[] {
  if (fs.uuid !== null && fs.handle !== null) return [role, fs.uuid, fs.handle.type, fs.handle.fid];
  return [role, fs.type, path ?? shown];
}

const hashOf = (names: readonly unknown[][]): string =>
  createHash('sha256').update(JSON.stringify(names)).digest('hex').slice(0, 32);
