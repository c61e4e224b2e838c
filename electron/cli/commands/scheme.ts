import { createInterface } from 'node:readline';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { type Answer, Operation } from '../../../shared/scheme/operation.ts';
import type { StartOptions } from '../../union/start.ts';
import { Exit, errorLine } from '../failures.ts';
import type { Session } from '../session.ts';

/** `scheme exec`: an operation a line on standard input, an answer a line on standard output, in order. */
export async function schemeExec(session: Session, options: StartOptions): Promise<number> {
  const [{ startUnion }, { execute }] = await Promise.all([
    import('../../union/start.ts'),
    import('../../union/execute.ts'),
  ]);
  const union = startUnion(options);
  session.defer(() => union.close());
  const { output, signal } = session;
  const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY, signal });
  for await (const line of lines) {
    if (signal.aborted) break;
    if (line.trim() === '') continue;
    const answer = answerTo(line, (operation) => execute(union, operation));
    if (answer === 'crash') {
      await output.flushed();
      process.kill(process.pid, 'SIGKILL');
      return Exit.fault;
    }
    output.write(`${JSON.stringify(answer)}\n`);
    await output.drained();
  }
  return Exit.done;
}

/** What is answered to a line; `crash` where that is asked for. A line that is no operation is told what is wrong with it. */
function answerTo(
  line: string,
  perform: (operation: Exclude<Operation, { op: 'crash' }>) => Answer,
): Answer | ReturnType<typeof errorLine> | 'crash' {
  try {
    const operation = parse(line);
    return operation.op === 'crash' ? 'crash' : perform(operation);
  } catch (error) {
    if (error instanceof FailureError) return errorLine(error.failure);
    throw error;
  }
}

function parse(line: string): Operation {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new FailureError({
      code: 'usage',
      message: `the line is no JSON: ${(error as Error).message}`,
      hint: 'write one JSON object a line',
    });
  }
  const parsed = Operation.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new FailureError({
    code: 'usage',
    message: `the line is no operation: ${where === '' ? '' : `${where}: `}${issue?.message ?? ''}`,
    hint: 'see the operations of scheme exec in the manual',
  });
}
