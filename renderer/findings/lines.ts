import type { FindingCode } from '../../shared/contract/scan.ts';
import type { FindingGroup } from '../../shared/ipc/engine.ts';

/** Objects of a group that stand without being asked for: notes are many and alike. */
const FIRST_NOTES = 1;
const FIRST_OTHERS = 20;

/** One line of the view: a group's head, the n-th object of a group, or how many more there are. */
export type Line =
  | { kind: 'head'; group: FindingGroup }
  | { kind: 'object'; group: FindingGroup; at: number }
  | { kind: 'more'; group: FindingGroup; count: number };

/** The lines of the view, found by index without being made: a group may have a hundred thousand objects. */
export class Lines {
  readonly count: number;
  readonly #groups: { group: FindingGroup; from: number; objects: number; more: number }[] = [];

  constructor(groups: readonly FindingGroup[], open: ReadonlySet<FindingCode>) {
    let from = 0;
    for (const group of groups) {
      const first = group.severity === 'note' ? FIRST_NOTES : FIRST_OTHERS;
      const objects = open.has(group.code) ? group.count : Math.min(group.count, first);
      const more = group.count - objects;
      this.#groups.push({ group, from, objects, more });
      from += 1 + objects + (more > 0 ? 1 : 0);
    }
    this.count = from;
  }

  at(index: number): Line | null {
    for (const { group, from, objects, more } of this.#groups) {
      if (index === from) return { kind: 'head', group };
      const at = index - from - 1;
      if (at < 0) continue;
      if (at < objects) return { kind: 'object', group, at };
      if (at === objects && more > 0) return { kind: 'more', group, count: more };
    }
    return null;
  }
}
