import { asBytes } from '../bytes/bytes.ts';
import { textForEyes } from '../bytes/show.ts';
import type { ScanMeta } from '../contract/scan.ts';
import type { VerifyRow } from '../contract/verify.ts';
import { statusOf, textOf } from '../explain/index.ts';
import { shownPath } from '../explain/words.ts';
import { mappedNumber } from '../inodes/mapped.ts';
import { NUMBER_ROWS, type NumberRow } from '../inodes/rows.ts';
import type { ObjectDetail } from '../ipc/engine.ts';
import type { ReportFacts } from './facts.ts';
import { titleOf } from './title.ts';
import { cut, folded } from './wrap.ts';

/** A report of one object as plain text of 72 columns: what one mails to a list. */

const COLUMNS = 72;
const BYTES_A_LINE = 16;

export type ReportInput = {
  meta: ScanMeta['meta'];
  detail: ObjectDetail;
  facts: ReportFacts;
  /** The program's version. */
  version: string;
  /** What the kernel answered of this object, where it was asked; null where not. */
  observed: readonly VerifyRow[] | null;
};

export function reportText(input: ReportInput): string {
  const { detail, version } = input;
  const sections = [
    [...folded(titleOf(detail), COLUMNS), `Stratoscope ${version}`],
    machineLines(input),
    layerLines(input),
    section('What it is', whatLines(detail)),
    section('Where it stands', entryLines(input)),
    section('The lookup', stepLines(detail)),
    section('Attributes', xattrLines(input)),
    section('Prediction', predictionLines(input)),
    section('Observation', observationLines(input.observed)),
    section('Findings', findingLines(detail)),
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => line.trimEnd()).join('\n'))
    .join('\n\n')}\n`;
}

const section = (title: string, lines: string[]): string[] => (lines.length === 0 ? [] : [title, ...lines]);

/** Text indented by so many columns, folded; `first` stands before its first line. */
function indented(text: string, by: number, first = ''): string[] {
  const pad = ' '.repeat(by);
  return folded(text, COLUMNS - by).map((line, i) => (i === 0 ? first.padEnd(by) : pad) + line);
}

/** Kernel, parameters, the mount's own line, options. */
function machineLines({ meta, facts }: ReportInput): string[] {
  const parameters = Object.entries(meta.parameters).map(([key, value]) => `${key}=${value}`);
  const bits = meta.xinoBits === null ? '' : `, ${meta.xinoBits} bits`;
  return [
    `Linux ${meta.kernel}${meta.rulesVerified ? '' : ', on which the rules are not verified'}`,
    ...indented(`parameters ${parameters.join(' ')}`, 2, ''),
    ...indented(`inode mode ${meta.inodeMode}${bits}; marks ${marksWord(meta.marks)}`, 2),
    ...(facts.line === null
      ? indented(`plain directories, options ${optionsText(meta.options)}`, 2)
      : ['  mountinfo', ...cut(textForEyes(facts.line), COLUMNS - 4).map((line) => `    ${line}`)]),
  ];
}

const optionsText = (options: Record<string, string>): string =>
  Object.entries(options)
    .map(([key, value]) => (value === '' ? key : `${key}=${value}`))
    .join(',') || 'none';

const marksWord = (marks: ScanMeta['meta']['marks']): string =>
  marks === 'trusted' ? 'trusted.overlay.*' : marks === 'user' ? 'user.overlay.*' : marks;

function layerLines({ meta }: ReportInput): string[] {
  return [
    'Layers, the top first',
    ...meta.layers.flatMap(({ layer, role, path, pathB64, fs, dev, state, why }) => {
      const id = fs.id === null ? '' : `, fs id ${fs.id}`;
      const bad = state === 'ok' ? '' : `, ${state}${why ? `: ${why}` : ''}`;
      const about = `${role}, ${fs.type}${id}, device ${dev}, uuid ${fs.uuid ?? 'none'}${bad}`;
      return [
        ...indented(about, 6, `  ${letter(layer)}`),
        ...cut(path === 'unknown' ? 'unknown' : shownPath(path, pathB64), COLUMNS - 6).map((line) => `      ${line}`),
      ];
    }),
  ];
}

const letter = (layer: number): string => (layer === 0 ? 'U' : String(layer));

function whatLines({ object, explanation, row }: ObjectDetail): string[] {
  const facts = [statusOf(object), object.type, object.type === 'dir' ? '' : `${object.size} bytes`, object.mode];
  return [
    ...indented(`${facts.filter((fact) => fact !== '').join(', ')}, ${row.owner}`, 2),
    ...explanation.flatMap((sentence) => indented(textOf(sentence), 2)),
  ];
}

function entryLines({ detail }: ReportInput): string[] {
  return detail.object.entries.flatMap(
    ({ layer, path, pathB64, type, ino, dev, nlink, size, role, hiddenBy, marks }) => {
      const links = `${nlink} ${nlink === 1 ? 'link' : 'links'}`;
      const fate = hiddenBy === null ? role : `${role}, hidden by ${hiddenBy}`;
      const own = marks.length === 0 ? '' : `, marks ${marks.join(' ')}`;
      const about = `${type} ${ino} on ${dev}, ${links}, ${size} bytes, ${fate}${own}`;
      return [...indented(about, 6, `  ${letter(layer)}`), ...indented(shownPath(path, pathB64), 6)];
    },
  );
}

const stepLines = ({ steps }: ObjectDetail): string[] =>
  steps.flatMap(({ layer, found, rule, says }) => indented(`${found} (${rule}): ${says}`, 6, `  ${letter(layer)}`));

/** Every attribute with its bytes, sixteen a line, and what they mean. */
function xattrLines({ detail }: ReportInput): string[] {
  return detail.xattrs.flatMap(({ layer, name, value, counts, fields, problem }) => {
    const bytes = value === null ? 'value refused' : `${value.length / 2} bytes`;
    const notes = [counts ? null : 'does not count', problem].filter((note) => note !== null);
    const head = `${textForEyes(asBytes(name))}, ${bytes}${notes.map((note) => `; ${note}`).join('')}`;
    return [
      ...indented(head, 6, `  ${letter(layer)}`),
      ...hexLines(value ?? ''),
      ...fields.flatMap(({ label, text }) => indented(`${label}: ${text}`, 8, '')),
    ];
  });
}

function hexLines(hex: string): string[] {
  const pairs = hex.match(/../g) ?? [];
  const lines: string[] = [];
  for (let at = 0; at < pairs.length; at += BYTES_A_LINE)
    lines.push(`      ${pairs.slice(at, at + BYTES_A_LINE).join(' ')}`);
  return lines;
}

function predictionLines({ meta, detail }: ReportInput): string[] {
  const { object } = detail;
  const { shown } = object;
  if (shown === null) return indented(`none: stat answers ${object.lookup}`, 2);
  const of = (ino: string | null): string => {
    if (ino === null) return 'counted by the kernel';
    if (ino === 'unknown') return ino;
    const mapped = mappedNumber({ mode: meta.inodeMode, xinoBits: meta.xinoBits }, BigInt(ino));
    return mapped === null ? ino : `${ino} (fs id ${mapped.fsid}, inode ${mapped.ino})`;
  };
  const says = NUMBER_ROWS[shown.why as NumberRow];
  const dino = shown.dino === shown.ino ? 'the same' : shown.dino === null ? 'none' : of(shown.dino);
  return [
    ...indented(`st_dev ${shown.dev}, st_ino ${of(shown.ino)}`, 2),
    ...indented(`d_ino ${dino}; st_nlink ${shown.nlink}; stable: ${shown.stable}`, 2),
    ...(shown.cached
      ? indented(`an inode still in memory may show ${shown.cached.dev} ${of(shown.cached.ino)}`, 2)
      : []),
    ...indented(`rule: ${shown.why}${says === undefined ? '' : `: ${says}`}`, 2),
  ];
}

function observationLines(observed: readonly VerifyRow[] | null): string[] {
  if (observed === null) return indented('not asked: looking through the mount can write marks into the upper', 2);
  return observed.flatMap(({ field, predicted, observed: seen, verdict, cause }) => {
    const told =
      verdict === 'agrees' ? `${seen ?? 'none'}, as predicted` : `${seen ?? 'none'}, not ${predicted ?? 'none'}`;
    const text = verdict === 'unpredictable' ? `${seen ?? 'none'}, which is not predicted` : told;
    return indented(`${field} ${text}${cause === null ? '' : `: ${cause}`}`, 2);
  });
}

function findingLines({ findings }: ObjectDetail): string[] {
  return findings.flatMap(({ code, severity, what, cause, cure, rule }) => [
    ...indented(`${code} (${severity}): ${what}`, 2),
    ...indented(`Cause: ${textOf(cause)}`, 4),
    ...indented(`Cure: ${textOf(cure)}`, 4),
    ...indented(`Rule: ${rule}`, 4),
  ]);
}
