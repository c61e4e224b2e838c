import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { jsonField } from '../../../shared/bytes/show.ts';
import type { DoctorRow, DoctorSummary } from '../../../shared/contract/finding.ts';
import { textOf } from '../../../shared/explain/index.ts';
import type { FindingDetail } from '../../../shared/findings/index.ts';
import type { ObjectFinding } from '../../../shared/ipc/engine.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { Describer } from '../describe.ts';
import { HiddenTree } from '../hidden.ts';
import { afterReading, sortedChildren } from '../output.ts';
import type { StackScan } from '../scan.ts';
import { scanMeta } from '../stack.ts';
import type { Met } from './findings.ts';

const FLUSH = 64 * 1024;
/** Objects looked at before others get a turn. */
const SLICE = 4096;

type Told = Met & { detail: FindingDetail };

/** A finding as the terminal contract has it. */
export const doctorRow = (path: Bytes, { finding, severity, detail }: Told): DoctorRow => ({
  code: finding.code,
  severity,
  ...(jsonField('path', path) as { path: string }),
  layer: detail.layer,
  evidence: detail.evidence,
  cause: textOf(detail.cause),
  cure: textOf(detail.cure),
  rule: finding.rule,
});

/** A finding as the inspector has it. */
export const objectFinding = ({ finding, severity, detail }: Told): ObjectFinding => ({
  code: finding.code,
  severity,
  title: finding.title,
  layer: detail.layer,
  evidence: detail.evidence,
  what: detail.what,
  cause: detail.cause,
  cure: detail.cure,
  rule: finding.rule,
});

export type DoctorOptions = {
  send: (chunk: Uint8Array) => void;
  drained: () => Promise<void>;
  signal: AbortSignal;
  /** Hears of each finding, for the script of cures. */
  onFinding?: (path: Bytes, told: Told) => void;
  onProgress?: (checked: number, total: number) => void;
};

/**
 * Every finding of a scan as NDJSON, in the order of the tree: the meta line, a line a finding, the summary last.
 */
export async function writeFindings(scan: StackScan, options: DoctorOptions): Promise<DoctorSummary['summary']> {
  const { send, drained, signal, onFinding, onProgress } = options;
  const tree = new HiddenTree(scan);
  const { findings } = new Describer(scan, tree);
  const encoder = new TextEncoder();
  const summary = { errors: 0, warnings: 0, notes: 0, checked: 0 };
  let text = `${JSON.stringify({ meta: afterReading(scanMeta(scan.stack), scan) })}\n`;
  const todo = [0];
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    summary.checked++;
    const met = findings.of(id);
    if (met.length > 0) {
      const path = tree.path(id);
      for (const told of findings.tell(id, met)) {
        summary[`${told.severity}s`]++;
        text += `${JSON.stringify(doctorRow(path, told))}\n`;
        onFinding?.(path, told);
      }
    }
    const children = sortedChildren(scan, null, id, tree);
    for (let i = children.length - 1; i >= 0; i--) todo.push(children[i] as number);
    if (text.length > FLUSH) {
      send(encoder.encode(text));
      text = '';
      await drained();
    }
    if (summary.checked % SLICE !== 0) continue;
    onProgress?.(summary.checked, scan.objects.count);
    await new Promise((resolve) => setImmediate(resolve));
    if (signal.aborted) throw new FailureError({ code: 'cancelled', message: 'cancelled' });
  }
  send(encoder.encode(`${text}${JSON.stringify({ summary })}\n`));
  return summary;
}
