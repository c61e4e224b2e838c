import { create } from 'zustand';
import type { FindingCode } from '../../shared/contract/scan.ts';
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
  /** The finding whose row was chosen last: of those of one object it stands first. */
  chosen: FindingCode | null;
};

export const NO_FINDINGS: Findings = {
  phase: 'none',
  groups: [],
  totals: null,
  progress: null,
  failure: null,
  chosen: null,
};

export const useFindings = create<Findings>(() => NO_FINDINGS);

/** Errors and warnings of each stack that was looked at, by its reference as JSON: what stands beside it in the sources. */
export const useFindingCounts = create<Record<string, number>>(() => ({}));
