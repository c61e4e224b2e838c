import { textForJson } from '../../shared/bytes/show.ts';
import { csvLine } from '../../shared/contract/csv.ts';
import { afterReading } from './output.ts';
import { scanMeta } from './stack.ts';
import type { View } from './views.ts';

const FLUSH = 64 * 1024;
const COLUMNS = ['path', 'type', 'status', 'layers', 'size', 'mode', 'owner', 'real', 'since', 'hiddenBy', 'marks'];

/** The rows shown, in their order: NDJSON as `scan` says it, the meta line first, or CSV with a head line. Returns how many. */
export async function exportRows(
  view: View,
  format: 'ndjson' | 'csv',
  send: (chunk: Uint8Array) => void,
  drained: () => Promise<void>,
  signal: AbortSignal,
): Promise<number> {
  const { rows } = view;
  const encoder = new TextEncoder();
  const meta = afterReading(scanMeta(view.stack), view.scan);
  let text = format === 'csv' ? csvLine(COLUMNS) : `${JSON.stringify({ meta })}\n`;
  const total = rows.count;
  for (let index = 0; index < total && !signal.aborted; index++) {
    const id = rows.idAt(index);
    if (id === null) break;
    if (format === 'ndjson') text += `${JSON.stringify(rows.describer.object(id))}\n`;
    else {
      const row = rows.row(id, 0, 1, 1);
      const cells = row.cells.map(([layer, kind]) => `${layer === 0 ? 'U' : layer}:${kind}`).join(' ');
      const mode = row.mode === null ? 'unknown' : row.mode.toString(8);
      const real = row.real ? `${row.real.layer === 0 ? 'U' : row.real.layer} ${row.real.ino}` : '';
      const path = textForJson(rows.tree.path(id));
      const line = [path, row.type, row.status, cells, row.size, mode, row.owner, real, row.since ?? ''];
      text += csvLine([...line, row.hiddenBy ?? '', row.marks.join(' ')]);
    }
    if (text.length > FLUSH) {
      send(encoder.encode(text));
      text = '';
      await drained();
    }
  }
  send(encoder.encode(text));
  return total;
}
