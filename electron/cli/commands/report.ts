import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { VerifyRow } from '../../../shared/contract/verify.ts';
import type { EngineContract } from '../../../shared/ipc/engine.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import { reportText, scriptOf } from '../../../shared/report/index.ts';
import { Exit } from '../failures.ts';
import type { Session } from '../session.ts';
import type { StackInput } from '../stack.ts';
import { statusOfRead } from './read.ts';
import { mayLook } from './verify.ts';

export type ReportOptions = {
  through: boolean;
  as: 'report' | 'script';
  /** With what the kernel reports through the mount, which touches it. */
  observe: boolean;
  /** To touch it was agreed to beforehand. */
  yes: boolean;
};

/** `explain --report` and `explain --script`: plain texts to mail or to run, the same on a terminal and off it. */
export async function report(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  path: Bytes,
  { through, as, observe, yes }: ReportOptions,
): Promise<number> {
  const { output, signal } = session;
  if (observe && !(await mayLook(session, stack, yes))) return Exit.done;
  const observed = async (): Promise<VerifyRow[]> => {
    const rows: VerifyRow[] = [];
    const params = { stack, paths: [path], rows: 'all' as const, through };
    await engine.call('verify', params, { signal, onItem: (item) => 'rows' in item && rows.push(...item.rows) });
    return rows;
  };
  const { meta, detail, facts, version } = await engine.call('report', { stack, path, through }, { signal });
  if (as === 'report')
    output.write(reportText({ meta, detail, facts, version, observed: observe ? await observed() : null }));
  else {
    const made = scriptOf(meta, detail, facts);
    if ('refused' in made)
      throw new FailureError({
        code: meta.privilege === 'partial' ? 'needs-privilege' : 'unknown',
        message: made.refused.replace(/\.$/, ''),
        hint: 'read it where every layer can be read',
      });
    output.write(made.script);
  }
  return statusOfRead(session, meta, []);
}
