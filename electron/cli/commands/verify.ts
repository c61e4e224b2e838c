import { createInterface } from 'node:readline';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import type { ScanMeta } from '../../../shared/contract/scan.ts';
import type { VerifyCounts, VerifyRow } from '../../../shared/contract/verify.ts';
import type { EngineContract } from '../../../shared/ipc/engine.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import type { VerifyProgress } from '../../../shared/ipc/verify.ts';
import { sideEffects } from '../../../shared/verify/words.ts';
import { Exit, usage } from '../failures.ts';
import { eyes } from '../people.ts';
import type { Session } from '../session.ts';
import type { StackInput } from '../stack.ts';
import { type Paint, paintFor } from '../text.ts';
import { showProgress, statusOfRead } from './read.ts';

export type VerifyOptions = { paths: Bytes[] | null; all: boolean; yes: boolean; through: boolean };

/** `verify STACK [PATH …]`: the prediction held against what the kernel reports through the mount. */
export async function verify(
  session: Session,
  startEngine: () => Promise<Client<EngineContract>>,
  stack: StackInput,
  { paths, all, yes, through }: VerifyOptions,
): Promise<number> {
  const { output, progress, signal } = session;
  if (!(await mayLook(session, stack, yes))) return Exit.done;
  const engine = await startEngine();
  const report = new Report(session);
  try {
    const done = await engine.call(
      'verify',
      { stack, paths, rows: all ? 'all' : 'wrong', through },
      {
        signal,
        onItem: (item) => {
          if ('progress' in item) return tellProgress(session, item.progress);
          progress.clear();
          if ('meta' in item) report.begin(item.meta);
          else report.rows(item.rows);
        },
      },
    );
    progress.clear();
    await output.drained();
    const { meta, errors, faulty, checked, wrong, unpredictable, paths: looked, settled } = done;
    report.end({ checked, wrong, unpredictable, paths: looked, settled });
    const status = statusOfRead(session, meta, errors);
    return status === Exit.done && faulty ? Exit.found : status;
  } catch (error) {
    progress.clear();
    report.abandon();
    throw error;
  }
}

/**
 * Says what looking through the mount can change, and asks unless the answer was given beforehand. False, and said so,
 * where the answer is no. Throws where nobody can be asked.
 */
export async function mayLook(session: Session, stack: StackInput, yes: boolean): Promise<boolean> {
  const { progress } = session;
  // Which layers there are is not known yet: what holds for a mount with an upper is said.
  const mount = stack.kind === 'mount' ? textForEyes(asBytes(stack.mount)) : null;
  for (const one of sideEffects({ mount, layers: [{ role: 'upper' }] })) progress.say(`stratoscope: ${one}`);
  if (yes || (await isAgreed(session))) return true;
  progress.say('stratoscope: nothing was looked at.');
  return false;
}

/** Asks whether to go on. Throws where nobody can be asked. */
async function isAgreed({ signal }: Session): Promise<boolean> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true)
    throw usage('it touches the mount, and there is no terminal to ask at', 'add --yes if that is what you want');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new FailureError({ code: 'cancelled', message: 'interrupted' })));
      lines.once('close', () => resolve(''));
      // The question of readline takes Ctrl-C for itself.
      lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
      lines.question('Go on? [y/N] ', resolve);
    });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

function tellProgress(session: Session, told: VerifyProgress): void {
  if (told.phase === 'reading') {
    showProgress(session, told.layers);
    return;
  }
  const { done, total } = told;
  const what = told.phase === 'looking' ? 'looked at' : 'judged';
  session.progress.show(`${what} ${done.toLocaleString('en')} of ${total.toLocaleString('en')}`);
}

/** What is printed: for people what differs and the counts, for programs one object, written as its rows come. */
class Report {
  readonly #session: Session;
  readonly #paint: Paint;
  #count = 0;
  #isOpen = false;

  constructor(session: Session) {
    this.#session = session;
    this.#paint = paintFor(session.output.isTerminal);
  }

  begin(meta: ScanMeta['meta']): void {
    const { format, rows } = this.#session;
    if (format === 'table') return;
    rows.meta(meta);
    rows.rowBegin('{"rows":[');
    this.#isOpen = true;
  }

  rows(rows: readonly VerifyRow[]): void {
    const { format, output, rows: json } = this.#session;
    for (const row of rows) {
      const isFirst = this.#count++ === 0;
      if (format === 'table') output.write(this.#inWords(row));
      else json.rowPiece(`${isFirst ? '' : ','}${JSON.stringify(row)}`);
    }
  }

  end(counts: VerifyCounts): void {
    const { format, output, rows } = this.#session;
    if (format === 'table') {
      output.write(countsText(counts));
      return;
    }
    rows.rowEnd(`],${JSON.stringify(counts).slice(1)}`);
    this.#isOpen = false;
    rows.end();
  }

  /** It ends early: what was written is whole JSON all the same. */
  abandon(): void {
    if (this.#isOpen) this.#session.rows.rowEnd(']}');
  }

  #inWords({ path, pathB64, field, predicted, observed, verdict, cause, cure, evidence, findings }: VerifyRow): string {
    const name = this.#paint(path === '' ? '/' : eyes(path, pathB64), 'bold');
    const line = `${name}  ${field}: predicted ${textOf(predicted)}, the kernel says ${textOf(observed)}`;
    const found = findings.length === 0 ? '' : `  ${this.#paint(findings.join(' '), 'warn')}`;
    if (verdict !== 'wrong') return `${line}  ${this.#paint(verdict, 'dim')}${found}\n`;
    const how = typeof evidence?.how === 'string' ? ` (${evidence.how})` : '';
    return `${line}\n  ${this.#paint(cause ?? '', 'warn')}${how}. ${cure ?? ''}${found}\n`;
  }
}

const textOf = (value: string | number | null): string => (value === null ? 'none' : String(value));

function countsText({ checked, wrong, unpredictable, paths, settled }: VerifyCounts): string {
  const many = (count: number): string => count.toLocaleString('en');
  const parts = [
    `${many(paths)} ${paths === 1 ? 'path' : 'paths'} looked at: ${many(checked)} answers checked`,
    `${many(wrong)} wrong`,
    `${many(unpredictable)} not to be foretold`,
  ];
  if (settled > 0) parts.push(`${many(settled)} changed meanwhile and agree now`);
  return `${parts.join(', ')}.\n`;
}
