import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { jsonField, textForEyes } from '../../../shared/bytes/show.ts';
import type { Explained } from '../../../shared/contract/explain.ts';
import { textOf } from '../../../shared/explain/index.ts';
import type { EngineContract, ObjectDetail } from '../../../shared/ipc/engine.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import { eyes, sizeText, statusText } from '../people.ts';
import type { Session } from '../session.ts';
import type { StackInput } from '../stack.ts';
import { type Paint, paintFor, paragraph } from '../text.ts';
import { statusOfRead } from './read.ts';

/** `explain STACK PATH`: the object in words, or, in a JSON format, with all that the words rest on. */
export async function explain(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  path: Bytes,
  through: boolean,
): Promise<number> {
  const { format, rows, output, signal } = session;
  const { meta, detail } = await engine.call('explain', { stack, path, through }, { signal });
  if (format === 'table') output.write(inWords(detail, Math.min(output.columns, 100), paintFor(output.isTerminal)));
  else {
    rows.meta(meta);
    rows.row(explainedOf(detail));
    rows.end();
  }
  return statusOfRead(session, meta, []);
}

/** The contract's object of `explain`. */
export function explainedOf(detail: ObjectDetail): Explained {
  return {
    ...detail.object,
    explanation: detail.explanation.map(textOf),
    wouldChange: detail.wouldChange.map(textOf),
    steps: detail.steps.map(({ path, ...step }) => ({ ...step, path: '', ...jsonField('path', path) })),
    xattrs: detail.xattrs.map(({ value, name, ...rest }) => ({
      ...rest,
      name: '',
      ...jsonField('name', asBytes(name)),
      value: value ?? 'unknown',
    })),
    index: detail.index,
    history: detail.history,
    commands: detail.commands.map(({ fact, value, command }) => ({
      fact,
      value,
      command,
    })),
  };
}

function inWords(detail: ObjectDetail, columns: number, paint: Paint): string {
  const { object } = detail;
  const name = object.path === '' ? '/' : eyes(object.path, object.pathB64);
  const facts = [statusText(object), object.type, object.type === 'dir' ? '' : sizeText(object.size), object.mode];
  const parts = [
    `${paint(name, 'bold')}\n${facts.filter((fact) => fact !== '').join(' · ')}`,
    detail.explanation.map((one) => paragraph(one, columns, paint)).join('\n'),
  ];
  if (detail.wouldChange.length > 0) {
    parts.push(
      section(
        'What would change it',
        detail.wouldChange.map((one) => paragraph(one, columns, paint)),
        paint,
      ),
    );
  }
  if (detail.findings.length > 0) {
    const lines = detail.findings.flatMap(({ code, severity, cause, cure }) => [
      `${paint(`${severity} ${code}`, severity === 'note' ? 'dim' : 'warn')}`,
      paragraph(cause, columns, paint),
      paragraph(cure, columns, paint),
    ]);
    parts.push(section('Findings', lines, paint));
  }
  if (object.entries.length > 0) {
    const lines = object.entries.map(({ layer, path, pathB64, type, ino, dev, role, hiddenBy }) => {
      const fate =
        hiddenBy === null ? role : role === 'hidden' ? `hidden by ${hiddenBy}` : `${role}, hidden by ${hiddenBy}`;
      return `${layer === 0 ? 'U' : layer}  ${type} ${ino} on ${dev}  ${fate}  ${path === '' ? '/' : eyes(path, pathB64)}`;
    });
    parts.push(section('Where it stands', lines, paint));
  }
  if (detail.steps.length > 0) {
    const lines = detail.steps.map(
      ({ layer, found, rule, says }) => `${layer === 0 ? 'U' : layer}  ${found}: ${says} (${rule})`,
    );
    parts.push(section('The lookup', lines, paint));
  }
  if (detail.xattrs.length > 0) parts.push(section('Attributes', detail.xattrs.flatMap(xattrLines), paint));
  if (detail.commands.length > 0) {
    const width = Math.min(60, Math.max(...detail.commands.map(({ command }) => command.length)));
    const lines = detail.commands.map(
      ({ fact, value, command }) => `${command.padEnd(width)}  ${paint(`# ${fact}: ${value}`, 'dim')}`,
    );
    parts.push(section('By hand', lines, paint));
  }
  const before = detail.history.filter(({ untilNs }) => untilNs !== null);
  if (before.length > 0) parts.push(section('Seen before', before.map(rememberedLine), paint));
  if (detail.madeBy !== null)
    parts.push(section('Made by', [detail.madeBy.about, `  ${detail.madeBy.command}`], paint));
  return `${parts.join('\n\n')}\n`;
}

const section = (title: string, lines: string[], paint: Paint): string =>
  `${paint(title, 'bold')}\n${lines.join('\n')}`;

function xattrLines({ layer, name, value, counts, fields, problem }: ObjectDetail['xattrs'][number]): string[] {
  const note = [counts ? '' : 'does not count', problem ?? ''].filter((part) => part !== '').join('; ');
  const head = `${layer === 0 ? 'U' : layer}  ${textForEyes(asBytes(name))}${note === '' ? '' : ` (${note})`}`;
  if (value === null) return [`${head}: unknown`];
  return [
    `${head}: ${value === '' ? 'empty' : value}`,
    ...fields.map(
      ({ label, text, from, to }) => `     ${from === to ? '' : `bytes ${from}–${to - 1}  `}${label}: ${text}`,
    ),
  ];
}

/** A former state in one line; times in UTC. */
function rememberedLine({ ino, untilNs, dev, real, provenance, why }: ObjectDetail['history'][number]): string {
  const until = untilNs === null ? '' : new Date(Number(BigInt(untilNs) / 1_000_000n)).toISOString().slice(0, 19);
  const number = ino === null ? 'a number that the kernel counts' : ino;
  const layer = real.layer === 0 ? 'U' : String(real.layer);
  return `${number} on ${dev} until ${until.replace('T', ' ')} UTC, ${provenance} (${layer} ${real.ino}). ${why}`;
}
