import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { textForJson } from '../../../shared/bytes/show.ts';
import type { EntryFacts, Handle, LayerFacts, ProbeContract } from '../../../shared/ipc/probe.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import { arrayOfHex, FbFlag, hexOfArray, inodeOfFid, nestedHandle, parseHandle } from '../../../shared/xattrs/index.ts';
import type { Stack } from '../stack.ts';
import type { Picture } from './prediction.ts';

/** The inode that the kernel has in memory for a path, as the mount's own handle names it. */
export type KernelInode = { isUpper: boolean; uuid: string; fid: string; ino: string | null };

/** An entry of a path as it stands now, beside the scan. */
export type EntryNow = {
  layer: number;
  path: string;
  /** It is one of those that the prediction rests on; the others lie hidden. */
  isUsed: boolean;
  ino: string;
  ctimeNs: string;
  btimeNs: string | null;
  fid: string | null;
  /** It has overlay.origin. */
  hasOrigin: boolean;
};

const fidText = (handle: Handle): string => `${handle.type}:${handle.fid}`;

/** Takes the handle apart that a mount gives for one of its objects; null where it tells no layer's inode. */
export function kernelInode(handle: Handle | null | undefined, layers: readonly LayerFacts[]): KernelInode | null {
  const fid = handle ? arrayOfHex(handle.fid) : null;
  const nested = handle && fid ? nestedHandle(handle.type, fid) : null;
  const parsed = nested && parseHandle(nested.value);
  if (!parsed || 'problem' in parsed) return null;
  const fs = layers.find((layer) => layer.fs.uuid === parsed.uuid)?.fs ?? layers[0]?.fs;
  const ino = inodeOfFid(fs?.type ?? '', parsed.type, parsed.fid);
  return {
    isUpper: (parsed.flags & FbFlag.upper) !== 0,
    uuid: parsed.uuid,
    fid: fidText({ type: parsed.type, fid: hexOfArray(parsed.fid) }),
    ino: ino === null ? null : String(ino),
  };
}

/** Reads the entries of an object anew, where that touches no overlay: what became of each. */
export async function entriesNow(
  { scan, tree }: Picture,
  id: number,
  probe: Client<ProbeContract>,
  signal: AbortSignal,
): Promise<EntryNow[]> {
  const { entries } = scan;
  const out: EntryNow[] = [];
  for (const { entry, role } of tree.entriesAt(id)) {
    const layer = scan.stack.facts.layers.find((one) => one.layer === entries.layer(entry));
    if (!layer?.place || layer.fs.type === 'overlay') continue;
    const path = entries.path(entry);
    const facts = await factsOf(probe, layer.place, path, signal);
    if (facts === null) continue;
    out.push({
      layer: layer.layer,
      path: textForJson(path),
      isUsed: role !== 'hidden',
      ino: facts.ino,
      ctimeNs: facts.ctimeNs,
      btimeNs: facts.btimeNs,
      fid: facts.handle && fidText(facts.handle),
      hasOrigin: facts.xattrs.some(({ name }) => name === `${scan.stack.prefix}.overlay.origin`),
    });
  }
  return out;
}

/** Null where there is nothing there any more, or it cannot be read. */
async function factsOf(
  probe: Client<ProbeContract>,
  place: NonNullable<LayerFacts['place']>,
  path: Bytes,
  signal: AbortSignal,
): Promise<EntryFacts | null> {
  try {
    return await probe.call('entry', { place, path, target: false }, { signal });
  } catch (error) {
    if (signal.aborted || !(error instanceof FailureError) || error.failure.code === 'closed') throw error;
    return null;
  }
}

/** The fid that the object's overlay.origin names; null where it has none that counts. */
export function originFid({ scan, describer }: Picture, id: number): string | null {
  const top = describer.shown(id);
  if (top < 0 || scan.origins.facts.get(top)?.state !== 'verified') return null;
  const value = scan.entries.xattr(top, 'origin');
  const parsed = value ? parseHandle(value) : null;
  return !parsed || 'problem' in parsed ? null : fidText({ type: parsed.type, fid: hexOfArray(parsed.fid) });
}

/**
 * When the overlay was mounted, ns since the epoch: it makes WORKDIR/work anew then (super.c:ovl_workdir_create). Null
 * where there is no work directory, or its filesystem keeps no birth times.
 */
export async function mountedAt(
  { facts }: Stack,
  probe: Client<ProbeContract>,
  signal: AbortSignal,
): Promise<bigint | null> {
  if (facts.workPlace === null) return null;
  const work = await factsOf(probe, facts.workPlace, asBytes('work'), signal);
  return work?.btimeNs == null ? null : BigInt(work.btimeNs);
}
