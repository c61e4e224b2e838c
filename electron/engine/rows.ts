import type { Bytes } from '../../shared/bytes/bytes.ts';
import { compareBytes } from '../../shared/bytes/bytes.ts';
import type { ScanObject } from '../../shared/contract/scan.ts';
import { cellOf, statusOf } from '../../shared/explain/index.ts';
import { mappedNumber } from '../../shared/inodes/mapped.ts';
import type { CellKind, ColumnId, Row } from '../../shared/ipc/engine.ts';
import { MarkBit } from '../../shared/merge/marks.ts';
import { layerOfUnknown } from '../../shared/merge/tree.ts';
import { Describer } from './describe.ts';
import { HiddenTree } from './hidden.ts';
import type { StackScan } from './scan.ts';
import { UpperBeneath } from './upper-use.ts';

export type Order = { column: ColumnId; descending: boolean };
type FlatRow = { id: number; depth: number; position: number; siblings: number };
export type Names = { users: Record<string, string>; groups: Record<string, string> };

const TEXTS: ReadonlySet<ColumnId> = new Set(['status', 'type', 'owner', 'dev']);
/** Columns of what the mount shows, which hidden objects do not have. */
const SHOWN_BY_MOUNT: ReadonlySet<ColumnId> = new Set(['dev', 'ino', 'dino']);
/** Numbers that are none come first: there is none, it is unknown, the kernel counts. */
const numberKey = (ino: string | null | undefined): bigint =>
  ino === undefined ? -3n : ino === 'unknown' ? -2n : ino === null ? -1n : BigInt(ino);

/** The tree as it is shown: which directories are open, in which order, and the flat list of rows that follows. */
export class RowTree {
  hidden: boolean;
  order: Order = { column: 'name', descending: false };
  readonly open = new Set<number>([0]);
  /** Directories of which all is to be opened, also what is read later; and what was shut in them since. */
  readonly #deep = new Set<number>();
  readonly #shut = new Set<number>();
  readonly tree: HiddenTree;
  readonly describer: Describer;
  readonly #scan: StackScan;
  readonly #names: Names;
  #beneath: UpperBeneath | null = null;
  #children = new Map<number, number[]>();
  #rows: FlatRow[] | null = null;
  #indexOf: Map<number, number> | null = null;

  constructor(scan: StackScan, names: Names, hidden: boolean) {
    this.#scan = scan;
    this.#names = names;
    this.hidden = hidden;
    this.tree = new HiddenTree(scan);
    this.describer = new Describer(scan, this.tree);
  }

  /** What stands changed: rows and their order are made anew when next asked for. */
  invalidate(): void {
    this.#children.clear();
    this.#rows = null;
    this.#indexOf = null;
  }

  /** Only what is open changed. */
  reopened(): void {
    this.#rows = null;
    this.#indexOf = null;
  }

  get beneath(): UpperBeneath | null {
    if (this.#scan.phase === 'reading' || this.#scan.phase === 'merging') return null;
    if (this.#scan.root(0) === null) return null;
    this.#beneath ??= new UpperBeneath(this.#scan);
    return this.#beneath;
  }

  /** Children in the chosen order; what is hidden among them where it is shown. */
  children(id: number): number[] {
    const known = this.#children.get(id);
    if (known) return known;
    const { objects } = this.#scan;
    const out: number[] = [];
    if (!this.tree.has(id)) for (const child of objects.children(id)) out.push(child);
    if (this.hidden) out.push(...this.tree.children(id));
    this.#sort(out);
    if (objects.isMerged(id) || this.tree.has(id)) this.#children.set(id, out);
    return out;
  }

  #sort(ids: number[]): void {
    const names = new Map<number, Bytes>();
    for (const id of ids) names.set(id, this.tree.name(id));
    const byName = (a: number, b: number): number => compareBytes(names.get(a) as Bytes, names.get(b) as Bytes);
    const { column, descending } = this.order;
    const sign = descending ? -1 : 1;
    if (column === 'name') {
      ids.sort((a, b) => sign * byName(a, b));
      return;
    }
    const keys = new Map<number, string | number | bigint>();
    for (const id of ids) keys.set(id, this.#key(id, column));
    ids.sort((a, b) => {
      const x = keys.get(a) as string | number | bigint;
      const y = keys.get(b) as string | number | bigint;
      return sign * (x < y ? -1 : x > y ? 1 : 0) || byName(a, b);
    });
  }

  #key(id: number, column: ColumnId): string | number | bigint {
    const { entries } = this.#scan;
    const top = this.describer.shown(id);
    if (this.tree.has(id) && SHOWN_BY_MOUNT.has(column)) return column === 'dev' ? '' : -3n;
    if (top < 0) return TEXTS.has(column) ? '' : -3n;
    switch (column) {
      case 'status':
        return statusOf(this.describer.object(id));
      case 'layers':
        return entries.layer(top);
      case 'type':
        return this.describer.typeOf(id);
      case 'size': {
        const beneath = this.tree.has(id) ? null : (this.beneath?.of(id) ?? null);
        if (beneath) return BigInt(beneath.bytes);
        return this.describer.typeOf(id) === 'dir' ? -1n : entries.size(top);
      }
      case 'mode':
        return entries.mode(top);
      case 'owner':
        return this.#owner(top);
      case 'dev':
        return this.describer.inodes.shown(id)?.dev ?? '';
      case 'ino':
        return numberKey(this.describer.inodes.shown(id)?.ino);
      case 'dino':
        return numberKey(this.describer.inodes.shown(id)?.dino);
      case 'real':
        return entries.ino(top);
      case 'since':
        return entries.layer(top) === 0 ? (entries.btimeNs(top) ?? 0n) : -1n;
      case 'name':
        return this.tree.name(id);
    }
  }

  #owner(entry: number): string {
    const uid = String(this.#scan.entries.uid(entry));
    return this.#names.users[uid] ?? uid;
  }

  #flat(): FlatRow[] {
    if (this.#rows) return this.#rows;
    const rows: FlatRow[] = [];
    const todo = [{ id: 0, depth: 0, position: 1, siblings: 1 }];
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      rows.push(at);
      if (!this.open.has(at.id)) continue;
      const children = this.children(at.id);
      for (let i = children.length - 1; i >= 0; i--)
        todo.push({ id: children[i] as number, depth: at.depth + 1, position: i + 1, siblings: children.length });
    }
    this.#rows = rows;
    return rows;
  }

  get count(): number {
    return this.#scan.objects.count === 0 ? 0 : this.#flat().length;
  }

  idAt(index: number): number | null {
    return this.#flat()[index]?.id ?? null;
  }

  indexOf(id: number): number | null {
    this.#indexOf ??= new Map(this.#flat().map((row, index) => [row.id, index]));
    return this.#indexOf.get(id) ?? null;
  }

  window(from: number, count: number): Row[] {
    if (this.#scan.objects.count === 0) return [];
    return this.#flat()
      .slice(from, from + count)
      .map((row) => this.row(row.id, row.depth, row.position, row.siblings));
  }

  /** Rows of the directories around a row, outermost first. */
  ancestors(index: number): { index: number; row: Row }[] {
    const id = this.idAt(index);
    if (id === null) return [];
    const out: { index: number; row: Row }[] = [];
    for (let at = id; at !== 0; ) {
      at = this.tree.parent(at);
      const place = this.indexOf(at);
      const flat = place === null ? undefined : this.#flat()[place];
      if (place !== null && flat)
        out.push({ index: place, row: this.row(at, flat.depth, flat.position, flat.siblings) });
    }
    return out.reverse();
  }

  row(id: number, depth: number, position: number, siblings: number): Row {
    const { objects, entries, phase } = this.#scan;
    const object = this.describer.object(id);
    const isHidden = this.tree.has(id);
    const top = this.describer.shown(id);
    const isReading =
      phase === 'reading' && !isHidden && (objects.isPending(id) || (objects.isDir(id) && !objects.isMerged(id)));
    const beneath = isHidden ? null : (this.beneath?.of(id) ?? null);
    const used = object.entries.find(({ role }) => role === 'object' || role === 'merged' || role === 'whiteout');
    const holder = used ?? object.entries[0];
    const upper = object.entries.find(({ layer, role }) => layer === 0 && role !== 'data');
    const birth = upper && top >= 0 && entries.layer(top) === 0 ? entries.btimeNs(top) : null;
    const status = isReading && objects.isPending(id) ? 'reading' : statusOf(object);
    return {
      id,
      name: this.tree.name(id),
      depth,
      position,
      siblings,
      type: object.type,
      expanded: this.#canOpen(id) ? this.open.has(id) : null,
      status,
      hiddenBy: object.hiddenBy,
      marks: object.marks,
      lookup: object.lookup,
      listed: object.listed,
      cells: this.#cells(id, object, isReading),
      size: object.size,
      mode: top >= 0 && !(entries.marks(top) & MarkBit.covered) ? entries.mode(top) : null,
      owner: top >= 0 ? this.#owner(top) : 'unknown',
      shown: object.shown,
      mapped: this.#mapped(object),
      real: holder ? { layer: holder.layer, ino: holder.ino } : null,
      since: upper ? (birth === null ? 'unknown' : String(birth)) : null,
      upperBeneath: beneath ? { entries: beneath.entries, bytes: String(beneath.bytes) } : null,
      target: top >= 0 ? entries.target(top) : null,
      redirect: top >= 0 && entries.marks(top) & MarkBit.redirect ? ((entries.redirect(top) ?? '') as Bytes) : null,
      findings: isHidden
        ? []
        : this.describer.findings.of(id).map(({ finding, severity }) => ({ code: finding.code, severity })),
    };
  }

  /** How a number with a filesystem id in its top bits is put together. */
  #mapped({ shown }: ScanObject): Row['mapped'] {
    if (shown === null || shown.dev !== 'overlay' || shown.ino === null || shown.ino === 'unknown') return null;
    const mapped = mappedNumber(this.#scan.stack.inodes, BigInt(shown.ino));
    return mapped && { fsid: mapped.fsid, ino: String(mapped.ino) };
  }

  #canOpen(id: number): boolean {
    const { objects } = this.#scan;
    if (this.tree.has(id)) return this.tree.isDir(id);
    if (objects.isDir(id)) return true;
    return this.hidden && this.tree.children(id).length > 0;
  }

  #cells(id: number, object: ScanObject, isReading: boolean): [number, CellKind][] {
    const cells = new Map<number, CellKind>();
    for (const entry of object.entries) if (!cells.has(entry.layer)) cells.set(entry.layer, cellOf(entry, object));
    if (!this.tree.has(id)) {
      const { objects, layers } = this.#scan;
      const own = objects.isDir(id) ? objects.stack(id) : null;
      const around = own ?? objects.stack(objects.parents[id] as number);
      const top = objects.tops[id] as number;
      const topLayer = top >= 0 ? this.#scan.entries.layer(top) : Number.POSITIVE_INFINITY;
      for (const component of [around.upper, ...around.lowers]) {
        if (component >= -1) continue;
        const layer = layerOfUnknown(component);
        // A layer below what was found says nothing of a file.
        if (!own && layer > topLayer) continue;
        const isFailed = layers.find((one) => one.layer === layer)?.error !== null;
        if (!cells.has(layer)) cells.set(layer, isReading && !isFailed ? 'reading' : 'unknown');
      }
    }
    return [...cells].sort(([a], [b]) => a - b);
  }

  /** Opens the directories above an object, so that it has a row. */
  reveal(id: number): void {
    for (let at = id; at !== 0; ) {
      at = this.tree.parent(at);
      this.open.add(at);
    }
    this.reopened();
  }

  expand(id: number, isOpen: boolean, deep: boolean): void {
    if (!isOpen) this.#shut.add(id);
    if (deep && isOpen) this.#deep.add(id);
    const todo = [id];
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      if (isOpen) {
        this.open.add(at);
        this.#shut.delete(at);
      } else {
        this.open.delete(at);
        if (deep) this.#deep.delete(at);
      }
      if (deep) for (const child of this.children(at)) if (this.#canOpen(child)) todo.push(child);
    }
    this.reopened();
  }

  /** Opens what was read since all of a directory was to be opened; `isLast`: nothing more will be read. */
  openRest(isLast: boolean): void {
    const todo = [...this.#deep].filter((id) => !this.#shut.has(id));
    if (todo.length > 0) this.reopened();
    for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
      this.open.add(at);
      for (const child of this.children(at)) if (this.#canOpen(child) && !this.#shut.has(child)) todo.push(child);
    }
    if (!isLast) return;
    this.#deep.clear();
    this.#shut.clear();
  }
}
