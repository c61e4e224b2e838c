import { textForEyes } from '../../shared/bytes/show.ts';
import type { Row } from '../../shared/ipc/engine.ts';
import { CELL_STEP, type StripLayers } from '../marks/StripView.tsx';
import { cellSentence, layerWords, stripOf } from '../marks/strip.ts';
import { countText, wholeTime } from './format.ts';

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
      if (row.findings.length > 0) return row.findings.map(({ code }) => code).join(', ');
      if (!spot.isCut) return null;
      return textForEyes(row.name) + (row.target === null ? '' : ` → ${textForEyes(row.target)}`);
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
