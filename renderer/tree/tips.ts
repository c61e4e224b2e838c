import { textForEyes } from '../../shared/bytes/show.ts';
import { NUMBER_ROWS, type NumberRow } from '../../shared/inodes/rows.ts';
import type { Row } from '../../shared/ipc/engine.ts';
import { CELL_STEP, type StripLayers } from '../marks/StripView.tsx';
import { cellSentence, layerWords, stripOf } from '../marks/strip.ts';
import { countText, mappedParts, type NumberKind, wholeTime } from './format.ts';

/** What the pointer is over: its column, how far into it (px), the layer of a labelled cell, whether text is cut. */
export type Spot = { column: string; x: number; layer: number | null; isCut: boolean };

const HIDDEN_BY: Record<string, string> = {
  file: 'A file above has the same name.',
  whiteout: 'A whiteout above removes the name.',
  opaque: 'An opaque directory above lets nothing show through.',
  directory: 'A directory above has the same name.',
  redirect: 'A redirect above leads elsewhere.',
  stop: 'A layer above ends the lookup.',
};

/** The words of a tooltip, or null where nothing more is to be said than what is seen. */
export function tipOf(row: Row, spot: Spot, strips: StripLayers): string | null {
  switch (spot.column) {
    case 'name':
      return nameTip(row, spot.isCut);
    case 'layers': {
      const { cells, labelled } = stripOf(strips.layers, row.cells);
      const cell = labelled ? cells.find((one) => one.layer === spot.layer) : cells[Math.floor(spot.x / CELL_STEP)];
      return cell ? cellSentence(cell, strips.roleOf(cell.layer)) : null;
    }
    case 'status':
      return row.hiddenBy === null ? null : (HIDDEN_BY[row.hiddenBy] ?? null);
    case 'size':
      if (row.type !== 'dir') return row.size === 'unknown' ? null : `${countText(row.size)} bytes`;
      return row.upperBeneath === null
        ? null
        : `The upper holds ${countText(row.upperBeneath.entries)} entries and ${countText(row.upperBeneath.bytes)} allocated bytes beneath it`;
    case 'dev':
      return deviceTip(row);
    case 'ino':
    case 'dino':
      return numberTip(row, spot.column);
    case 'real':
      return row.real === null
        ? 'No entry of it is in use'
        : `inode ${row.real.ino} in ${layerWords(row.real.layer, strips.roleOf(row.real.layer))}`;
    case 'since':
      if (row.since === null) return 'It has no entry in the upper';
      return row.since === 'unknown' ? 'The upper’s filesystem records no birth time' : wholeTime(row.since);
    default:
      return null;
  }
}

function nameTip(row: Row, isCut: boolean): string | null {
  const badges = row.findings.filter(({ severity }) => severity !== 'note').map(({ code }) => code);
  const name = textForEyes(row.name) + (row.target === null ? '' : ` → ${textForEyes(row.target)}`);
  return [...(isCut ? [name] : []), ...badges].join('\n') || null;
}

function deviceTip({ shown }: Row): string | null {
  if (shown === null) return null;
  if (shown.dev === 'unknown') return 'The device that stat reports is not known';
  if (shown.dev === 'overlay') return 'The mount’s own device';
  return `The pseudo device of filesystem id ${shown.dev.slice('pseudo:'.length)}, which no mount names`;
}

/** A number whole, how it is put together, and by which row of the rule. */
function numberTip(row: Row, kind: NumberKind): string | null {
  const { shown, depth } = row;
  if (shown === null || (kind === 'dino' && depth === 0)) return null;
  const number = shown[kind];
  if (number === 'unknown') return 'Not known without privilege, or without a layer';
  const parts = mappedParts(row, kind);
  const differs = kind === 'dino' && number !== shown.ino && shown.ino !== 'unknown';
  const because = NUMBER_ROWS[shown.why as NumberRow];
  return [
    number === null
      ? 'The kernel counts: it is another number after eviction and remount'
      : parts === null
        ? number
        : `${number}: filesystem id ${parts.fsid} above inode number ${parts.ino}`,
    differs ? 'A listing gives this number, stat another' : null,
    kind === 'ino' && number !== null && shown.stable === false ? 'It may change' : null,
    kind === 'ino' && because !== undefined ? because : null,
  ]
    .filter(Boolean)
    .join('\n');
}
