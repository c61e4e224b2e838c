import type { ReactNode } from 'react';
import type { Row } from '../../shared/ipc/engine.ts';
import { mappedParts, NONE, type NumberKind } from './format.ts';

const UNKNOWN = <span className="unknown">unknown</span>;
const VOLATILE = <em className="volatile">volatile</em>;

/** A number as the mount shows it: whole, or a mapped one as filesystem id and real number. */
export function numberCell(row: Row, kind: NumberKind, whole: boolean): ReactNode {
  const { shown } = row;
  // A listing of the root's parent is another filesystem's.
  if (shown === null || (kind === 'dino' && row.depth === 0)) return NONE;
  const number = shown[kind];
  if (number === null) return VOLATILE;
  if (number === 'unknown') return UNKNOWN;
  if (kind === 'dino' && number !== shown.ino && shown.ino !== 'unknown')
    return <span className="differs">{number}</span>;
  const parts = whole ? null : mappedParts(row, kind);
  if (parts === null) return number;
  return (
    <>
      <span className="fsid">{parts.fsid}·</span>
      {parts.ino}
    </>
  );
}
