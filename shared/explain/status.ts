import type { ScanEntry, ScanObject } from '../contract/scan.ts';
import type { CellKind, Status } from '../ipc/engine.ts';

/** The one word for what an object is, as the status column has it. */
export function statusOf(object: ScanObject): Status {
  if (object.hiddenBy !== null) return 'hidden';
  if (object.type === 'whiteout') return 'whiteout';
  if (object.provenance === 'unknown') return 'unknown';
  if (object.marks.includes('metacopy')) return 'metacopy';
  return object.provenance === 'copied-up' ? 'copied up' : object.provenance;
}

/** How an entry stands in its layer, as the strip draws it. */
export function cellOf(entry: ScanEntry, object: ScanObject): CellKind {
  switch (entry.role) {
    case 'whiteout':
      return 'whiteout';
    case 'hidden':
      return 'hidden';
    case 'origin':
      return 'origin';
    case 'data':
      return 'data';
    case 'object':
    case 'merged':
      if (object.lookup === 'unknown') return 'stands';
      if (entry.marks.includes('opaque')) return 'opaque';
      return entry.marks.includes('metacopy') ? 'metacopy' : 'used';
  }
}
