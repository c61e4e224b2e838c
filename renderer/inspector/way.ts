import type { ListObject, ScanEntry, ScanObject } from '../../shared/contract/scan.ts';
import type { NumberRow } from '../../shared/inodes/rows.ts';
import { type SourceInode, sourceInode } from '../../shared/inodes/source.ts';
import type { CellKind, ObjectDetail } from '../../shared/ipc/engine.ts';
import { cellWords } from '../marks/shapes.ts';
import { shortOf, underNumber } from './numbers.ts';
import { layerLetter, layerRanges, runsOf } from './ranges.ts';
import { type LayerLine, layerLines, layerProblem, roleWord, UNKNOWN } from './words.ts';

/** A row of the strip that stands on its side: one layer with something in it, or a run of layers without. */
export type WayRow = {
  kind: CellKind;
  role: LayerLine['role'];
  letter: string;
  ino: string | null;
  word: string;
  /** The layer of a row with something in it; null for a run. */
  layer: number | null;
};

/** The way from the name to the number: its rows, and where the lines go. */
export type Way = {
  rows: WayRow[];
  /** Row that the name leads to: the topmost that counts. Null: no layer that could be read has one that does. */
  from: number | null;
  /** Row whose inode gives the number, or where the mount shows none, the row that the end stands for. */
  to: number | null;
  end: WayEnd;
  /** What there is room for beside the rows. */
  beside: 'both' | 'end' | 'nothing';
};

/** What the way ends in: a number in few letters, or an answer. `number`: the whole number, if it is one. */
export type WayEnd = { text: string; under: string; number: string | null };

/** Runs of layers in which there is nothing to tell apart; a layer with entries or a problem of its own stays alone. */
export const lineRuns = (lines: readonly LayerLine[]): LayerLine[][] =>
  runsOf(lines, (line) =>
    line.entries.length > 0 ? null : line.kind === 'unknown' ? `unknown ${layerProblem(line.facts)}` : line.kind,
  );

/** So few layers stand a row each, as the strip has them. */
const FEW = 6;
export const wayRuns = (lines: readonly LayerLine[]): LayerLine[][] =>
  lines.length <= FEW ? lines.map((line) => [line]) : lineRuns(lines);

const LEADS = new Set(['object', 'merged', 'whiteout']);

export function wayOf(detail: ObjectDetail, facts: ListObject): Way {
  const { object, row } = detail;
  const runs = wayRuns(layerLines(facts, row, object));
  const source = sourceInode(object);
  const rows = runs.map((run): WayRow => {
    const first = run[0] as LayerLine;
    const entry = entryOf(first, source);
    if (!entry) {
      const layers = run.map((line) => line.layer);
      const letter = layers.length === 1 ? layerLetter(layers[0] as number) : layerRanges(layers);
      return { kind: first.kind, role: first.role, letter, ino: null, word: cellWords(first.kind), layer: null };
    }
    const word = first.kind === 'stands' ? 'stands there' : wayWord(entry, object, source);
    return { ...first, letter: layerLetter(first.layer), ino: entry.ino, word, layer: first.layer };
  });
  const leads = runs.findIndex(
    (run) => run[0]?.kind !== 'stands' && run[0]?.entries.some((one) => LEADS.has(one.role)),
  );
  const from = object.hiddenBy !== null || leads < 0 ? null : leads;
  const numberRow = source === null ? -1 : rows.findIndex((one) => one.layer === source.layer);
  const to = from === null || object.shown?.ino === 'unknown' ? null : numberRow >= 0 ? numberRow : from;
  const end = endOf(detail, facts);
  return { rows, from, to, end, beside: besideOf(rows, end) };
}

/** The entry that stands for a layer: the one that gives the number, or leads on. */
function entryOf({ layer, entries }: LayerLine, source: SourceInode | null): ScanEntry | undefined {
  const gives = layer === source?.layer ? entries.find(({ ino }) => ino === source.ino) : undefined;
  return gives ?? entries.find((one) => LEADS.has(one.role)) ?? entries[0];
}

/** Objects whose lower was the number's before: what hid it changed the number. */
const SPLIT: NumberRow = 'hard link copied up, index off';

/** What an entry gives to the object, in a word or two. */
export function wayWord(entry: ScanEntry, object: ScanObject, source: SourceInode | null): string {
  const { shown, data, type, origin } = object;
  if (shown === null) return roleWord(entry, object);
  const givesNumber = source?.layer === entry.layer && source.ino === entry.ino;
  const givesData =
    type === 'file' && data !== null && data !== UNKNOWN && data.layer === entry.layer && data.path === entry.path;
  if (type === 'dir') return givesNumber && object.entries.length > 1 ? 'number' : roleWord(entry, object);
  if (entry.role === 'object') {
    if (givesNumber) return givesData || type !== 'file' ? 'all' : 'attributes, number';
    return givesData ? 'data' : type === 'file' ? 'attributes' : 'used';
  }
  if (givesNumber) return givesData ? 'data, number' : 'number';
  if (givesData) return 'data';
  if (entry.role === 'hidden' && shown.why === SPLIT) return 'former';
  if (origin === null || origin === UNKNOWN || entry.layer === 0) return roleWord(entry, object);
  if (origin.state === 'stale') return 'another';
  return origin.layer === entry.layer && origin.ino === entry.ino ? 'unused' : roleWord(entry, object);
}

/**
 * What stands beside the rows, by the width that their columns need in the narrowest pane: the name and the end, the
 * end alone, or nothing. Pixels, from the widths of a digit (7.2) and a letter (6.4) in tokens.css's small texts.
 */
function besideOf(rows: WayRow[], end: WayEnd): Way['beside'] {
  const most = (length: (row: WayRow) => number): number => Math.max(0, ...rows.map(length));
  const digits = most((row) => row.letter.length) + most((row) => row.ino?.length ?? 0);
  const layers = 46 + 7.2 * digits + 6.4 * most((row) => row.word.length);
  const whole = layers + LINES + Math.max(72, 14 + 7.2 * end.text.length);
  if (whole + NAME <= PANE) return 'both';
  return whole <= NARROW_PANE ? 'end' : 'nothing';
}

/** Widths: of the inspector's inside as it usually is and in a narrow window, of the outward line, of the name. */
const PANE = 324;
const NARROW_PANE = 290;
const LINES = 22;
const NAME = 60;

function endOf({ object }: ObjectDetail, facts: ListObject): WayEnd {
  const { shown } = object;
  if (object.hiddenBy !== null) return { text: 'ENOENT', under: 'hidden', number: null };
  if (object.lookup !== 'ok') return { text: object.lookup, under: 'lookup', number: null };
  if (shown === null) return { text: UNKNOWN, under: 'st_ino', number: null };
  const number = shown.ino === UNKNOWN ? null : shown.ino;
  return { text: shortOf(facts, shown.ino), under: underNumber(shown), number };
}
