import { create } from 'zustand';
import { type Bytes, bytesOfBase64, bytesOfText } from '../../shared/bytes/bytes.ts';
import type { ScanMeta } from '../../shared/contract/scan.ts';
import type { VerifyCounts, VerifyRow } from '../../shared/contract/verify.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import type { Failure } from '../../shared/ipc/rpc.ts';
import type { VerifyProgress } from '../../shared/ipc/verify.ts';

/** What is looked at: everything, a directory with all beneath it, or these paths. */
export type VerifyScope = { kind: 'all' } | { kind: 'beneath'; path: Bytes } | { kind: 'paths'; paths: Bytes[] };

/** The last verification of this page: how far it is, and what differs. */
export type Verifying = {
  phase: 'none' | 'running' | 'done' | 'cancelled' | 'failed';
  scope: VerifyScope | null;
  /** The stack that was looked at. */
  ref: StackRef | null;
  progress: VerifyProgress | null;
  meta: ScanMeta['meta'] | null;
  /** Answers that differ, as they are known; so many at most. */
  wrong: readonly VerifyRow[];
  /** Such answers beyond those that are kept. */
  further: number;
  counts: VerifyCounts | null;
  failure: Failure | null;
  /** When it ended, ms since the epoch. */
  at: number | null;
  /** Every answer of the paths that were chosen one by one, for reports of them. */
  answers: ReadonlyMap<Bytes, readonly VerifyRow[]>;
};

export const NOT_VERIFIED: Verifying = {
  phase: 'none',
  scope: null,
  ref: null,
  progress: null,
  meta: null,
  wrong: [],
  further: 0,
  counts: null,
  failure: null,
  at: null,
  answers: new Map(),
};

export const useVerify = create<Verifying>(() => NOT_VERIFIED);

/** The path of a row as bytes. */
export const pathOfRow = ({ path, pathB64 }: Pick<VerifyRow, 'path' | 'pathB64'>): Bytes =>
  pathB64 === undefined ? bytesOfText(path) : bytesOfBase64(pathB64);
