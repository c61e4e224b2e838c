import { readFileSync, writeFileSync } from 'node:fs';
import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import type { DoctorRow, DoctorSummary, Severity } from '../../../shared/contract/finding.ts';
import type { ScanMeta } from '../../../shared/contract/scan.ts';
import { findingOf } from '../../../shared/findings/index.ts';
import { SCRIPT_HEAD } from '../../../shared/findings/script.ts';
import type { EngineContract } from '../../../shared/ipc/engine.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import { Exit } from '../failures.ts';
import { eyes } from '../people.ts';
import { Lines } from '../rows.ts';
import type { Session } from '../session.ts';
import type { StackInput } from '../stack.ts';
import { type Paint, paintFor, paragraph } from '../text.ts';
import { showProgress, statusOfRead } from './read.ts';

export type DoctorOptions = { through: boolean; script: Bytes | null; evenIfMounted: boolean };

/** `doctor STACK`: every finding, and a script of the cures where one is asked for. */
export async function doctor(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  { through, script, evenIfMounted }: DoctorOptions,
): Promise<number> {
  const { format, output, rows, progress, signal } = session;
  if (script !== null) mustBeOurs(script);
  const found: DoctorRow[] = [];
  const notes = new Map<string, number>();
  let meta: ScanMeta['meta'] | null = null;
  const lines = new Lines((line) => {
    const text = new TextDecoder().decode(line);
    if (meta === null) {
      meta = (JSON.parse(text) as ScanMeta).meta;
      if (format !== 'table') rows.metaLine(text);
    } else if (format !== 'table') rows.rowLine(text);
    else {
      const row = JSON.parse(text) as DoctorRow | DoctorSummary;
      if ('summary' in row) return;
      // Of notes the first of each code is shown, and how many there are.
      const count = notes.get(row.code) ?? 0;
      if (row.severity !== 'note' || count === 0) found.push(row);
      if (row.severity === 'note') notes.set(row.code, count + 1);
    }
  });
  const result = await engine.call(
    'doctor',
    { stack, through, script: script === null ? null : { evenIfMounted } },
    { signal, onChunk: (chunk) => lines.push(chunk), onItem: ({ layers }) => showProgress(session, layers) },
  );
  progress.clear();
  if (signal.aborted) throw new FailureError({ code: 'cancelled', message: 'interrupted' });
  if (meta === null) throw new FailureError({ code: 'internal', message: 'the engine gave no meta line' });
  if (format === 'table')
    output.write(inWords(found, notes, result.summary, Math.min(output.columns, 100), paintFor(output.isTerminal)));
  else rows.end();
  if (script !== null && result.script !== null) {
    write(script, result.script);
    progress.say(`The cures stand in ${textForEyes(script)}; read them before you run any.`);
  }
  if ((meta as ScanMeta['meta']).privilege === 'partial')
    progress.say(
      'Without privilege marks and origins cannot be read, and findings that rest on them are not told: run it with sudo.',
    );
  const status = statusOfRead(session, meta, result.errors);
  const { errors, warnings } = result.summary;
  return status === Exit.done && errors + warnings > 0 ? Exit.found : status;
}

const ORDER: readonly Severity[] = ['error', 'warning', 'note'];

/** Findings by code, the gravest first, as paragraphs. */
export function inWords(
  found: readonly DoctorRow[],
  notes: ReadonlyMap<string, number>,
  summary: DoctorSummary['summary'],
  columns: number,
  paint: Paint,
): string {
  const parts: string[] = [];
  const wrap = (text: string): string =>
    paragraph([{ text, as: 'text' }], columns - 4, paint).replaceAll(/^/gm, '    ');
  for (const severity of ORDER)
    for (const code of new Set(found.filter((row) => row.severity === severity).map((row) => row.code))) {
      const all = found.filter((row) => row.code === code && row.severity === severity);
      const count = severity === 'note' ? (notes.get(code) ?? 0) : all.length;
      const entries = count === 1 ? '1 entry' : `${count.toLocaleString('en')} entries`;
      const lines = [`${paint(`${severity} ${code}`, severity === 'note' ? 'bold' : 'warn')}  ${entries}`];
      lines.push(`  ${findingOf(code).title}`);
      for (const [i, row] of all.entries()) {
        const more = severity === 'note' && count > 1 ? `  and ${(count - 1).toLocaleString('en')} more` : '';
        lines.push(`  ${row.path === '' ? '/' : eyes(row.path, row.pathB64)}${more}`, wrap(row.cause));
        // The same cure is said once.
        if (all[i + 1]?.cure !== row.cure) lines.push(wrap(row.cure));
      }
      parts.push(lines.join('\n'));
    }
  const { errors, warnings, checked } = summary;
  const kinds = notes.size;
  const word = (count: number, one: string): string => `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
  parts.push(
    `${word(errors, 'error')}, ${word(warnings, 'warning')}, ${word(kinds, 'kind')} of note in ${word(checked, 'object')}`,
  );
  return `${parts.join('\n\n')}\n`;
}

const pathOf = (file: Bytes): Buffer => Buffer.from(file, 'latin1');

const isOurs = (text: string): boolean => text === '' || text.startsWith(SCRIPT_HEAD);

/** Throws where the file holds something that this program did not write. */
function mustBeOurs(file: Bytes): void {
  let text: string;
  try {
    text = readFileSync(pathOf(file), 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw unwritable(file, error as NodeJS.ErrnoException);
  }
  if (!isOurs(text))
    throw new FailureError({
      code: 'exists',
      message: 'the file is there and is no script of cures',
      path: textForEyes(file),
      hint: 'name another one',
    });
}

function write(file: Bytes, text: string): void {
  try {
    writeFileSync(pathOf(file), Buffer.from(text, 'utf8'));
  } catch (error) {
    throw unwritable(file, error as NodeJS.ErrnoException);
  }
}

const unwritable = (file: Bytes, error: NodeJS.ErrnoException): FailureError =>
  new FailureError({
    code: 'unwritable',
    message: `the script cannot be written: ${error.code ?? error.message}`,
    path: textForEyes(file),
    hint: 'name a file in a folder that you may write to',
  });
