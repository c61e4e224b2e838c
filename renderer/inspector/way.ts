import type { ListObject } from '../../shared/contract/scan.ts';
import type { CellKind, ObjectDetail } from '../../shared/ipc/engine.ts';
import { cellWords } from '../marks/shapes.ts';
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

/** The way from the name to the file: its rows, and where the lines go. */
export type Way = {
  rows: WayRow[];
  /** Row that the name leads to: the topmost that counts. Null: no layer that could be read has one that does. */
  from: number | null;
  /** Row that the end stands for: of a metacopy the file that its bytes come from, else `from`. */
  to: number | null;
  end: { text: string; under: string };
  /** What there is room for beside the rows. */
  beside: 'both' | 'end' | 'nothing';
};

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
  const rows = runs.map((run): WayRow => {
    const first = run[0] as LayerLine;
    const entry = first.entries.find((one) => LEADS.has(one.role)) ?? first.entries[0];
    if (!entry) {
      const layers = run.map((line) => line.layer);
      const letter = layers.length === 1 ? layerLetter(layers[0] as number) : layerRanges(layers);
      return { kind: first.kind, role: first.role, letter, ino: null, word: cellWords(first.kind), layer: null };
    }
    const word = first.kind === 'stands' ? 'stands there' : roleWord(entry, object);
    return { ...first, letter: layerLetter(first.layer), ino: entry.ino, word, layer: first.layer };
  });
  const leads = runs.findIndex(
    (run) => run[0]?.kind !== 'stands' && run[0]?.entries.some((one) => LEADS.has(one.role)),
  );
  const from = object.hiddenBy !== null || leads < 0 ? null : leads;
  const data = object.data !== null && object.data !== UNKNOWN ? object.data.layer : null;
  const dataRow = data === null ? -1 : rows.findIndex((one) => one.layer === data);
  const to = from === null ? null : dataRow >= 0 ? dataRow : from;
  return { rows, from, to, end: endOf(detail, rows, from, to), beside: besideOf(rows) };
}

/**
 * What stands beside the rows, by the width that their columns need in the narrowest pane: the name and the end, the
 * end alone, or nothing. Pixels, from the widths of a digit (7.2) and a letter (6.6) in tokens.css's small texts.
 */
function besideOf(rows: WayRow[]): Way['beside'] {
  const most = (length: (row: WayRow) => number): number => Math.max(0, ...rows.map(length));
  const digits = most((row) => row.letter.length) + most((row) => row.ino?.length ?? 0);
  const width = 46 + 7.2 * digits + 6.6 * most((row) => row.word.length);
  return width <= 166 ? 'both' : width <= 182 ? 'end' : 'nothing';
}

/** A number longer than this stands in its row alone; its end says the layer. */
const SHORT = 9;

function endOf({ object }: ObjectDetail, rows: WayRow[], from: number | null, to: number | null): Way['end'] {
  if (object.hiddenBy !== null) return { text: 'ENOENT', under: 'hidden' };
  if (object.lookup !== 'ok') return { text: object.lookup, under: 'lookup' };
  const ino = (to === null ? null : rows[to]?.ino) ?? UNKNOWN;
  const isUnknown = object.type === 'file' && object.data === UNKNOWN;
  const under = isUnknown ? 'data unknown' : to === from ? 'real inode' : 'its bytes';
  const row = to === null ? null : rows[to];
  return row && ino.length > SHORT ? { text: `in ${row.letter}`, under } : { text: ino, under };
}
