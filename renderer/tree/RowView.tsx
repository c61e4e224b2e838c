// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid is made of boxes, a table would lay out every row
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
import { ChevronDown, ChevronRight, File, FileQuestionMark, FileSymlink, Folder, OctagonAlert } from 'lucide-react';
import { memo, type ReactNode } from 'react';
import type { Row } from '../../shared/ipc/engine.ts';
import { Glyph } from '../marks/Glyph.tsx';
import { Name } from '../marks/Name.tsx';
import { type StripLayers, stripElement } from '../marks/StripView.tsx';
import { layerLabel } from '../marks/strip.ts';
import type { Column } from './columns.ts';
import { countText, modeText, NONE, sizeText, typeText, whenText } from './format.ts';

export const ROW_PX = 24;
const INDENT_PX = 16;
/** Levels that are drawn as indent, for a name column of this width; a deeper row says its level instead. */
export const indentLevels = (nameWidth: number): number =>
  Math.max(3, Math.min(24, Math.floor((nameWidth * 0.45) / INDENT_PX)));

const UNKNOWN = <span className="unknown">unknown</span>;

/** A row that another one hides, or that hides: set back. */
const isFaint = (row: Row): boolean => row.status === 'hidden' || row.status === 'whiteout';

export type RowViewProps = {
  row: Row;
  index: number;
  top: number;
  selected: boolean;
  columns: readonly Column[];
  strips: StripLayers;
  nowMs: number;
  /** Levels that are drawn as indent. */
  levels: number;
  /** A copy that sticks to the top: seen, but not told twice to a screen reader. */
  sticky?: 'copy' | 'last';
};

export const RowView = memo(function RowView({
  row,
  index,
  top,
  selected,
  columns,
  strips,
  nowMs,
  levels,
  sticky,
}: RowViewProps) {
  const classes = ['row'];
  if (selected) classes.push('sel');
  if (isFaint(row)) classes.push('faint');
  if (row.type === 'file') classes.push('is-file');
  if (sticky) classes.push('sticky', sticky);
  const cells = (
    <>
      <NameCell row={row} levels={levels} />
      {columns.map((column) => (
        <div key={column} role={sticky ? undefined : 'gridcell'} className={`col-${column}`} data-col={column}>
          {cellOf(column, row, strips, nowMs)}
        </div>
      ))}
    </>
  );
  if (sticky)
    return (
      <div className={classes.join(' ')} style={{ top }} data-sticky={index}>
        {cells}
      </div>
    );
  return (
    <div
      role="row"
      id={`row-${row.id}`}
      className={classes.join(' ')}
      style={{ top }}
      data-index={index}
      aria-rowindex={index + 2}
      aria-level={row.depth + 1}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-expanded={row.expanded ?? undefined}
      aria-selected={selected}
    >
      {cells}
    </div>
  );
});

function NameCell({ row, levels }: { row: Row; levels: number }) {
  const indent = Math.min(row.depth, levels);
  return (
    <div role="gridcell" className="nm" data-col="name">
      {indent > 0 && <span className="guides" style={{ width: indent * INDENT_PX }} aria-hidden="true" />}
      {row.depth > levels && (
        <span className="level" aria-hidden="true">
          {row.depth}
        </span>
      )}
      <span className="tw" data-twisty={row.expanded === null ? undefined : ''}>
        {row.expanded === null ? null : row.expanded ? <ChevronDown className="i" /> : <ChevronRight className="i" />}
      </span>
      <KindIcon row={row} />
      <span className={row.status === 'whiteout' ? 'x gone' : 'x'}>
        {row.name === '' ? '/' : <Name bytes={row.name} />}
        {row.target !== null && (
          <span className="to">
            {' → '}
            <Name bytes={row.target} />
          </span>
        )}
      </span>
      <Tags row={row} />
    </div>
  );
}

function KindIcon({ row }: { row: Row }) {
  if (row.type === 'dir') return <Folder className="i" aria-hidden="true" />;
  if (row.type === 'symlink') return <FileSymlink className="i" aria-hidden="true" />;
  if (row.type === 'unknown') return <FileQuestionMark className="i" aria-hidden="true" />;
  return <File className="i" aria-hidden="true" />;
}

/** Marks that change what the name means, and errors: after the name, the words going first where room is short. */
function Tags({ row }: { row: Row }) {
  const isError = row.lookup === 'EIO' || row.lookup === 'EPERM';
  return (
    <>
      {row.marks.includes('opaque') && <span className="tag">opaque</span>}
      {row.redirect !== null && (
        <span className="tag tag-cut">
          {'← '}
          <Name bytes={row.redirect} />
        </span>
      )}
      {isError && <Badge text={row.lookup} />}
      {row.status !== 'hidden' && row.status !== 'whiteout' && row.listed === false && (
        <span className="tag">not listed</span>
      )}
      {row.findings.map((code) => (
        <Badge key={code} text={code.replaceAll('-', ' ')} />
      ))}
    </>
  );
}

const Badge = ({ text }: { text: string }) => (
  <span className="badge f-error">
    <OctagonAlert className="i" aria-hidden="true" />
    <span>{text}</span>
  </span>
);

function cellOf(column: Column, row: Row, strips: StripLayers, nowMs: number): ReactNode {
  switch (column) {
    case 'layers':
      return stripElement(strips, row.cells);
    case 'status':
      return (
        <span className="st">
          <Glyph status={row.status} top={strips.roleOf(row.cells[0]?.[0] ?? 1)} />
          <span className={row.status === 'unknown' ? 'cut unknown' : 'cut'}>
            {row.status}
            {row.hiddenBy !== null && row.status === 'hidden' && <em> by {row.hiddenBy}</em>}
          </span>
        </span>
      );
    case 'type':
      return row.type === 'unknown' ? UNKNOWN : typeText(row.type);
    case 'size':
      return sizeCell(row);
    case 'mode':
      return row.status === 'whiteout' ? NONE : row.mode === null ? UNKNOWN : modeText(row.mode);
    case 'owner':
      return row.owner === 'unknown' ? UNKNOWN : <span className="cut">{row.owner}</span>;
    case 'real':
      return row.real === null ? (
        NONE
      ) : (
        <>
          <span className={`lay c-${strips.roleOf(row.real.layer)}`}>{layerLabel(row.real.layer)}</span>{' '}
          {row.real.ino === 'unknown' ? UNKNOWN : row.real.ino}
        </>
      );
    case 'since':
      return row.since === null ? NONE : row.since === 'unknown' ? UNKNOWN : whenText(row.since, nowMs);
  }
}

/** A directory shows what the upper holds beneath it; anything else its size. */
function sizeCell(row: Row): ReactNode {
  if (row.type === 'whiteout') return NONE;
  if (row.type !== 'dir') return row.size === 'unknown' ? UNKNOWN : sizeText(row.size);
  const beneath = row.upperBeneath;
  if (beneath === null || beneath.entries === 0) return NONE;
  return (
    <>
      <span className="lay c-upper num">U</span>
      {countText(beneath.entries)} · {sizeText(beneath.bytes)}
    </>
  );
}

/** Stands where a row is truly awaited. */
export const Placeholder = memo(function Placeholder({ index, top }: { index: number; top: number }) {
  return (
    <div role="row" className="row waiting" style={{ top }} data-index={index} aria-rowindex={index + 2}>
      <div role="gridcell" className="nm">
        <span className="sr">reading</span>
        <span className="ghost" style={{ width: 48 + ((index * 37) % 90) }} />
      </div>
    </div>
  );
});
