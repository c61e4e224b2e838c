import { asBytes } from '../../../shared/bytes/bytes.ts';
import type { EntryFacts, Place, ProbeContract } from '../../../shared/ipc/probe.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import type { Now } from '../../../shared/live/raw.ts';
import type { Picture } from './picture.ts';
import type { UpperNode } from './upper-tree.ts';

/** Names are read again once no record has come for this long. */
const QUIET_MS = 30;
/** So many at once. */
const AT_ONCE = 16;

/**
 * Reads again what was in doubt: names whose record was read when something else stood there already. It waits for a
 * quiet moment, for the same may happen to it.
 */
export class Refresher {
  readonly #probe: Client<ProbeContract>;
  readonly #upper: Place;
  readonly #picture: Picture;
  readonly #onRead: () => void;
  #timer: NodeJS.Timeout | null = null;
  #hasEnded = false;
  /** Counts records: an answer that took its time may tell of what was before them. */
  #records = 0;

  constructor(probe: Client<ProbeContract>, upper: Place, picture: Picture, onRead: () => void) {
    this.#onRead = onRead;
    this.#probe = probe;
    this.#upper = upper;
    this.#picture = picture;
  }

  /** Records were taken. */
  took(): void {
    this.#records++;
    this.#schedule();
  }

  end(): void {
    this.#hasEnded = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#hasEnded) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#refresh(), QUIET_MS);
  }

  async #refresh(): Promise<void> {
    this.#timer = null;
    const nodes = this.#picture.takeDoubtful();
    for (let at = 0; at < nodes.length; at += AT_ONCE)
      await Promise.all(nodes.slice(at, at + AT_ONCE).map((node) => this.#one(node)));
  }

  async #one(node: UpperNode): Promise<void> {
    const path = this.#picture.pathOf(node);
    if (path === null) return;
    const records = this.#records;
    let facts: EntryFacts | null;
    try {
      facts = await this.#probe.call('entry', { place: this.#upper, path, target: false });
    } catch {
      facts = null;
    }
    // What was read may be of before the records that came meanwhile, or of another name.
    if (records !== this.#records || this.#picture.pathOf(node) !== path) {
      this.#picture.doubtAgain(node);
      this.#schedule();
    } else if (facts) {
      this.#picture.update(path, this.#picture.standingOf(nowOf(facts)));
      this.#onRead();
    }
    // Else it is gone, and its record will say so; or the probe is, and the watch with it.
  }
}

/** An entry as the records tell of states. */
function nowOf(facts: EntryFacts): Extract<Now, { is: 'there' }> {
  const { mode, ino, nlink, uid, gid, size, blocks, mtimeNs, rdev, handle, xattrs } = facts;
  const overlay = xattrs.filter(({ name }) => /^(trusted|user)\.overlay\./.test(name));
  return {
    is: 'there',
    mode,
    ino,
    nlink,
    uid,
    gid,
    size,
    blocks,
    mtimeNs,
    rdev,
    fid: handle === null ? null : fidOf(handle),
    overlay: overlay.map(({ name, value }) => ({
      name,
      value: value === null ? null : asBytes(Buffer.from(value, 'hex').toString('latin1')),
    })),
  };
}

/** A handle as records have it: the type in four bytes, little endian, then its bytes. */
const fidOf = ({ type, fid }: { type: number; fid: string }): string =>
  `${type.toString(16).padStart(2, '0')}000000${fid}`;
