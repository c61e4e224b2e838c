import { statusOf } from '../explain/index.ts';
import { shownPath } from '../explain/words.ts';
import type { ObjectDetail } from '../ipc/engine.ts';

/** What a report is about, in one line: the path, what it is, and by which row of the rule it has its number. */
export function titleOf({ object }: ObjectDetail): string {
  const grave = object.findings.join(', ');
  const parts = [statusOf(object), object.shown?.why, grave === '' ? null : `finding ${grave}`].filter(Boolean);
  return `${shownPath(object.path, object.pathB64)}: ${parts.join('; ')}`;
}
