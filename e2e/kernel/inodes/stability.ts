import type { ScanObject } from '../../../shared/contract/scan.ts';
import { type Pairs, UNMET, type Wrong } from './compare.ts';

/** One look at a mount and what was said before it. */
export interface Step {
  readonly phase: string;
  readonly predicted: readonly ScanObject[];
  readonly pairs: Pairs;
  /** Where an object of the step before stands now; null where it is gone, or where its layers were changed by hand. */
  readonly moved: (path: string) => string | null;
}

/**
 * Follows each object through the steps of a configuration. What is called stable must show one device and number from
 * then on; what is called unstable must be seen to change, sooner or later: itself, or one of the same row.
 */
export function checkStability(steps: readonly Step[]): { wrong: Wrong[]; unmet: Wrong[]; checked: number } {
  const wrong: Wrong[] = [];
  const unmet: Wrong[] = [];
  let checked = 0;
  const changing = new Set<string>();
  const waiting: { row: string; wrong: Wrong }[] = [];
  steps.forEach((step, i) => {
    for (const { path, shown } of step.predicted) {
      if (shown === null || shown.stable === 'unknown') continue;
      const from = step.pairs.get(path);
      if (from === undefined || from.startsWith(UNMET)) continue;
      let now: string | null = path;
      let different: { phase: string; pair: string } | null = null;
      for (const later of steps.slice(i + 1)) {
        now = later.moved(now);
        const pair = now === null ? undefined : later.pairs.get(now);
        if (now === null || pair === undefined || pair.startsWith(UNMET)) break;
        if (pair !== from) {
          different = { phase: later.phase, pair };
          break;
        }
      }
      checked++;
      if (shown.stable && different)
        wrong.push({
          path,
          field: 'stable',
          predicted: `${step.phase}: ${from}`,
          seen: `${different.phase}: ${different.pair}`,
          why: shown.why,
        });
      if (!shown.stable) {
        // A root's count begins anew with each mount; no promise of the kernel's makes it the same.
        if (path === '' && shown.ino === null) continue;
        if (different) changing.add(shown.why);
        else
          waiting.push({
            row: shown.why,
            wrong: { path, field: 'unstable', predicted: 'changes', seen: `${step.phase}: ${from}`, why: shown.why },
          });
      }
    }
  });
  for (const one of waiting) if (!changing.has(one.row)) unmet.push(one.wrong);
  return { wrong, unmet, checked };
}
