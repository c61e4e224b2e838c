import { create } from 'zustand';
import type { FindingGroup, FindingTotals } from '../../shared/ipc/engine.ts';
import type { Failure } from '../../shared/ipc/rpc.ts';

/** What was found in the open stack, counted by code. While `reading`, what stood before stays. */
export type Findings = {
  phase: 'none' | 'reading' | 'ready' | 'failed';
  groups: readonly FindingGroup[];
  totals: FindingTotals | null;
  /** Objects looked at so far, and in all. */
  progress: { checked: number; total: number } | null;
  failure: Failure | null;
};

export const NO_FINDINGS: Findings = { phase: 'none', groups: [], totals: null, progress: null, failure: null };

export const useFindings = create<Findings>(() => NO_FINDINGS);
