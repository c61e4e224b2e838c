import type { ReactNode } from 'react';
import type { Row } from '../../shared/ipc/engine.ts';

const UNKNOWN = <span className="unknown">unknown</span>;
const VOLATILE = <em className="volatile">volatile</em>;

/** A number as the mount shows it; a mapped one as filesystem id and real number, whole on hover. */
export function numberCell(ino: string | null, mapped: Row['mapped']): ReactNode {
  if (ino === null) return VOLATILE;
  if (ino === 'unknown') return UNKNOWN;
  return mapped === null ? ino : <span title={ino}>{`${mapped.fsid}·${mapped.ino}`}</span>;
}
