import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { DoctorRow } from '../../../shared/contract/finding.ts';
import type { Finding } from '../../../shared/findings/index.ts';
import { pathsIn } from '../../../shared/findings/messages.ts';
import { findPath } from '../output.ts';
import type { RowTree } from '../rows.ts';
import { doctorRow } from './report.ts';
import type { FindingRun } from './run.ts';

export type Reason = { id: number; path: Bytes; what: string; finding: DoctorRow };

/** Reasons told at once. */
const BATCH = 200;

/**
 * Tells the findings of these kinds, of objects that the text names first, then by kind; at most `limit`. Returns how
 * many there are.
 */
export async function whyOf(
  run: FindingRun,
  rows: RowTree,
  kinds: readonly Finding[],
  text: Bytes,
  limit: number,
  signal: AbortSignal,
  tell: (found: Reason[]) => void,
): Promise<number> {
  const mount = run.scan.stack.facts.mount;
  const named = new Set<number>();
  for (const path of pathsIn(text, mount)) {
    const id = findPath(run.scan, rows.tree, path, false);
    if (id !== null && id !== 0) named.add(id);
  }
  let total = 0;
  let told = 0;
  let batch: Reason[] = [];
  const put = (id: number, finding: Finding): void => {
    if (told >= limit) return;
    told++;
    const [one] = rows.describer.findings.tell(id, run.met(id, finding.code));
    if (one === undefined) return;
    const path = rows.tree.path(id);
    batch.push({ id, path, what: one.detail.what, finding: doctorRow(path, one) });
    if (batch.length < BATCH) return;
    tell(batch);
    batch = [];
  };
  for (const finding of kinds) for (const id of named) if (run.met(id, finding.code).length > 0) put(id, finding);
  for (const finding of kinds) {
    const ids = await run.ids(finding.code, signal);
    total += ids.length;
    for (const id of ids) {
      if (told >= limit) break;
      if (!named.has(id)) put(id, finding);
    }
  }
  if (batch.length > 0) tell(batch);
  return total;
}
