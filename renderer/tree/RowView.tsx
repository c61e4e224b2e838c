// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid is made of boxes, a table would lay out every row
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
import { ChevronDown, ChevronRight, File, FileQuestionMark, FileSymlink, Folder } from 'lucide-react';
import { memo, type ReactElement, type ReactNode } from 'react';
import type { Severity } from '../../shared/contract/finding.ts';
import type { Row } from '../../shared/ipc/engine.ts';
import type { LayerRole } from '../../shared/ipc/probe.ts';
import { SeverityIcon } from '../findings/Severity.tsx';
import { badgeWord } from '../findings/words.ts';
import { Glyph } from '../marks/Glyph.tsx';
import { Name } from '../marks/Name.tsx';
import { type StripLayers, stripElement } from '../marks/StripView.tsx';
import { layerLabel } from '../marks/strip.ts';
import { useBelow, useFlash } from '../state/flashes.ts';
import type { Column } from './columns.ts';
import { countText, deviceText, modeText, NONE, sizeText, typeText, whenText } from './format.ts';
import { numberCell } from './NumberCell.tsx';

export const ROW_PX = 24;
const INDENT_PX = 16;
/** Levels that are drawn as indent, for a name column of this width; a deeper row says its level instead. */
export const indentLevels = (nameWidth: number): number =>
  Math.max(3, Math.min(24, Math.floor((nameWidth * 0.45) / INDENT_PX)));

const UNKNOWN = <span className="unknown">unknown</span>;

/** A row that another one hides, or that hides: set back. */
const isFaint = (row: Row): boolean => row.status === 'hidden' || row.status === 'whiteout';

/** What the cells of a row depend on besides the row. */
type Look = {
  columns: readonly Column[];
  /** Mapped numbers stand whole. */
  whole: boolean;
  strips: StripLayers;
  nowMs: number;
  /** Levels that are drawn as indent. */
  levels: number;
};

export type RowViewProps = Look & {
  /** null: it is awaited. */
  row: Row | null;
  index: number;
  top: number;
  selected: boolean;
};

const classesOf = (row: Row, selected: boolean): string =>
  `row${selected ? ' sel' : ''}${isFaint(row) ? ' faint' : ''}${row.type === 'file' ? ' is-file' : ''}`;

const SIGNS = { new: '+', changed: '~', gone: '−' } as const;

/** One row. Its elements are used again for other rows as the list scrolls. */
export const RowView = memo(function RowView({ row, index, top, selected, ...look }: RowViewProps) {
  const flash = useFlash(row?.id ?? null);
  if (row === null)
    return (
      <div role="row" className="row waiting" style={{ top }} data-index={index} aria-rowindex={index + 2}>
        <div role="gridcell" className="nm">
          <span className="sr">reading</span>
          <span className="ghost" style={{ width: 48 + ((index * 37) % 90) }} />
        </div>
      </div>
    );
  return (
    <div
      role="row"
      id={`row-${row.id}`}
      className={classesOf(row, selected)}
      style={{ top }}
      data-index={index}
      aria-rowindex={index + 2}
      aria-level={row.depth + 1}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-expanded={row.expanded ?? undefined}
      aria-selected={selected}
    >
      {flash && (
        <span key={flash.turn} className={`flash is-${flash.change}`} aria-hidden="true">
          {SIGNS[flash.change]}
        </span>
      )}
      <Cells row={row} {...look} />
    </div>
  );
});

/** An ancestor that sticks to the top: a copy for the eyes, which a screen reader is not told again. */
export function StickyRow({
  row,
  index,
  top,
  selected,
  isLast,
  ...look
}: RowViewProps & { row: Row; isLast: boolean }) {
  return (
    <div className={`${classesOf(row, selected)} sticky${isLast ? ' last' : ''}`} style={{ top }} data-sticky={index}>
      <Cells row={row} isCopy {...look} />
    </div>
  );
}

const Cells = memo(function Cells({
  row,
  isCopy,
  columns,
  whole,
  strips,
  nowMs,
  levels,
}: Look & { row: Row; isCopy?: true }) {
  const role = isCopy ? undefined : 'gridcell';
  return (
    <>
      <NameCell row={row} levels={levels} role={role} />
      {columns.map((column) => (
        <div key={column} role={role} className={`col-${column}`} data-col={column}>
          {cellOf(column, row, whole, strips, nowMs)}
        </div>
      ))}
    </>
  );
});

// Made once: an element that is the same again is not even compared.
const OPEN = <ChevronDown className="i" />;
const SHUT = <ChevronRight className="i" />;
const FILE = <File className="i" aria-hidden="true" />;
const KINDS: Partial<Record<Row['type'], ReactElement>> = {
  dir: <Folder className="i" aria-hidden="true" />,
  symlink: <FileSymlink className="i" aria-hidden="true" />,
  unknown: <FileQuestionMark className="i" aria-hidden="true" />,
};

function NameCell({ row, levels, role }: { row: Row; levels: number; role: string | undefined }) {
  return (
    <div role={role} className="nm" data-col="name">
      <span className="guides" style={{ width: Math.min(row.depth, levels) * INDENT_PX }} aria-hidden="true" />
      {row.depth > levels && (
        <span className="level" aria-hidden="true">
          {row.depth}
        </span>
      )}
      <span className="tw" data-twisty={row.expanded === null ? undefined : ''}>
        {row.expanded === null ? null : row.expanded ? OPEN : SHUT}
      </span>
      {KINDS[row.type] ?? FILE}
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
      {row.expanded === false && <BelowCounts id={row.id} />}
    </div>
  );
}

/** What changed of late in a directory that is shut. */
function BelowCounts({ id }: { id: number }) {
  const below = useBelow(id);
  if (below === null) return null;
  const { news, changed, gone } = below;
  const parts = [
    { sign: '+', count: news, word: 'new' },
    { sign: '~', count: changed, word: 'changed' },
    { sign: '−', count: gone, word: 'gone' },
  ].filter(({ count }) => count > 0);
  return (
    <span className="tag tag-below">
      <span aria-hidden="true">{parts.map(({ sign, count }) => `${sign}${countText(count)}`).join(' ')}</span>
      <span className="sr">beneath it {parts.map(({ count, word }) => `${countText(count)} ${word}`).join(', ')}</span>
    </span>
  );
}

/** Marks that change what the name means, and errors: after the name, the words going first where room is short. */
function Tags({ row }: { row: Row }) {
  // A name that is not there by right (a whiteout, what is hidden) is told by its status.
  const isError = row.lookup !== 'ok' && row.lookup !== 'unknown' && row.lookup !== 'ENOENT';
  return (
    <>
      {row.marks.includes('opaque') && <span className="tag">opaque</span>}
      {row.redirect !== null && (
        <span className="tag tag-cut">
          {'← '}
          <Name bytes={row.redirect} />
        </span>
      )}
      {isError && <Badge severity="error" text={row.lookup} />}
      {row.status !== 'hidden' && row.status !== 'whiteout' && row.listed === false && (
        <span className="tag">not listed</span>
      )}
      {row.findings
        .filter(({ severity }) => severity !== 'note')
        .map(({ code, severity }) => (
          <Badge key={code} severity={severity} text={badgeWord(code)} />
        ))}
    </>
  );
}

const Badge = ({ severity, text }: { severity: Severity; text: string }) => (
  <span className={`badge f-${severity}`}>
    <SeverityIcon of={severity} />
    <span>{text}</span>
  </span>
);

const statuses = new Map<string, ReactElement>();

/** Shape and word of a status. There are few: each is made once. */
function statusElement({ status, hiddenBy }: Row, top: LayerRole): ReactElement {
  const key = `${status} ${hiddenBy} ${top}`;
  const known = statuses.get(key);
  if (known) return known;
  const made = (
    <span className="st">
      <Glyph status={status} top={top} />
      <span className={status === 'unknown' ? 'cut unknown' : 'cut'}>
        {status}
        {hiddenBy !== null && status === 'hidden' && <em> by {hiddenBy}</em>}
      </span>
    </span>
  );
  statuses.set(key, made);
  return made;
}

function cellOf(column: Column, row: Row, whole: boolean, strips: StripLayers, nowMs: number): ReactNode {
  switch (column) {
    case 'layers':
      return stripElement(strips, row.cells);
    case 'status':
      return statusElement(row, strips.roleOf(row.cells[0]?.[0] ?? 1));
    case 'type':
      return row.type === 'unknown' ? UNKNOWN : typeText(row.type);
    case 'size':
      return sizeCell(row);
    case 'mode':
      return row.status === 'whiteout' ? NONE : row.mode === null ? UNKNOWN : modeText(row.mode);
    case 'owner':
      return row.owner === 'unknown' ? UNKNOWN : <span className="cut">{row.owner}</span>;
    case 'dev':
      return row.shown === null ? NONE : row.shown.dev === 'unknown' ? UNKNOWN : deviceText(row.shown.dev);
    case 'ino':
    case 'dino':
      return numberCell(row, column, whole);
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
