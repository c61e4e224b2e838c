import { csvLine } from '../../shared/contract/csv.ts';
import type { WatchEvent } from '../../shared/contract/watch.ts';
import { useLive } from '../state/live.ts';
import { useSession } from '../state/session.ts';
import { useShownEvents } from './shown.ts';

const COLUMNS = [
  'time',
  'event',
  'path',
  'from',
  'layer',
  'temp',
  'bytes',
  'pid',
  'command',
  'exe',
  'container',
  'commandLine',
] as const satisfies (keyof WatchEvent)[];

/** Between two slices the page breathes. */
const SLICE = 5000;

/**
 * The events that are shown, the oldest first: NDJSON as `watch` prints it, the meta line first, or CSV with a head
 * line. `onPart` takes the text in parts.
 */
export async function exportEvents(
  format: 'ndjson' | 'csv',
  onPart: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { past, state } = useLive.getState();
  const shown = useShownEvents.getState().shown();
  const meta = { ...useSession.getState().stack?.meta, watched: state?.watched ?? [] };
  let text = format === 'csv' ? csvLine(COLUMNS) : `${JSON.stringify({ meta })}\n`;
  for (let index = shown.count - 1; index >= 0 && !signal.aborted; index--) {
    const event = past.log.at(shown.numberAt(index));
    if (!event) continue;
    text +=
      format === 'csv' ? csvLine(COLUMNS.map((column) => String(event[column] ?? ''))) : `${JSON.stringify(event)}\n`;
    if (index % SLICE !== 0) continue;
    onPart(text);
    text = '';
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  onPart(text);
}
