import { asBytes } from '../../shared/bytes/bytes.ts';
import type { ProbeContract } from '../../shared/ipc/probe.ts';
import { type Client, FailureError } from '../../shared/ipc/rpc.ts';
import { inodeOfFid, parseHandle } from '../../shared/xattrs/index.ts';
import type { Stack } from './stack.ts';

/** One entry of WORKDIR/index: the lower inode that its name means, and the upper inode that it is a link of. */
export type IndexEntry = {
  name: string;
  mode: number;
  ino: bigint;
  nlink: number;
  uuid: string;
  lowerIno: bigint | null;
};

/** The index directory as read; `unknown` where some or all of it could not be. */
export type Index = { entries: IndexEntry[]; unknown: boolean };

const NULL_UUID = '0'.repeat(32);

/**
 * The index directory, where index=on; null where there is none. Throws nothing: what could not be read is `unknown`.
 */
export async function readIndex(stack: Stack, probe: Client<ProbeContract>): Promise<Index | null> {
  const { facts, options } = stack;
  if (!options.index) return null;
  if (!facts.workPlace) return { entries: [], unknown: true };
  try {
    const { entries, error } = await probe.call('work', { place: facts.workPlace });
    const found: IndexEntry[] = [];
    for (const { path, mode, ino, nlink } of entries) {
      const name = /^index\/([0-9a-f]+)$/.exec(path)?.[1];
      if (name === undefined) continue;
      const parsed = parseHandle(Uint8Array.from(name.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16)));
      if ('problem' in parsed) continue;
      const lower = facts.layers.find(
        (layer) => layer.role === 'lower' && (layer.fs.uuid ?? NULL_UUID) === parsed.uuid,
      );
      found.push({
        name: asBytes(name),
        mode,
        ino: BigInt(ino),
        nlink,
        uuid: parsed.uuid,
        lowerIno: lower ? inodeOfFid(lower.fs.type, parsed.type, parsed.fid) : null,
      });
    }
    return { entries: found, unknown: error !== null };
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'closed') throw error;
    return { entries: [], unknown: true };
  }
}
