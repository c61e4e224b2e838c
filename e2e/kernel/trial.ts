import { asBytes, type Bytes, joinBytes } from '../../shared/bytes/bytes.ts';
import type { ScanObject } from '../../shared/contract/scan.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { afterChanges, type BuiltCase, buildCase, namelessContents } from './build.ts';
import { type Case, namesOf } from './case.ts';
import { type Comparison, compare } from './compare.ts';
import type { Filesystems } from './filesystems.ts';
import type { Observer } from './observer.ts';
import { type KernelView, mountOptions } from './oracle.ts';

/** Our program: all objects of a stack, hidden ones too. What comes second is for the tests of this harness alone. */
export type Scan = (stack: StackRef, peek: Peek) => Promise<readonly ScanObject[]>;

/** What our program may not see: the case, and the kernel's answers. */
export interface Peek {
  readonly built: BuiltCase;
  /** The one look that the answer will be held against: a second look would see what the first one wrote. */
  look(): Promise<KernelView>;
}

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
  const root = (layer: { id: string }) => built.roots.get(layer.id) as Bytes;
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
  readonly #target: Bytes;
  readonly #observers: Readonly<Record<Case['namespace'], Observer>>;
  #count = 0;

  constructor(directory: string, filesystems: Filesystems, observers: Record<Case['namespace'], Observer>) {
    this.#filesystems = filesystems;
    this.#target = joinBytes(asBytes(directory), asBytes('merged'));
    this.#observers = observers;
  }

  async try(c: Case, scan: Scan): Promise<Outcome> {
    let built = buildCase(c, this.#filesystems, `case${this.#count++}`);
    const observer = this.#observers[c.namespace];
    const mount = (): Promise<string | null> => observer.mount(this.#target, mountOptions(built));
    let refused = await mount();
    if (refused === null && c.upper !== null && c.before.length > 0) {
      await observer.operate(this.#target, c.before);
      await observer.unmount(this.#target);
      built = afterChanges(built);
      refused = await mount();
    }
    if (refused !== null) return { refused };
    return this.#compare(built, scan, observer);
  }

  async #compare(built: BuiltCase, scan: Scan, observer: Observer): Promise<Outcome> {
    const c = built.case;
    try {
      let view: Promise<KernelView> | null = null;
      const look = (): Promise<KernelView> => {
        view ??= observer.observe(this.#target, namesOf(c), c.lookupFirst);
        return view;
      };
      const nameless = namelessContents(built);
      const scanned = await scan(stackOf(built, this.#target, observer.pid), { built, look });
      const seen = await look();
      return { comparison: compare(built, scanned, seen, nameless), scan: scanned, view: seen, built };
    } finally {
      await observer.unmount(this.#target);
    }
  }
}
