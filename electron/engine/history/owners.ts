import type Database from 'better-sqlite3';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { FormerOwner } from '../../../shared/findings/index.ts';
import type { LayerFacts } from '../../../shared/ipc/probe.ts';
import { unpackState } from './pack.ts';

/** As many former states are looked through, the newest first. */
const MOST = 100_000;

type Owner = { path: Bytes; bornNs: bigint };

/** Who had the numbers of a stack's inodes before, by layer and number: states that ended, of inodes whose birth is known. */
export class Owners {
  static readonly none = new Owners(new Map());
  readonly #byInode: ReadonlyMap<string, readonly Owner[]>;

  /** Low 32 bits of the numbers that had an owner. */
  readonly #lows = new Set<number>();

  constructor(byInode: ReadonlyMap<string, readonly Owner[]>) {
    this.#byInode = byInode;
    for (const key of byInode.keys()) this.#lows.add(Number(BigInt(key.slice(key.indexOf(' ') + 1)) & 0xffffffffn));
  }

  get isEmpty(): boolean {
    return this.#byInode.size === 0;
  }

  /** Whether a number with these low bits may have had an owner. */
  mayHave(inoLow: number): boolean {
    return this.#lows.has(inoLow);
  }

  static read(db: Database.Database, identity: string): Owners {
    const rows = db
      .prepare(
        `SELECT d.path, f.name, f.state FROM former f JOIN directory d ON d.id = f.directory JOIN stack s ON s.id = d.stack
         WHERE s.identity = ? ORDER BY f.id DESC LIMIT ${MOST}`,
      )
      .raw();
    const byInode = new Map<string, Owner[]>();
    for (const [directory, name, blob] of rows.iterate(identity) as IterableIterator<[Buffer, Buffer, Buffer]>) {
      const { layer, real, bornNs } = unpackState(blob);
      if (bornNs === null) continue;
      const below = directory.length === 0 ? '' : `${directory.toString('latin1')}/`;
      const owner = { path: asBytes(`${below}${name.toString('latin1')}`), bornNs };
      const key = `${layer} ${real}`;
      const owners = byInode.get(key);
      if (owners) owners.push(owner);
      else byInode.set(key, [owner]);
    }
    return new Owners(byInode);
  }

  /** Former owners of an inode's number: other inodes, which were born at another time. */
  of(layers: readonly LayerFacts[], inode: { dev: string; ino: bigint; bornNs: bigint | null }): FormerOwner[] {
    if (this.#byInode.size === 0 || inode.bornNs === null) return [];
    const out = new Map<string, FormerOwner>();
    for (const { layer, stDev } of layers) {
      if (stDev !== inode.dev) continue;
      for (const { path, bornNs } of this.#byInode.get(`${layer} ${inode.ino}`) ?? [])
        if (bornNs !== inode.bornNs) out.set(path, { path, ino: inode.ino, handle: null, from: 'history' });
    }
    return [...out.values()];
  }
}
