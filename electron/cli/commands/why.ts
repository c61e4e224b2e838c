import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import { FINDINGS } from '../../../shared/findings/index.ts';
import type { EngineContract } from '../../../shared/ipc/engine.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import { eyes } from '../people.ts';
import type { Session } from '../session.ts';
import type { StackInput } from '../stack.ts';
import { paintFor, paragraph } from '../text.ts';
import { showProgress, statusOfRead } from './read.ts';

/** People read no more than so many; programs get all. */
const FOR_PEOPLE = 20;
const ALL = 2 ** 31;

/** `why STACK TEXT`: the findings of the stack that such a message can come from. */
export async function why(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  text: Bytes,
  through: boolean,
): Promise<number> {
  const { format, output, rows, progress, signal } = session;
  const isTable = format === 'table';
  const paint = paintFor(output.isTerminal);
  const columns = Math.min(output.columns, 100);
  const waiting: object[] = [];
  const paragraphs: string[] = [];
  const result = await engine.call(
    'why',
    { stack, text, through, limit: isTable ? FOR_PEOPLE : ALL },
    {
      signal,
      onItem: ({ layers, found }) => {
        if (layers) showProgress(session, layers);
        for (const { finding } of found ?? []) {
          waiting.push(finding);
          if (!isTable) continue;
          const name = finding.path === '' ? '/' : eyes(finding.path, finding.pathB64);
          const says = `${finding.cause} ${finding.cure}`;
          const head = `${paint(`${finding.severity} ${finding.code}`, 'bold')}  ${name}`;
          paragraphs.push(`${head}\n${paragraph([{ text: says, as: 'text' }], columns, paint)}\n`);
        }
      },
    },
  );
  progress.clear();
  if (isTable) {
    output.write(paragraphs.join('\n'));
    if (result.total > FOR_PEOPLE) output.write(`\nand ${(result.total - FOR_PEOPLE).toLocaleString('en')} more\n`);
  } else {
    rows.meta(result.meta);
    for (const row of waiting) rows.row(row);
    rows.end();
  }
  const shown = textForEyes(text);
  if (result.codes.length === 0)
    progress.say(
      `No finding is known by the message "${shown}". Known are parts of messages such as ${FINDINGS.slice(5, 9)
        .map(({ messages }) => `"${messages[0]}"`)
        .join(', ')}.`,
    );
  else if (result.total === 0)
    progress.say(`Such a message can come from ${result.codes.join(', ')}, and none of it is found here.`);
  return statusOfRead(session, result.meta, result.errors);
}
