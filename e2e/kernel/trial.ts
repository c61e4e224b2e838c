import { asBytes, joinBytes } from '../../shared/bytes/bytes.ts';
import type { ScanObject } from '../../shared/contract/scan.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { type BuiltCase, buildCase } from './build.ts';
import { type Case, namesOf } from './case.ts';
import { type Comparison, compare } from './compare.ts';
import type { Filesystems } from './filesystems.ts';
import type { Observer } from './observer.ts';
import { type KernelView, mountOptions } from './oracle.ts';

/** Our program: all objects of a stack, hidden ones too. */
export type Scan = (stack: StackRef) => Promise<readonly ScanObject[]>;

/** What came of one case. */
export type Outcome =
  | { readonly refused: string }
  | {
      readonly comparison: Comparison;
      readonly scan: readonly ScanObject[];
      readonly view: KernelView;
      readonly built: BuiltCase;
    };

/** How our program is told of a built case that is mounted at `target`. */
function stackOf(built: BuiltCase, target: string, pid: number | null): StackRef {
  const { upper, lowers, data, options, ask } = built.case;
  if (ask === 'mount') return { kind: 'mount', mount: asBytes(target), pid };
  const root = (layer: { id: string }) => built.roots.get(layer.id) as ReturnType<typeof asBytes>;
  const texts = Object.entries(options).map(([key, value]) => [key, asBytes(value === true ? '' : value)]);
  return {
    kind: 'directories',
    lowers: lowers.map(root),
    data: data.map(root),
    upper: upper ? root(upper) : null,
    work: built.work,
    options: Object.fromEntries(texts),
  };
}

/**
 * Builds, mounts, scans, asks the kernel, compares. Our program goes first, because looking through the mount makes
 * the kernel write into the upper. A case that the kernel refuses to mount ends there.
 */
export class Laboratory {
  readonly #filesystems: Filesystems;
  readonly #target: ReturnType<typeof asBytes>;
  readonly #observers: Record<Case['namespace'], Observer>;
  #count = 0;

  constructor(directory: string, filesystems: Filesystems, observers: Record<Case['namespace'], Observer>) {
    this.#filesystems = filesystems;
    this.#target = joinBytes(asBytes(directory), asBytes('merged'));
    this.#observers = observers;
  }

  async try(c: Case, scan: Scan): Promise<Outcome> {
    const built = buildCase(c, this.#filesystems, `case${this.#count++}`);
    const observer = this.#observers[c.namespace];
    const refused = await observer.mount(this.#target, mountOptions(built));
    if (refused !== null) return { refused };
    try {
      const scanned = await scan(stackOf(built, this.#target, observer.pid));
      const view = await observer.observe(this.#target, namesOf(c), c.lookupFirst);
      return { comparison: compare(built, scanned, view), scan: scanned, view, built };
    } finally {
      await observer.unmount(this.#target);
    }
  }
}
