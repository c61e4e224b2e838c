import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { NO_DIRECTORY } from '../../../shared/ipc/records.ts';
import type { Standing } from '../../../shared/live/asker.ts';
import { UNKNOWN } from '../../../shared/live/record.ts';
import { Kind } from '../../../shared/merge/marks.ts';
import { ABSENT, type Code, type RawTree } from '../../../shared/merge/tree.ts';
import type { EntryTable } from '../entries.ts';
import { EntryNumbers } from './entry-numbers.ts';
import { guessed, isUpperStanding, type MarkReading, standingOfEntry, type UpperStanding } from './standing.ts';

/** Ids of nodes, as the lookup takes them, follow those of entries. */
const FIRST_NODE = 0x4000_0000;

/** A name of the upper that a record has touched, or that lies on the way to one. */
export type UpperNode = {
  readonly id: number;
  /** Its entry in the scan, whose children are its own but for `changed`; ABSENT for what came since. */
  entry: number;
  /** Null: as the entry says. */
  standing: UpperStanding | null;
  name: Bytes;
  parent: UpperNode | null;
  /** Children that are not as the scan has them, or were looked at; null for a name that is gone. */
  changed: Map<Bytes, UpperNode | null> | null;
};

/**
 * The upper as it is now: the entries of the scan, and over them what records have changed since. It costs memory for
 * what changed and was asked for, not for what is there. To the lookup it is a tree like the scan's own, in which the
 * upper's directories are nodes and all others entries.
 */
export class UpperTree implements RawTree {
  readonly entries: EntryTable;
  readonly root: UpperNode | null;
  /** Nodes that are not as their entries say, or may not be: changed, moved, taken out, or with other names below. */
  readonly dirty = new Set<UpperNode>();
  /** Inodes of which other names may show something else too: how many names there are. */
  readonly dirtyInodes = new Set<string>();
  /** Directories whose names changed, or that came: what they hold is held against their listing. */
  readonly unlisted = new Set<UpperNode>();
  /** Counts the changes by which paths may lead elsewhere. */
  generation = 0;
  readonly #marks: MarkReading;
  readonly #tracks: boolean;
  readonly #nodes = new Map<number, UpperNode>();
  #nextId = FIRST_NODE;
  /** Nodes of entries that have one. */
  readonly #byEntry = new Map<number, UpperNode>();
  /** What came or was read since the scan, by inode number. */
  readonly #byIno = new Map<string, Set<UpperNode>>();
  readonly #numbers: EntryNumbers;

  /** `rootEntry`: the upper's root, null where there is none or it could not be read. `tracks`: keeps what is dirty. */
  constructor(entries: EntryTable, rootEntry: number | null, marks: MarkReading, tracks = false) {
    this.#tracks = tracks;
    this.entries = entries;
    this.#marks = marks;
    this.#numbers = new EntryNumbers(entries);
    this.root = rootEntry === null ? null : this.#make(rootEntry, null, asBytes(''), null);
  }

  #make(entry: number, standing: UpperStanding | null, name: Bytes, parent: UpperNode | null): UpperNode {
    const node = { id: this.#nextId++, entry, standing, name, parent, changed: null };
    this.#nodes.set(node.id, node);
    if (entry !== ABSENT) this.#byEntry.set(entry, node);
    if (standing) this.#number(node, standing);
    return node;
  }

  #number(node: UpperNode, { ino }: UpperStanding): void {
    if (ino === null) return;
    const there = this.#byIno.get(ino);
    if (there) there.add(node);
    else this.#byIno.set(ino, new Set([node]));
  }

  #unnumber(node: UpperNode): void {
    const ino = node.standing?.ino ?? null;
    const there = ino === null ? undefined : this.#byIno.get(ino);
    there?.delete(node);
    if (ino !== null && there?.size === 0) this.#byIno.delete(ino);
  }

  standingOf(node: UpperNode): UpperStanding {
    if (node.standing === null) {
      node.standing = standingOfEntry(this.entries, node.entry, this.#marks);
      this.#number(node, node.standing);
    }
    return node.standing;
  }

  child(node: UpperNode, name: Bytes): UpperNode | null {
    const known = node.changed?.get(name);
    if (known !== undefined) return known;
    if (node.entry === ABSENT) return null;
    const entry = this.entries.kind(node.entry) === Kind.dir ? this.entries.findName(node.entry, name) : ABSENT;
    if (entry < 0) return null;
    const child = this.#make(entry, null, name, node);
    this.#set(node, name, child);
    return child;
  }

  #set(node: UpperNode, name: Bytes, child: UpperNode | null): void {
    node.changed ??= new Map();
    node.changed.set(name, child);
  }

  /** The node of a path; null where nothing stands there. */
  at(path: Bytes): UpperNode | null {
    let node = this.root;
    if (path === '') return node;
    for (const name of path.split('/')) {
      if (node === null) return null;
      node = this.child(node, asBytes(name));
    }
    return node;
  }

  /** The directory that a path lies in. Where records of it were lost it is made, for what it holds is there. */
  #parentOf(path: Bytes): { parent: UpperNode; name: Bytes } | null {
    const names = path.split('/') as Bytes[];
    const name = names.pop() as Bytes;
    let node = this.root;
    if (node === null || name === '') return null;
    for (const part of names) {
      let child = this.child(node, part);
      if (child === null) {
        child = this.#make(ABSENT, guessed({ ...UNKNOWN, is: 'directory' }), part, node);
        this.#set(node, part, child);
        this.#mark(child);
      }
      node = child;
    }
    return { parent: node, name };
  }

  /** Puts something new at a path; what stood there is gone. */
  put(path: Bytes, standing: Standing): void {
    const place = this.#parentOf(path);
    if (place === null) return;
    this.take(path);
    const whole = isUpperStanding(standing) ? standing : guessed(standing);
    this.attach(this.#make(ABSENT, whole, place.name, null), path);
  }

  update(path: Bytes, standing: Standing): void {
    const node = this.at(path);
    if (node === null) return;
    const before = this.standingOf(node);
    const whole = isUpperStanding(standing) ? standing : guessed(standing);
    if (before.bits !== whole.bits || before.redirect !== whole.redirect) this.generation++;
    this.#unnumber(node);
    node.standing = whole;
    this.#number(node, whole);
    this.#mark(node);
  }

  /** A record was about this name; `isName`: about its being there. */
  touch(path: Bytes, isName: boolean): void {
    const node = this.at(path);
    if (node) this.#mark(node);
    if (!isName || path === '') return;
    const parent = this.at(asBytes(path.slice(0, Math.max(0, path.lastIndexOf('/')))));
    if (parent) this.#mark(parent);
  }

  /** An inode may have another number of names, or show something else at each of them. */
  touchInode(ino: string): void {
    if (this.#tracks) this.dirtyInodes.add(ino);
  }

  #mark(node: UpperNode): void {
    if (this.#tracks) this.dirty.add(node);
  }

  #changedNames(node: UpperNode, parent: UpperNode): void {
    this.#mark(node);
    this.#mark(parent);
    const { is, ino } = this.standingOf(node);
    if (this.#tracks) {
      this.unlisted.add(parent);
      if (is === 'directory') this.unlisted.add(node);
    }
    if (is !== 'directory' && ino !== null) this.touchInode(ino);
  }

  /** The node stands for this entry from now on, or, where it is ABSENT, for none. */
  setEntry(node: UpperNode, entry: number): void {
    if (node.entry !== ABSENT) this.#byEntry.delete(node.entry);
    node.entry = entry;
    if (entry !== ABSENT) this.#byEntry.set(entry, node);
  }

  /** An entry is gone, and its node with it. */
  entryIsGone(entry: number): void {
    this.#byEntry.delete(entry);
  }

  /** Takes what stands at a path out of the tree, with all below it. */
  take(path: Bytes): UpperNode | null {
    const node = this.at(path);
    if (node === null || node.parent === null) return null;
    this.#changedNames(node, node.parent);
    this.#set(node.parent, node.name, null);
    node.parent = null;
    this.generation++;
    return node;
  }

  /** A node that was taken out does not come back: neither does what is below it. */
  forget(node: UpperNode | null): void {
    const all = node === null ? [] : [node];
    for (let at = all.pop(); at !== undefined; at = all.pop()) {
      this.#nodes.delete(at.id);
      this.#unnumber(at);
      for (const child of at.changed?.values() ?? []) if (child) all.push(child);
      // Its entry in the scan is known to be gone by the node alone.
      at.changed = null;
    }
  }

  /** Puts a node that was taken out at a path where nothing stands. */
  attach(node: UpperNode, path: Bytes): void {
    const place = this.#parentOf(path);
    if (place === null) return;
    node.parent = place.parent;
    node.name = place.name;
    this.#set(place.parent, place.name, node);
    this.#changedNames(node, place.parent);
    this.generation++;
  }

  /** The names in a directory, and the inode that each is taken for. */
  inodesIn(node: UpperNode): Map<Bytes, string | null> {
    const out = new Map<Bytes, string | null>();
    const { entries } = this;
    if (node.entry !== ABSENT && entries.kind(node.entry) === Kind.dir) {
      const directory = entries.directory(node.entry);
      if (directory !== NO_DIRECTORY)
        for (const entry of entries.entriesOf(directory)) out.set(entries.name(entry), `${entries.ino(entry)}`);
    }
    for (const [name, child] of node.changed ?? [])
      if (child === null) out.delete(name);
      else out.set(name, child.standing ? child.standing.ino : `${entries.ino(child.entry)}`);
    return out;
  }

  /** Path of a node; null where it is not in the tree any more. */
  pathOf(node: UpperNode): Bytes | null {
    const names: string[] = [];
    let at = node;
    for (; at.parent !== null; at = at.parent) names.push(at.name);
    return at === this.root ? asBytes(names.reverse().join('/')) : null;
  }

  /** Every path in the upper that leads to this inode. */
  namesOf(ino: string): Bytes[] {
    const out: Bytes[] = [];
    for (const node of this.#byIno.get(ino) ?? []) {
      const path = this.pathOf(node);
      if (path !== null && !out.includes(path)) out.push(path);
    }
    for (const entry of this.#numbers.of(ino)) {
      // Of a node that was read it is known whose it is.
      if (this.#byEntry.get(entry)?.standing) continue;
      const path = this.#pathOfEntry(entry);
      if (path !== null && !out.includes(path)) out.push(path);
    }
    return out.sort();
  }

  /** Path of an entry of the scan as it stands now; null where it is gone. */
  #pathOfEntry(entry: number): Bytes | null {
    const names: Bytes[] = [];
    const { entries } = this;
    for (let at = entry; ; at = entries.directoryEntry[entries.parents[at] as number] as number) {
      const node = this.#byEntry.get(at);
      if (node) {
        const path = this.pathOf(node);
        return path === null ? null : asBytes([path, ...names].filter((part) => part !== '').join('/'));
      }
      if ((entries.parents[at] as number) === 0xffffffff) return null;
      names.unshift(entries.name(at));
    }
  }

  // The lookup's view: RawTree.

  #node(id: number): UpperNode {
    return this.#nodes.get(id) as UpperNode;
  }
  /** The node's entry in the scan, where it still is what the scan saw; else ABSENT. */
  entryOf(id: number): number {
    return id >= FIRST_NODE ? this.#node(id).entry : id;
  }
  kind(id: number): number {
    if (id < FIRST_NODE) return this.entries.kind(id);
    const standing = this.standingOf(this.#node(id));
    if (standing.mode !== 0) return standing.mode >>> 12;
    return standing.is === 'directory' ? Kind.dir : standing.is === 'whiteout' ? Kind.char : Kind.file;
  }
  marks(id: number): number {
    return id < FIRST_NODE ? this.entries.marks(id) : this.standingOf(this.#node(id)).bits;
  }
  layer(id: number): number {
    return id < FIRST_NODE ? this.entries.layer(id) : 0;
  }
  redirect(id: number): string | null {
    return id < FIRST_NODE ? this.entries.redirect(id) : this.standingOf(this.#node(id)).redirect;
  }
  /** The kernel takes no overlay for an upper: only entries of lowers have the mark. */
  refusal(id: number): Code {
    return this.entries.refusal(id);
  }
  findLike(directory: number, like: number): number {
    if (directory < FIRST_NODE && like < FIRST_NODE) return this.entries.findLike(directory, like);
    return this.findName(directory, like < FIRST_NODE ? this.entries.name(like) : this.#node(like).name);
  }
  findName(directory: number, name: string): number {
    if (directory < FIRST_NODE) return this.entries.findName(directory, name);
    return this.child(this.#node(directory), asBytes(name))?.id ?? ABSENT;
  }
}
