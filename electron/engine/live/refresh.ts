import type { z } from 'zod';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { EntryFacts, Place, ProbeContract } from '../../../shared/ipc/probe.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import type { Now } from '../../../shared/live/raw.ts';
import type { Picture } from './picture.ts';
import type { UpperNode } from './upper-tree.ts';

/** Names are read again once no record has come for this long. */
const QUIET_MS = 30;
/** So many at once. */
const AT_ONCE = 16;
const LISTS_AT_ONCE = 256;
/** A record of what was done before a listing has come by then. */
const SETTLE_MS = 20;
/** After a listing that failed. */
const AGAIN_MS = 500;

type Listing = z.output<ProbeContract['calls']['names']['result']>['lists'][number];

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
  #isReading = false;
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
    if (this.#isReading) {
      this.#timer = setTimeout(() => {
        this.#timer = null;
        this.#schedule();
      }, QUIET_MS);
      return;
    }
    this.#timer = setTimeout(() => void this.#refresh(), QUIET_MS);
  }

  async #refresh(): Promise<void> {
    this.#timer = null;
    this.#isReading = true;
    const nodes = this.#picture.takeDoubtful();
    for (let at = 0; at < nodes.length; at += AT_ONCE)
      await Promise.all(nodes.slice(at, at + AT_ONCE).map((node) => this.#one(node)));
    await this.#holdAgainstListings();
    this.#isReading = false;
  }

  /** Nothing is in doubt. */
  get isIdle(): boolean {
    const { upper, isDoubtful } = this.#picture;
    return !this.#isReading && this.#timer === null && upper.unlisted.size === 0 && !isDoubtful;
  }

  /**
   * Lists the directories whose names changed: records that nobody had read yet have become one, in an order that
   * nobody knows, and with them what stands where may be mistaken.
   */
  async #holdAgainstListings(): Promise<void> {
    const { upper } = this.#picture;
    const asked = [...upper.unlisted].slice(0, LISTS_AT_ONCE).map((node) => ({ node, path: upper.pathOf(node) }));
    if (asked.length === 0) return;
    for (const { node } of asked) upper.unlisted.delete(node);
    const there = asked.flatMap(({ node, path }) => (path === null ? [] : [{ node, path }]));
    const records = this.#records;
    try {
      const paths = there.map(({ path }) => path);
      const { lists } = await this.#probe.call('names', { place: this.#upper, paths });
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      // What was listed may be of after a record that is on its way: it would not be told then.
      if (records !== this.#records) for (const { node } of there) upper.unlisted.add(node);
      else for (const [i, { node, path }] of there.entries()) await this.#hold(node, path, lists[i]);
    } catch {
      // A name went meanwhile, the upper has gone, or the probe has ended, and this with it.
      for (const { node } of there) upper.unlisted.add(node);
      if (!this.#hasEnded) this.#timer ??= setTimeout(() => void this.#refresh(), AGAIN_MS);
      return;
    }
    if (upper.unlisted.size > 0 || this.#picture.isDoubtful) this.#schedule();
  }

  async #hold(node: UpperNode, path: Bytes, list: Listing | undefined): Promise<void> {
    const picture = this.#picture;
    if (picture.pathOf(node) !== path) picture.upper.unlisted.add(node);
    if (!list || !('names' in list) || picture.pathOf(node) !== path) return;
    const known = picture.upper.inodesIn(node);
    const at = (name: Bytes): Bytes => asBytes(path === '' ? name : `${path}/${name}`);
    const wrong: Bytes[] = [];
    for (const { name, ino } of list.names) {
      if (known.get(name) !== ino) wrong.push(name);
      known.delete(name);
    }
    for (const name of known.keys()) picture.remove(at(name));
    for (const name of wrong) {
      const facts = await this.#probe.call('entry', { place: this.#upper, path: at(name), target: false });
      const standing = picture.standing(at(name));
      if (standing?.ino !== facts.ino) picture.put(at(name), picture.standingOf(nowOf(facts)));
    }
    if (known.size > 0 || wrong.length > 0) this.#onRead();
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
