import { asBytes } from '../../shared/bytes/bytes.ts';
import type { Place, ProbeContract, RawXattr } from '../../shared/ipc/probe.ts';
import { type Client, FailureError } from '../../shared/ipc/rpc.ts';
import { validRedirect } from '../../shared/merge/layer-lookup.ts';
import { Kind } from '../../shared/merge/marks.ts';
import type { RuleId } from '../../shared/merge/rules.ts';
import { ABSENT, Code } from '../../shared/merge/tree.ts';
import { inodeOfFid, parseHandle } from '../../shared/xattrs/index.ts';
import type { EntryTable } from './entries.ts';
import type { Stack } from './stack.ts';

/** One entry of WORKDIR/index: the lower inode that its name means, and the upper inode that it is a link of. */
export type IndexEntry = {
  name: string;
  mode: number;
  ino: bigint;
  nlink: number;
  /** The lower layer whose filesystem the name's handle is of, and the handle; null where it is no lower layer's. */
  handle: { layer: number; handle: { type: number; fid: string } } | null;
  /** The living lower inode that the handle opens (after `openLowers`); null where it is gone. */
  lower: { ino: bigint; dev: string } | null;
  /** It says that every name of the lower was removed, and is no link of an upper inode. */
  isWhiteout: boolean;
  /** Of a directory: the inode that its overlay.upper names; null where it names none of the upper's. */
  upperIno: bigint | null;
  /** The upper inode is a metacopy: its data is the lower's. */
  isMetacopy: boolean;
  /** What a lookup that comes to the upper inode by the index fails with, for the inode's own marks. */
  refusal: { code: Code; rule: RuleId } | null;
  /** Entry of the upper inode (after `placeInodes`); ABSENT for directories, whiteouts, and what could not be read. */
  entry: number;
  /** Value of overlay.nlink. */
  unionLinks: string | null;
};

/** The index directory as read; `unknown` where some or all of it could not be. */
export type Index = { entries: IndexEntry[]; unknown: boolean };

const NULL_UUID = '0'.repeat(32);
const BATCH = 65536;
const bytesOfHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

/**
 * The index directory, where index=on; null where there is none. Throws nothing: what could not be read is `unknown`.
 */
export async function readIndex(stack: Stack, probe: Client<ProbeContract>): Promise<Index | null> {
  const { facts, options } = stack;
  if (!options.index) return null;
  if (!facts.workPlace) return { entries: [], unknown: true };
  try {
    const { entries, error } = await probe.call('work', { place: facts.workPlace });
    const index: Index = { entries: [], unknown: error !== null };
    for (const { path, mode, ino, nlink, xattrs } of entries) {
      const name = /^index\/([0-9a-f]+)$/.exec(path)?.[1];
      if (name === undefined) continue;
      const parsed = parseHandle(bytesOfHex(name));
      if ('problem' in parsed) continue;
      const lower = facts.layers.find(
        (layer) => layer.role === 'lower' && uuidOf(stack, layer.fs.uuid) === parsed.uuid,
      );
      const handle = { type: parsed.type, fid: Buffer.from(parsed.fid).toString('hex') };
      index.entries.push({
        name: asBytes(name),
        mode,
        ino: BigInt(ino),
        nlink,
        handle: lower ? { layer: lower.layer, handle } : null,
        lower: null,
        // A copied-up device has an origin, a whiteout has no mark.
        isWhiteout: mode >>> 12 === Kind.char && overlayXattr(stack, xattrs, 'origin') === undefined,
        upperIno: upperNamed(stack, xattrs),
        isMetacopy: mode >>> 12 === Kind.file && overlayXattr(stack, xattrs, 'metacopy') !== undefined,
        refusal: refusalOf(stack, mode, xattrs),
        entry: ABSENT,
        unionLinks: textOf(overlayXattr(stack, xattrs, 'nlink')),
      });
    }
    return index;
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'closed') throw error;
    return { entries: [], unknown: true };
  }
}

/** Opens the lowers that the index names, in the probe's `session`, whose layers must be open. */
export async function openLowers(index: Index, probe: Client<ProbeContract>, session: number): Promise<void> {
  const asked = index.entries.filter(({ handle }) => handle !== null);
  for (let at = 0; at < asked.length; at += BATCH) {
    const batch = asked.slice(at, at + BATCH);
    const requests = batch.map(({ handle }) => handle as NonNullable<typeof handle>);
    const { answers } = await probe.call('handles', { session, requests });
    batch.forEach((one, i) => {
      const answer = answers[i];
      if (answer && !('errno' in answer)) one.lower = { ino: BigInt(answer.ino), dev: answer.dev };
      else if (answer?.errno !== 'ESTALE') index.unknown = true;
    });
  }
}

/**
 * Finds the entries of the upper inodes that the index holds. One that the upper has no name for (all were removed, but
 * not the lower's other names) is read from the index, as an entry that stands in no directory.
 */
export async function placeInodes(
  index: Index,
  entries: EntryTable,
  { facts }: Stack,
  probe: Client<ProbeContract>,
): Promise<void> {
  for (const [, same] of placeNamed(index, entries)) {
    try {
      const path = asBytes(`index/${same[0]?.name}`);
      const found = await probe.call('entry', { place: facts.workPlace as Place, path, target: true });
      const entry = entries.addApart(0, found);
      for (const one of same) one.entry = entry;
    } catch (error) {
      if (error instanceof FailureError && error.failure.code === 'closed') throw error;
      index.unknown = true;
    }
  }
}

/**
 * Finds the entries of those upper inodes that the index holds and that are among the upper's entries, with a name or
 * apart. Returns the others, by inode.
 */
export function placeNamed(index: Index, entries: EntryTable): Map<bigint, IndexEntry[]> {
  const asked = new Map<bigint, IndexEntry[]>();
  for (const one of index.entries) {
    one.entry = ABSENT;
    if (one.lower === null || one.isWhiteout || one.mode >>> 12 === Kind.dir) continue;
    asked.set(one.ino, [...(asked.get(one.ino) ?? []), one]);
  }
  if (asked.size === 0) return asked;
  for (let entry = 0; entry < entries.count; entry++) {
    if (entries.layers[entry] !== 0 || (entries.nlink(entry) < 2 && entries.isPlaced(entry))) continue;
    for (const one of asked.get(entries.ino(entry)) ?? []) one.entry = entry;
    asked.delete(entries.ino(entry));
  }
  return asked;
}

/** namei.c:ovl_lookup reads redirect and metacopy of an upper that it has from the index. */
function refusalOf(stack: Stack, mode: number, xattrs: readonly RawXattr[]): IndexEntry['refusal'] {
  const redirect = overlayXattr(stack, xattrs, 'redirect')?.value;
  if (redirect != null) {
    const text = Buffer.from(redirect, 'hex').toString('latin1');
    const whole = text === '' ? null : text.replace(/\0.*$/s, '');
    if (!validRedirect(whole)) return { code: Code.EINVAL, rule: 'redirect-invalid' };
  }
  const metacopy = overlayXattr(stack, xattrs, 'metacopy');
  if (!metacopy || mode >>> 12 !== Kind.file) return null;
  const length = (metacopy.value?.length ?? 0) / 2;
  if (length > 0 && length < 4) return { code: Code.EIO, rule: 'metacopy-too-small' };
  return stack.options.metacopy ? null : { code: Code.EPERM, rule: 'metacopy-refused' };
}

const uuidOf = (stack: Stack, uuid: string | null): string =>
  stack.options.uuid === 'off' ? NULL_UUID : (uuid ?? NULL_UUID);

/** Value of overlay.NAME as the mount reads it; undefined where it is not there. */
const overlayXattr = (stack: Stack, xattrs: readonly RawXattr[], name: string): RawXattr | undefined =>
  xattrs.find((one) => one.name === `${stack.prefix}.overlay.${name}`);

const textOf = (xattr: RawXattr | undefined): string | null =>
  xattr?.value == null ? null : Buffer.from(xattr.value, 'hex').toString('latin1');

/** Inode of the upper's filesystem that the entry's overlay.upper names (namei.c:ovl_verify_upper). */
function upperNamed(stack: Stack, xattrs: readonly RawXattr[]): bigint | null {
  const upper = stack.facts.layers.find(({ role }) => role === 'upper');
  const value = overlayXattr(stack, xattrs, 'upper')?.value;
  const parsed = value == null ? null : parseHandle(bytesOfHex(value));
  if (!upper || !parsed || 'problem' in parsed || parsed.uuid !== uuidOf(stack, upper.fs.uuid)) return null;
  return inodeOfFid(upper.fs.type, parsed.type, parsed.fid);
}
