import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { type Ending, endingOf, isSameState, type PathState } from '../../../shared/history/state.ts';
import type { NumberRow } from '../../../shared/inodes/rows.ts';
import { Code } from '../../../shared/merge/tree.ts';
import type { Describer } from '../describe.ts';
import { W, WORDS } from '../entry-columns.ts';
import type { StackScan } from '../scan.ts';
import { joinBlob, Packer, partBlob, type RawState, rawOf, unpackFacts } from './pack.ts';

/** A name that shows something else than before. `state`: the former one. */
export type Ended = { name: Bytes; state: PathState; since: number; ending: Ending; nextBornNs: bigint | null };

/** What is to be stored of a directory, null where nothing changed, and what ended. */
export type Step = { blob: Uint8Array | null; ended: Ended[] };

/** Names after which other work gets its turn: in a large directory there may be a hundred thousand. */
const OFTEN = 256;

/** What is said where nothing can be said: it stays as it was remembered. */
const UNKNOWN = 'unknown';

/** Reads the states of a directory's names from a scan, and holds them against what is remembered. */
export class DirectoryStep {
  readonly #scan: StackScan;
  readonly #describer: Describer;
  /** Of the one step that is under way. */
  readonly #packer = new Packer();

  constructor(scan: StackScan, describer: Describer) {
    this.#scan = scan;
    this.#describer = describer;
  }

  /**
   * Of the children of a directory; of the root also itself, by the empty name. `seq`: this reading. Yields now and
   * then, so that it can be done in slices.
   */
  *step(id: number, before: Uint8Array | null, seq: number): Generator<void, Step> {
    const ids = this.#ids(id);
    const packer = this.#packer;
    packer.reset();
    let hasUnknown = false;
    let names = 0;
    for (const [name, child] of ids) {
      const state = this.#stateOf(child);
      if (state === UNKNOWN) hasUnknown = true;
      if (state === UNKNOWN || state === null) continue;
      packer.name(name);
      packer.state(state);
      if (++names % OFTEN === 0) yield;
    }
    if (before === null) {
      if (names === 0) return { blob: null, ended: [] };
      return { blob: joinBlob(packer.take(), new Array(names).fill(seq)), ended: [] };
    }
    const { facts, since } = partBlob(before);
    if (!hasUnknown && packer.equals(facts)) return { blob: null, ended: [] };
    const now = packer.take();
    yield;
    const old = unpackFacts(facts);
    yield;
    return yield* this.#compare(new Map(ids), old, since(), unpackFacts(now), seq);
  }

  /** What ended with a directory that is not there any more. */
  gone(before: Uint8Array): Step {
    const { facts, since } = partBlob(before);
    const old = unpackFacts(facts);
    if (old.size === 0) return { blob: null, ended: [] };
    const sinces = since();
    const ended = [...old].map(([name, state], i) => ended_(name, state, sinces[i] ?? 1, 'removed', null));
    return { blob: joinBlob(new Uint8Array(0), []), ended };
  }

  #ids(id: number): [Bytes, number][] {
    const { objects } = this.#scan;
    const out: [Bytes, number][] = id === 0 ? [['' as Bytes, 0]] : [];
    for (const child of objects.children(id)) out.push([objects.name(child), child]);
    return out;
  }

  *#compare(
    ids: ReadonlyMap<Bytes, number>,
    old: ReadonlyMap<Bytes, PathState>,
    sinces: readonly number[],
    now: Map<Bytes, PathState>,
    seq: number,
  ): Generator<void, Step> {
    let names = 0;
    const since = new Map([...old.keys()].map((name, i) => [name, sinces[i] ?? 1]));
    const ended: Ended[] = [];
    for (const [name, state] of old) {
      if (++names % OFTEN === 0) yield;
      const id = ids.get(name);
      const after = now.get(name) ?? null;
      if (after === null && id !== undefined && this.#stateOf(id) === UNKNOWN) {
        now.set(name, state);
        continue;
      }
      if (after !== null && isSameState(state, after)) {
        // A birth that one of the two does not tell is kept.
        if (after.bornNs === null) now.set(name, state);
        continue;
      }
      const row = after === null || id === undefined ? null : this.#rowOf(id);
      ended.push(ended_(name, state, since.get(name) ?? 1, endingOf(state, after, row), after?.bornNs ?? null));
      since.set(name, seq);
    }
    const packer = this.#packer;
    packer.reset();
    yield;
    const kept: number[] = [];
    for (const [name, state] of now) {
      packer.name(name);
      packer.state(rawOf(state));
      kept.push(since.get(name) ?? seq);
    }
    return { blob: joinBlob(packer.take(), kept), ended };
  }

  #rowOf(id: number): NumberRow | null {
    return (this.#describer.inodes.shown(id)?.why as NumberRow | undefined) ?? null;
  }

  /** What is remembered of an object; null where stat answers an error. */
  #stateOf(id: number): RawState | typeof UNKNOWN | null {
    const { objects, entries } = this.#scan;
    if (!objects.isCertain(id)) return UNKNOWN;
    if (objects.codes[id] !== Code.ok || objects.isWhiteout(id)) return null;
    const shown = this.#describer.inodes.shown(id);
    const top = this.#describer.shown(id);
    const provenance = this.#describer.provenance(id);
    if (shown === null || top < 0) return null;
    const { ino, dev, stable } = shown;
    if (ino === 'unknown' || dev === 'unknown' || stable === 'unknown' || provenance === 'unknown') return UNKNOWN;
    const base = top * WORDS;
    const words = entries.facts;
    const isBorn = entries.btimeNs(top) !== null;
    return {
      ino,
      dev,
      stable,
      provenance,
      layer: entries.layer(top),
      realLow: words[base + W.ino] as number,
      realHigh: words[base + W.ino + 1] as number,
      born: isBorn ? { low: words[base + W.btime] as number, high: words[base + W.btime + 1] as number } : null,
    };
  }
}

const ended_ = (name: Bytes, state: PathState, since: number, ending: Ending, nextBornNs: bigint | null): Ended => ({
  name,
  state,
  since,
  ending,
  nextBornNs,
});
