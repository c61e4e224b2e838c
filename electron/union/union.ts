import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import { handleText } from '../../shared/map/keys.ts';
import { Lookup } from '../../shared/merge/lookup.ts';
import { Kind } from '../../shared/merge/marks.ts';
import { ruleSwitches } from '../../shared/merge/rules.ts';
import { ABSENT, CODE_TEXT, Code } from '../../shared/merge/tree.ts';
import type { StepName } from '../../shared/scheme/steps.ts';
import { close } from '../probe/syscalls/open.ts';
import { Descriptors } from './descriptors.ts';
import { Entries, type Entry } from './entries.ts';
import { fail } from './failure.ts';
import { Filesystems } from './filesystems.ts';
import { handleOf, type Layers, openLayers, type Places } from './layers.ts';
import { LinkIndex } from './link-index.ts';
import { type Dentry, isHeld, type Node } from './node.ts';
import { originOfEntry } from './origin.ts';
import type { Mapping, MappingStore, Origin } from './stores/store.ts';

/** When temporary files are dropped: at the last close, with the dentry, or never made at all. */
export type TempfilePolicy = 'last-close' | 'dentry-release' | 'none';

/**
 * What survives a power cut. `copy-up`: a copy's data are on the disk before it has a name, so that every file is whole,
 * as it was or as it is. `never`: that too is left to the filesystem, and a copy may be found cut short. What is written
 * later is as durable as fsync(2) of the descriptor makes it, with either.
 */
export type SyncPolicy = 'copy-up' | 'never';

export type UnionOptions = Places & {
  policy: TempfilePolicy;
  sync: SyncPolicy;
  openStore: (union: Pick<Union, 'layers' | 'filesystems'>) => MappingStore;
  /** Told of each step, as it is done. */
  onStep?: (step: StepName, ino: bigint) => void;
};

/** The union as it stands in memory: its layers, what it remembers of names, and what is open. */
export class Union {
  readonly entries = new Entries();
  readonly layers: Layers;
  readonly filesystems: Filesystems;
  readonly store: MappingStore;
  readonly policy: TempfilePolicy;
  readonly sync: SyncPolicy;
  readonly links = new LinkIndex();
  readonly descriptors = new Descriptors();
  readonly nodes = new Map<bigint, Node>();
  /** Lower directories (`layer:number`) that were renamed, by the number of the directory which they are part of. */
  readonly renamed = new Map<string, bigint>();
  readonly root: Dentry;
  readonly step: (step: StepName, ino: bigint) => void;
  readonly #lookup: Lookup;
  #isClosed = false;
  /** Names for what is made ready in the work directory. */
  #counter = 0;

  constructor(options: UnionOptions) {
    this.policy = options.policy;
    this.sync = options.sync;
    this.step = options.onStep ?? (() => {});
    this.layers = openLayers(this.entries, options);
    this.filesystems = new Filesystems(this.layers);
    this.store = options.openStore(this);
    this.#lookup = new Lookup(this.entries, {
      lowerRoots: this.layers.lowers.map(({ id }) => id),
      dataRoots: [],
      followRedirect: true,
      metacopy: false,
      verifyLower: false,
      origins: null,
      dataOnlyFree: true,
      rules: ruleSwitches(),
    });
    const { upper, lowers } = this.layers;
    // The root shows the upper's own number, as the kernel has it.
    const node = this.#newNode(this.filesystems.shown(0, upper.ino), Kind.dir, upper, [...lowers], null);
    this.root = { parent: null, name: asBytes(''), node, children: new Map() };
    node.dentries.add(this.root);
  }

  /** A fresh name in the work directory. */
  readyName(): Bytes {
    return asBytes(`#${(this.#counter++).toString(16)}`);
  }

  // ── Names

  /** What a name of a directory leads to; null where there is none. Throws what the kernel answers where marks forbid it. */
  child(parent: Dentry, name: Bytes): Dentry | null {
    if (parent.node.kind !== Kind.dir) fail('ENOTDIR');
    const known = parent.children.get(name);
    if (known) return known;
    if (name.length > 255) fail('ENAMETOOLONG');
    const { upper, lowers } = parent.node;
    // A removed directory that is still open has no names any more.
    if (parent.node.isGone) return null;
    const found = this.#found(upper, lowers, name);
    if (found === null) return null;
    const dentry: Dentry = { parent, name, node: this.#nodeOf(found.upper, found.lowers), children: new Map() };
    this.attach(dentry);
    return dentry;
  }

  /** Whether the layers below a directory's upper part give a name. */
  isBelow(parent: Node, name: Bytes): boolean {
    const found = this.#found(null, parent.lowers, name);
    if (found === null) return false;
    for (const entry of found.lowers) this.entries.release(entry);
    return true;
  }

  #found(upper: Entry | null, lowers: readonly Entry[], name: Bytes): { upper: Entry | null; lowers: Entry[] } | null {
    const parent = { upper: upper?.id ?? ABSENT, lowers: lowers.map(({ id }) => id) };
    const found = this.#lookup.run(parent, ABSENT, name, -1, true, null);
    const kept = found.code === Code.ok ? [found.upper, ...found.lowers] : [];
    this.entries.keepOnly(kept);
    if (found.code === Code.ENOENT) return null;
    if (found.code !== Code.ok) fail(CODE_TEXT[found.code]);
    return {
      upper: found.upper === ABSENT ? null : this.entries.get(found.upper),
      lowers: found.lowers.map((id) => this.entries.get(id)),
    };
  }

  attach(dentry: Dentry): void {
    dentry.parent?.children.set(dentry.name, dentry);
    dentry.node.dentries.add(dentry);
  }

  /** Forgets a name; its object too, where nothing else holds it. */
  detach(dentry: Dentry): void {
    dentry.parent?.children.delete(dentry.name);
    dentry.node.dentries.delete(dentry);
    this.letGo(dentry.node);
  }

  // ── Objects

  #newNode(ino: bigint, kind: number, upper: Entry | null, lowers: Entry[], origin: Origin | null): Node {
    const node: Node = {
      ino,
      kind,
      upper,
      lowers,
      origin,
      temp: null,
      pipe: null,
      dentries: new Set(),
      opens: 0,
      maps: 0,
      isGone: false,
    };
    this.nodes.set(ino, node);
    return node;
  }

  /** The object of these entries, which it takes over; one that is known already stays as it is. */
  #nodeOf(upper: Entry | null, lowers: Entry[]): Node {
    const origin = upper ? this.#originOf(upper, lowers) : originOfEntry(this, lowers[0] as Entry);
    const ino = origin
      ? this.filesystems.shown(origin.filesystem, origin.ino)
      : this.filesystems.shown(0, (upper as Entry).ino);
    const known = this.nodes.get(ino);
    if (known) {
      const own = upper ? [upper, ...lowers] : lowers;
      if (upper && known.upper === null) {
        // A hard link whose copy-up was cut short: of its names this one has the copy (see recovery.ts).
        known.upper = upper;
        own.splice(0, 1, ...known.lowers.splice(0));
      }
      for (const entry of own) this.entries.release(entry);
      return known;
    }
    return this.#newNode(ino, (upper ?? (lowers[0] as Entry)).kind, upper, lowers, origin);
  }

  #originOf(upper: Entry, lowers: Entry[]): Origin | null {
    const mapped = this.mappedOrigin(upper);
    const [lower] = lowers;
    if (mapped || upper.kind !== Kind.dir || lower === undefined) return mapped;
    // A merged directory shows its topmost lower's number, also where its upper part was made by hand.
    const origin = originOfEntry(this, lower);
    this.store.put(this.mappingOf(origin, upper.fd, upper.ino), () => upper.fd);
    return origin;
  }

  /** The object of an upper inode that was reached without a name. */
  adoptUpper(upper: Entry): Node {
    return this.#nodeOf(upper, []);
  }

  /** The object that was just made in the upper, and has its name already. */
  made(parent: Dentry, name: Bytes): Dentry {
    const dentry = this.child(parent, name);
    if (dentry === null) throw new Error(`${name} was made, and is not there`);
    return dentry;
  }

  /** The lower inode that the map gives for an upper one; null where it was made in the upper. */
  mappedOrigin(upper: Entry): Origin | null {
    const mapping = this.store.get(upper.ino, () => upper.fd);
    if (mapping === null) return null;
    if (mapping.upperHandle !== handleText(handleOf(upper.fd))) {
      this.step('mapping-void', upper.ino);
      this.store.remove(mapping, () => upper.fd);
      return null;
    }
    this.step('number-mapped', this.filesystems.shown(mapping.lower.filesystem, mapping.lower.ino));
    return mapping.lower;
  }

  /** The mapping of an object that is about to have the inode `fd` in the upper. */
  mappingOf(origin: Origin, fd: number, upperIno: bigint): Mapping {
    return { upperIno, upperHandle: handleText(handleOf(fd)), lower: origin };
  }

  /** Lets go of an object that nothing holds any more. */
  letGo(node: Node): void {
    if (node.dentries.size > 0 || isHeld(node)) return;
    this.dropTemp(node, 'temp-dropped-at-release');
    if (node.pipe !== null) close(node.pipe);
    this.nodes.delete(node.ino);
    if (node.upper) this.entries.release(node.upper);
    for (const entry of node.lowers) this.entries.release(entry);
  }

  dropTemp(node: Node, step: StepName): void {
    if (node.temp === null) return;
    close(node.temp);
    node.temp = null;
    this.step(step, node.ino);
  }

  /** Ends the work: everything that is open is closed, temporary files with it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const real of this.descriptors.closeAll()) close(real);
    for (const { temp, pipe } of this.nodes.values()) {
      if (temp !== null) close(temp);
      if (pipe !== null) close(pipe);
    }
    this.entries.releaseAll();
    this.store.close();
    for (const root of this.layers.roots) close(root);
    close(this.layers.ready);
    close(this.layers.work);
  }

  /** Drops every name that nothing holds, as memory pressure does; gives how many. */
  evict(): number {
    let dropped = 0;
    const visit = (dentry: Dentry): void => {
      for (const child of [...dentry.children.values()]) visit(child);
      if (dentry.parent === null || dentry.children.size > 0 || isHeld(dentry.node)) return;
      this.detach(dentry);
      dropped++;
    };
    visit(this.root);
    return dropped;
  }
}
