import { type Bytes, hexOfBytes } from '../../shared/bytes/bytes.ts';
import type { ProbeContract } from '../../shared/ipc/probe.ts';
import { OPENED_SIZE } from '../../shared/ipc/records.ts';
import type { Client } from '../../shared/ipc/rpc.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { arrayOfHex, FbField, inodeOfFid, parseHandle } from '../../shared/xattrs/index.ts';
import type { EntryTable } from './entries.ts';
import type { Index } from './index-entries.ts';
import { type OriginFact, OriginFacts } from './origin-facts.ts';
import type { Stack } from './stack.ts';

/**
 * A handle that is asked for on a layer's filesystem. `others`: layers of other filesystems with the same uuid, on which
 * the kernel tries next what is stale there (namei.c:ovl_check_origin_fh).
 */
type Question = { entry: number; layer: number; others: number[]; ino: bigint | null };

const NULL_UUID = '0'.repeat(32);
const BATCH = 512;
const NOT_ASKED = 'not yet asked';
const LIVE = 'the handle opens a live inode of the same type';

type HandleAnswer = { ino: string | bigint; dev: string; nlink: number; mode: number } | { errno: string };

/** Names of the errnos that a handle is answered with; others stand as numbers. */
const ERRNO: Record<number, string> = { 1: 'EPERM', 95: 'EOPNOTSUPP', 116: 'ESTALE' };

/** What the probe sent beside an origin (ItemKind.opened), as it answers for handles. */
function openedAnswer(value: Uint8Array): HandleAnswer {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (value.length < OPENED_SIZE) {
    const errno = view.getInt32(0, true);
    return { errno: ERRNO[errno] ?? `errno ${errno}` };
  }
  const u32 = (at: number): number => view.getUint32(at, true);
  return { ino: view.getBigUint64(0, true), dev: `${u32(16)}:${u32(20)}`, nlink: u32(8), mode: u32(12) };
}

const hexOf = (value: Uint8Array): string => hexOfBytes(String.fromCharCode(...value) as Bytes);

/**
 * Decodes and verifies the origins of the upper's entries while the layers are still being read: the probe opens each
 * handle, as the kernel does (namei.c:ovl_check_origin_fh, ovl_decode_real_fh).
 */
export class Origins {
  readonly facts = new OriginFacts();
  readonly #entries: EntryTable;
  readonly #stack: Stack;
  readonly #probe: Client<ProbeContract>;
  readonly #session: number;
  readonly #waiting = new Set<Promise<void>>();
  readonly #lowers: { layer: number; uuid: string; type: string; fsid: number | null | 'unknown' }[];
  /** Those that the index decides. */
  readonly #leftToIndex = new Set<number>();
  #taken = 0;
  #places: { layer: number; uuid: Uint8Array }[] | null = null;
  #batch: (Question & { type: number; fid: string })[] = [];

  constructor(entries: EntryTable, stack: Stack, probe: Client<ProbeContract>, session: number) {
    this.#entries = entries;
    this.#stack = stack;
    this.#probe = probe;
    this.#session = session;
    this.#lowers = stack.facts.layers
      .filter((layer) => layer.role === 'lower' && layer.dev !== null)
      .map((layer) => ({
        layer: layer.layer,
        uuid: layer.fs.uuid ?? NULL_UUID,
        type: layer.fs.type,
        fsid: stack.inodes.fsids[layer.layer] ?? null,
      }));
  }

  /** Where the walk shall open origins: for each filesystem the first lower on it that the kernel would decode on. */
  places(): { layer: number; uuid: string }[] {
    if (!this.#stack.machine.privilege.handles) return [];
    const { badUuid } = this.#stack.inodes;
    const places = new Map<string, number>();
    for (const { layer, uuid, fsid } of this.#lowers) {
      if (typeof fsid === 'number' && fsid > 0 && badUuid[fsid]) continue;
      const own = this.#stack.options.uuid === 'off' ? NULL_UUID : uuid;
      if (!places.has(own)) places.set(own, layer);
    }
    return [...places].map(([uuid, layer]) => ({ uuid, layer }));
  }

  /** Layer on whose filesystem the walk opened this stored handle. */
  #placeOf(value: Uint8Array): number {
    this.#places ??= this.places().map(({ layer, uuid }) => ({ layer, uuid: arrayOfHex(uuid) ?? new Uint8Array(16) }));
    const places = this.#places;
    if (places.length === 1) return (places[0] as { layer: number }).layer;
    const place = places.find(({ uuid }) => uuid.every((byte, i) => byte === value[FbField.uuid + i]));
    return place?.layer ?? -1;
  }

  /** Takes the entries that came with an origin since the last call, and asks for a batch once it is full. */
  take(): void {
    const entries = this.#entries.origins;
    for (; this.#taken < entries.length; this.#taken++) this.#add(entries[this.#taken] as number);
    if (this.#batch.length >= BATCH) this.#send();
  }

  /**
   * Inode number that the entry's overlay.origin names, if it is of that layer's filesystem; null where the mark is
   * there and names none, undefined where there is no mark.
   */
  inodeNamedBy(entry: number, layer: number): bigint | null | undefined {
    const value = this.#entries.xattr(entry, 'origin');
    if (value === undefined) return undefined;
    const parsed = value === null ? null : parseHandle(value);
    // The kernel compares whole handles, and makes those of lowers without a flag (copy_up.c:ovl_encode_real_fh).
    if (!parsed || 'problem' in parsed || parsed.flags !== 0) return null;
    const lower = this.#lowers.find((one) => one.layer === layer);
    return lower?.uuid === parsed.uuid ? inodeOfFid(lower.type, parsed.type, parsed.fid) : null;
  }

  /** Everything asked for is answered. */
  async finish(): Promise<void> {
    this.#taken = 0;
    for (const entry of this.#entries.origins) if (!this.facts.has(entry)) this.#add(entry);
    do {
      this.#send();
      await Promise.all(this.#waiting);
    } while (this.#batch.length > 0);
  }

  #add(entry: number): void {
    if (this.facts.has(entry)) return;
    const value = this.#entries.xattr(entry, 'origin');
    if (value !== undefined) this.facts.set(entry, this.#judge(entry, value));
  }

  /** What can be said without asking; what must be asked joins the batch, and its answer replaces this. */
  #judge(entry: number, value: Uint8Array | null): OriginFact {
    const say = (state: OriginFact['state'], why: string, layer = -1, ino: bigint | null = null): OriginFact => ({
      state,
      why,
      layer,
      ino,
      nlink: null,
      dev: null,
      mode: 0,
    });
    if (value === null) return say('unknown', 'overlay.origin could not be read');
    if (value.length === 0) return say('empty', 'copied up, but from where was not recorded');
    const opened = this.#entries.opened(entry);
    if (opened?.length === OPENED_SIZE)
      return this.#answered({ entry, layer: this.#placeOf(value), others: [], ino: null }, openedAnswer(opened));
    const parsed = parseHandle(value);
    if ('problem' in parsed)
      return say('ignored', `overlay.origin holds no handle that the kernel takes: ${parsed.problem}`);
    const uuid = this.#stack.options.uuid === 'off' ? NULL_UUID : null;
    const same = this.#lowers.filter((lower) => (uuid ?? lower.uuid) === parsed.uuid);
    if (same.length === 0) {
      const isWhole = this.#stack.facts.layers.every((layer) => layer.role !== 'lower' || layer.dev !== null);
      return isWhole
        ? say('foreign', 'its filesystem is that of no lower layer')
        : say('unverified', 'it may lie on the filesystem of a lower that is not known');
    }
    const { badUuid } = this.#stack.inodes;
    const usable = same.filter(({ fsid }) => !(typeof fsid === 'number' && fsid > 0 && badUuid[fsid]));
    const lower = usable[0] ?? same[0];
    const ino = inodeOfFid(lower?.type ?? '', parsed.type, parsed.fid);
    if (usable.length === 0 || !lower) {
      const why = 'the uuid of the lower filesystem is null or not unique, so the kernel decodes none';
      return say('undecodable', why, lower?.layer, ino);
    }
    if (!this.#stack.machine.privilege.handles)
      return say('unverified', 'opening a handle needs CAP_DAC_READ_SEARCH', lower.layer, ino);
    const others = usable.filter(({ fsid }, i) => usable.findIndex((one) => one.fsid === fsid) === i).slice(1);
    const request = { entry, layer: lower.layer, others: others.map(({ layer }) => layer), ino };
    if (opened) return this.#answered(request, openedAnswer(opened));
    this.#batch.push({ ...request, type: parsed.type, fid: hexOf(parsed.fid) });
    return say('unverified', NOT_ASKED, lower.layer, ino);
  }

  #send(): void {
    const batch = this.#batch;
    if (batch.length === 0) return;
    this.#batch = [];
    const asked = this.#probe
      .call('handles', {
        session: this.#session,
        requests: batch.map(({ layer, type, fid }) => ({ layer, handle: { type, fid } })),
      })
      .then(
        ({ answers }) => {
          batch.forEach((request, i) => {
            const answer = answers[i];
            if (answer) this.facts.set(request.entry, this.#answered(request, answer));
          });
        },
        (error: Error) => {
          for (const { entry } of batch) {
            const fact = this.facts.get(entry);
            if (fact) this.facts.set(entry, { ...fact, why: `could not be asked: ${error.message}` });
          }
        },
      )
      .finally(() => this.#waiting.delete(asked));
    this.#waiting.add(asked);
  }

  /** What the opened handle says; an object that is left to the index is remembered. */
  #answered({ entry, layer, others, ino }: Question, answer: HandleAnswer): OriginFact {
    if ('errno' in answer) {
      const refused = { layer, ino, nlink: null, dev: null, mode: 0 };
      const [next, ...rest] = others;
      if (answer.errno === 'ESTALE' && next !== undefined) {
        const parsed = parseHandle(this.#entries.xattr(entry, 'origin') as Uint8Array);
        if (!('problem' in parsed)) {
          this.#batch.push({ entry, layer: next, others: rest, ino, type: parsed.type, fid: hexOf(parsed.fid) });
          return { ...refused, state: 'unverified', why: NOT_ASKED };
        }
      }
      if (answer.errno === 'ESTALE')
        return { ...refused, state: 'stale', why: 'the lower inode that it names is gone' };
      const state = answer.errno === 'EOPNOTSUPP' ? 'undecodable' : 'unverified';
      return { ...refused, state, why: `opening the handle answered ${answer.errno}` };
    }
    const kind = this.#entries.kind(entry);
    const base = { layer, ino: BigInt(answer.ino), nlink: answer.nlink, dev: answer.dev, mode: answer.mode };
    const { index, nfsExport } = this.#stack.options;
    const isFile = kind !== Kind.dir;
    if (answer.mode >>> 12 !== kind) return { ...base, state: 'ignored', why: 'it names an inode of another type' };
    if (isFile && answer.nlink > 1 && !index)
      return { ...base, state: 'ignored', why: 'the lower inode has several names and index is off' };
    if (isFile && (answer.nlink > 1 || nfsExport)) {
      this.#leftToIndex.add(entry);
      return { ...base, state: 'unknown', why: 'it counts if the index has it, which is not read yet' };
    }
    return { ...base, state: 'verified', why: LIVE };
  }

  /**
   * Decides the origins that count only where the index has them (inode.c:ovl_getattr): those of lower inodes with
   * several names and, with nfs_export, all of files. To be called once everything is answered.
   */
  heedIndex(index: Index | null): void {
    for (const entry of this.#leftToIndex) {
      const fact = this.facts.get(entry);
      if (!fact) continue;
      const isIndexed = index?.entries.some(
        (one) => one.ino === this.#entries.ino(entry) && one.lower?.ino === fact.ino && one.lower?.dev === fact.dev,
      );
      const say = (state: OriginFact['state'], why: string): void => this.facts.set(entry, { ...fact, state, why });
      if (isIndexed) say('verified', `${LIVE}, and the index has it`);
      else if (!index || index.unknown) say('unknown', 'it counts if the index has it, which could not be read');
      else if ((fact.nlink ?? 0) > 1) say('ignored', 'the lower inode has several names and is not in the index');
      else say('ignored', 'nfs_export is on and the lower inode is not in the index');
    }
  }

  /** An entry is gone, or was read again: what is known of its origin counts no longer. */
  forget(entry: number): void {
    this.facts.delete(entry);
    this.#leftToIndex.delete(entry);
  }

  /** Says of entries that came or were read again what can be said at once. False: some must be asked for (`finish`). */
  judge(): boolean {
    for (const entry of this.#entries.origins) this.#add(entry);
    return this.#batch.length === 0;
  }
}
