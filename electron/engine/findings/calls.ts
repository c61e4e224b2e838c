import { codesOfMessage, findingOf } from '../../../shared/findings/index.ts';
import type { EngineContract, LayerProgress } from '../../../shared/ipc/engine.ts';
import type { StackRef } from '../../../shared/ipc/probe.ts';
import { FailureError, type Handlers } from '../../../shared/ipc/rpc.ts';
import type { ProbeHolder } from '../machine.ts';
import { afterReading, layerErrors } from '../output.ts';
import { RowTree } from '../rows.ts';
import type { StackScan } from '../scan.ts';
import { scanMeta } from '../stack.ts';
import type { View } from '../views.ts';
import { mustNotBeMounted, ScriptOfCures } from './cures.ts';
import { writeFindings } from './report.ts';
import { FindingRun } from './run.ts';
import { whyOf } from './why.ts';

type FindingCalls = Pick<Handlers<EngineContract>, 'findings' | 'findingRows' | 'doctor' | 'why'>;

export type FindingDeps = {
  probe: ProbeHolder;
  viewOf: (id: number) => View;
  /** Reads a stack whole, or throws. */
  read: (
    ref: StackRef,
    through: boolean,
    signal: AbortSignal,
    item: (progress: { layers: LayerProgress[] }) => void,
  ) => Promise<StackScan>;
};

/** The calls about findings. */
export function findingHandlers({ probe, viewOf, read }: FindingDeps): FindingCalls {
  /** One run a picture of a view: it goes with its rows, which are made anew when the picture changes. */
  const runs = new WeakMap<RowTree, FindingRun>();
  const runOf = ({ scan, rows }: View): FindingRun => {
    const run = runs.get(rows) ?? new FindingRun(scan, rows);
    runs.set(rows, run);
    return run;
  };

  return {
    async findings({ view: id }, { item, signal }) {
      const view = viewOf(id);
      const run = runOf(view);
      await run.finish({ signal, onProgress: (checked, total) => item({ checked, total }) });
      return { version: view.version, ...run.summary() };
    },
    async findingRows({ view: id, code, from, count }, { signal }) {
      const view = viewOf(id);
      const run = runOf(view);
      await run.finish({ signal });
      const ids = await run.ids(code, signal);
      const rows = ids.slice(from, from + count).map((one) => run.row(one, code));
      return { version: view.version, total: ids.length, from, rows };
    },
    async doctor({ stack, through, script }, { chunk, drained, item, signal }) {
      if (script && !script.evenIfMounted) await mustNotBeMounted(probe, stack, signal);
      const scan = await read(stack, through, signal, item);
      const cures = script ? new ScriptOfCures(scan.stack) : null;
      const summary = await writeFindings(scan, {
        send: chunk,
        drained,
        signal,
        onFinding: (path, { finding, severity, detail }) => cures?.add(path, finding, severity, detail),
      });
      return { summary, script: cures?.text() ?? null, errors: layerErrors(scan) };
    },
    async why({ view: id, stack, text, limit, through }, { item, signal }) {
      if ((id === null) === (stack === null))
        throw new FailureError({ code: 'invalid', message: 'why takes a view or a stack', hint: 'name one of them' });
      const codes = codesOfMessage(text);
      let rows: RowTree;
      let scan: StackScan;
      if (id !== null) ({ rows, scan } = viewOf(id));
      else {
        scan = await read(stack as StackRef, through, signal, item);
        rows = new RowTree(scan, { users: {}, groups: {} }, false);
      }
      const run = id !== null ? runOf(viewOf(id)) : new FindingRun(scan, rows);
      await run.finish({ signal });
      const total = await whyOf(run, rows, codes.map(findingOf), text, limit, signal, (found) => item({ found }));
      return { meta: afterReading(scanMeta(scan.stack), scan), codes, total, errors: layerErrors(scan) };
    },
  };
}
