import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { EngineContract } from '../../../shared/ipc/engine.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import { reportText, scriptOf } from '../../../shared/report/index.ts';
import type { Session } from '../session.ts';
import type { StackInput } from '../stack.ts';
import { statusOfRead } from './read.ts';

/** `explain --report` and `explain --script`: plain texts to mail or to run, the same on a terminal and off it. */
export async function report(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  path: Bytes,
  options: { through: boolean; as: 'report' | 'script' },
): Promise<number> {
  const { output, signal } = session;
  const { through, as } = options;
  const { meta, detail, facts, version } = await engine.call('report', { stack, path, through }, { signal });
  if (as === 'report') output.write(reportText({ meta, detail, facts, version, observed: null }));
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
