import type { ScanObject } from '../../../shared/contract/scan.ts';
import type { VerifyCause } from '../../../shared/contract/verify.ts';
import type { ProbeContract } from '../../../shared/ipc/probe.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import { type EntryNow, entriesNow, type KernelInode, kernelInode, originFid } from './evidence.ts';
import type { Looked } from './look.ts';
import type { Picture } from './prediction.ts';

/** Why a path is wrong, and what tells so. */
export type Judgement = { cause: VerifyCause; evidence: Record<string, unknown> };

export type JudgeOptions = {
  probe: Client<ProbeContract>;
  /** When the overlay was mounted, ns; null: not known. */
  mountedAt: bigint | null;
  signal: AbortSignal;
};

/**
 * Judges a path of which the second reading of the layers foretells something else than the kernel says. `id` and
 * `before`: its object in either reading, null where there is none.
 */
export async function judge(
  { seen }: Looked,
  picture: Picture,
  id: number | null,
  before: ScanObject | null,
  { probe, mountedAt, signal }: JudgeOptions,
): Promise<Judgement> {
  const { layers } = picture.scan.stack.facts;
  const kernel = kernelInode(seen.handle, layers);
  const now = id === null ? [] : await entriesNow(picture, id, probe, signal);
  const after = id === null ? null : picture.describer.object(id);
  const evidence: Record<string, unknown> = {
    ...(kernel === null ? {} : { kernelInode: kernel }),
    entries: now,
    ...(mountedAt === null ? {} : { mountedAtNs: String(mountedAt) }),
    ...(after?.shown ? { rule: after.shown.why } : {}),
  };
  const changed = (how: string): Judgement => ({ cause: 'changed under the mount', evidence: { how, ...evidence } });
  if (told(before) !== told(after)) return changed('the layers were read twice, and differ');
  const isDir = id !== null && picture.scan.objects.isDir(id);
  const fids = new Set(now.filter(({ isUsed }) => isUsed).map(({ fid }) => fid));
  if (id !== null && !isDir) fids.add(originFid(picture, id));
  const how = isDir && kernel !== null && fids.has(kernel.fid) ? whatMerged(picture, now, mountedAt) : null;
  if (how !== null) return changed(how);
  // They agree on the inode: what is made of it is for the prediction to get right.
  const isOurs = kernel !== null && fids.has(kernel.fid);
  const other = isOurs ? null : whatChanged(kernel, now, mountedAt);
  return other === null ? { cause: 'our error', evidence } : changed(other);
}

/** What of an object would tell that a layer changed between two readings. */
const told = (object: ScanObject | null): string =>
  object === null ? '' : JSON.stringify([object.entries, object.lookup, object.type, object.origin, object.shown]);

/** How a layer changed since the mount was made; null where nothing tells that it did. */
function whatChanged(kernel: KernelInode | null, now: readonly EntryNow[], mountedAt: bigint | null): string | null {
  if (kernel !== null && now.every(({ fid }) => fid !== kernel.fid))
    return 'the kernel has an inode in memory that stands in no layer at this path any more';
  if (mountedAt === null) return null;
  const isYounger = ({ ctimeNs, btimeNs }: EntryNow): boolean =>
    BigInt(ctimeNs) > mountedAt || (btimeNs !== null && BigInt(btimeNs) > mountedAt);
  const lower = now.find((entry) => entry.layer !== 0 && isYounger(entry));
  if (lower) return `the entry of layer ${lower.layer} was changed after the mount was made`;
  // What is made through the mount the kernel knows: this it does not.
  const upper = now.find((entry) => entry.layer === 0 && isYounger(entry));
  if (upper && upper.fid !== kernel?.fid)
    return 'the upper’s entry was changed after the mount was made, and the kernel does not know of it';
  return null;
}

/**
 * How the directories that merge changed since the mount was made, of one that the kernel knows by the same inode: the
 * topmost lower's, whatever else it merges. Null where nothing tells that they did.
 */
function whatMerged({ scan }: Picture, now: readonly EntryNow[], mountedAt: bigint | null): string | null {
  if (mountedAt === null) return null;
  const lower = now.find(({ layer, isUsed, ctimeNs }) => layer !== 0 && isUsed && BigInt(ctimeNs) > mountedAt);
  if (lower) return `the directory of layer ${lower.layer} was changed after the mount was made`;
  const upper = now.find(({ layer }) => layer === 0);
  if (!upper || upper.btimeNs === null || BigInt(upper.btimeNs) <= mountedAt || !scan.stack.marksReadable) return null;
  // A copy-up leaves it its origin.
  return upper.hasOrigin ? null : 'the upper’s directory was made after the mount was, and by no copy-up';
}
