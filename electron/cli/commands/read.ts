import type { ErrorLine, ListObject, ScanMeta } from '../../../shared/contract/scan.ts';
import type { LayerProgress } from '../../../shared/ipc/engine.ts';
import { Exit, messageOf } from '../failures.ts';
import type { Session } from '../session.ts';

/** What the commands that read a whole stack have in common. */

/** Draws how far each layer is. */
export function showProgress({ progress }: Session, layers: LayerProgress[]): void {
  const parts = layers.map(({ layer, entries, done }) => {
    const name = layer === 0 ? 'upper' : `layer ${layer}`;
    return `${name} ${entries.toLocaleString('en')}${done ? '' : '…'}`;
  });
  progress.show(`reading ${parts.join(' · ')}`);
}

/**
 * Tells the errors of single layers, beside which the rest stands, and gives the status: done as long as one layer was
 * read, else 4 where privilege would have helped and 3 where not.
 */
export function statusOfRead(session: Session, meta: ListObject | ScanMeta['meta'], errors: ErrorLine[]): number {
  const readable = meta.layers.filter(
    ({ role, state }) => role !== 'data' && state !== 'missing' && state !== 'unreadable',
  );
  const isRefused = errors.some(
    ({ error }) => error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'needs-privilege',
  );
  const failed = errors.map(({ error }) => ({
    code: error.code,
    message: error.message,
    ...(error.path === null ? {} : { path: error.path }),
    ...(error.hint === null ? {} : { hint: error.hint }),
  }));
  for (const failure of failed) session.progress.say(messageOf('cannot read', failure));
  if (readable.length > 0) return Exit.done;
  return isRefused && meta.privilege === 'partial' ? Exit.needsPrivilege : Exit.nothingRead;
}
