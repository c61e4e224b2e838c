// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid is made of boxes
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid takes the keys
import { useVirtualizer } from '@tanstack/react-virtual';
import { Check, Copy } from 'lucide-react';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { VerifyRow } from '../../shared/contract/verify.ts';
import { bugReport } from '../../shared/verify/report.ts';
import { CURES } from '../../shared/verify/words.ts';
import { revealPath } from '../actions/tree.ts';
import { EvidenceTable, type Json } from '../findings/EvidenceTable.tsx';
import { SeverityIcon } from '../findings/Severity.tsx';
import { copyText } from '../inspector/clipboard.ts';
import { safe } from '../inspector/Sentence.tsx';
import { go } from '../jump/PathResults.tsx';
import { Name } from '../marks/Name.tsx';
import { addNotice, useSession } from '../state/session.ts';
import { pathOfRow, type Verifying } from '../state/verify.ts';
import { countText, NONE } from '../tree/format.ts';
import { FIELDS, type VerifyLine, valueText } from './words.ts';

const ROW_PX = 24;
const HEAD_PX = 32;
/** A text of more rows nobody mails. */
const MOST_COPIED = 200;

type Props = { lines: readonly VerifyLine[]; state: Verifying };

/** What differs, grouped by cause; the chosen row's evidence below. */
export function Differences({ lines, state }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const at = Math.min(active, lines.length - 1);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => (lines[index]?.kind === 'head' ? HEAD_PX : ROW_PX),
    overscan: 8,
  });
  useEffect(() => box.current?.focus(), []);
  // Other lines have other heights at the same places.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines decide the heights
  useEffect(() => virtual.measure(), [virtual, lines]);

  const choose = (index: number): void => {
    const next = Math.max(0, Math.min(lines.length - 1, index));
    setActive(next);
    virtual.scrollToIndex(next);
    const line = lines[next];
    if (line?.kind === 'row') void revealPath(pathOfRow(line.row));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 600) / ROW_PX) - 2);
    const to: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: lines.length - 1,
    };
    const next = to[event.key];
    const line = lines[at];
    if (event.target !== box.current) return;
    if (next !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) choose(next);
    else if (event.key === 'Enter' && line?.kind === 'row') void go(pathOfRow(line.row));
    else return;
    event.preventDefault();
  };
  const line = lines[at];
  return (
    <>
      <div
        ref={box}
        role="grid"
        aria-label="What differs"
        aria-rowcount={lines.length + 1}
        aria-activedescendant={`difference-${at}`}
        tabIndex={0}
        className="verify-list"
        onKeyDown={onKeyDown}
      >
        <div role="row" className="verify-head" aria-rowindex={1}>
          {['Entry', 'What', 'Foretold', 'The kernel says', 'Found in it'].map((title) => (
            <span key={title} role="columnheader">
              {title}
            </span>
          ))}
        </div>
        <div role="rowgroup" className="verify-body" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const one = lines[index];
            return one === undefined ? null : (
              <div
                key={index}
                role="row"
                id={`difference-${index}`}
                className={`verify-row is-${one.kind}${index === at ? ' active' : ''}`}
                style={{ top: start }}
                aria-rowindex={index + 2}
                aria-selected={index === at}
                onClick={() => choose(index)}
                onDoubleClick={() => one.kind === 'row' && void go(pathOfRow(one.row))}
              >
                {one.kind === 'head' ? <HeadCells line={one} state={state} /> : <RowCells row={one.row} />}
              </div>
            );
          })}
        </div>
      </div>
      {state.further > 0 && (
        <p className="verify-further two">
          {countText(state.further)} more differ and are not kept. Verify fewer paths, or use the terminal.
        </p>
      )}
      {line?.kind === 'row' && <Evidence row={line.row} state={state} />}
    </>
  );
}

function HeadCells({ line, state }: { line: Extract<VerifyLine, { kind: 'head' }>; state: Verifying }) {
  const { cause, severity, count } = line;
  return (
    <>
      <span role="gridcell" className={`verify-cause f-${severity}`}>
        <SeverityIcon of={severity} />
        <b className="cut">{cause}</b>
      </span>
      <span role="gridcell" className="two cut" title={CURES[cause]}>
        {CURES[cause]}
      </span>
      <span role="gridcell" className="verify-act two">
        {cause === 'our error' && (
          <CopyEvidence rows={state.wrong.filter((row) => row.cause === cause)} state={state} />
        )}
        {countText(count)} {count === 1 ? 'answer' : 'answers'}
      </span>
    </>
  );
}

function RowCells({ row }: { row: VerifyRow }) {
  const path = pathOfRow(row);
  return (
    <>
      <span role="gridcell" className="mono cut" title={textForEyes(path) || '/'}>
        <bdi>{path === '' ? '/' : <Name bytes={path} />}</bdi>
      </span>
      <span role="gridcell" className="cut">
        {FIELDS[row.field]}
      </span>
      <span role="gridcell" className="mono cut r" title={valueText(row.predicted)}>
        {valueText(row.predicted)}
      </span>
      <span role="gridcell" className="mono cut r differs" title={valueText(row.observed)}>
        {valueText(row.observed)}
      </span>
      <span role="gridcell" className="cut two" title={row.findings.join(', ')}>
        {row.findings.length === 0 ? NONE : row.findings.join(', ')}
      </span>
    </>
  );
}

/** By what the cause of a row is told. */
function Evidence({ row, state }: { row: VerifyRow; state: Verifying }) {
  const { how, ...rest } = row.evidence ?? {};
  // It came as JSON.
  const facts = Object.entries(rest) as [string, Json][];
  return (
    <article className="verify-evidence selectable" aria-label="Evidence">
      <h3>
        <span className="cut">
          {textForEyes(pathOfRow(row)) || '/'}, {FIELDS[row.field]}
        </span>
        <span className="grow" />
        <CopyEvidence rows={[row]} state={state} />
      </h3>
      <p>
        Foretold <b className="mono">{valueText(row.predicted)}</b>, the kernel says{' '}
        <b className="mono">{valueText(row.observed)}</b>: {row.cause}
        {typeof how === 'string' && `, for ${safe(how)}`}. {row.cure}
      </p>
      {facts.length > 0 && <EvidenceTable facts={facts} />}
    </article>
  );
}

/** Puts on the clipboard what a report of these rows needs. */
function CopyEvidence({ rows, state }: { rows: readonly VerifyRow[]; state: Verifying }) {
  const [isCopied, setCopied] = useState(false);
  const copied = Math.min(rows.length, MOST_COPIED);
  const copy = async (): Promise<void> => {
    const { hello } = useSession.getState();
    if (state.meta === null || hello === null) return;
    const text = bugReport(state.meta, rows.slice(0, MOST_COPIED), hello.version);
    if (!(await copyText(text))) return addNotice('The clipboard could not be written.', 'warning');
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" onClick={() => void copy()}>
      {isCopied ? <Check className="i f-ok" aria-hidden /> : <Copy className="i" aria-hidden />}
      {isCopied ? 'Copied' : copied < rows.length ? `Copy the evidence of ${copied}` : 'Copy the evidence'}
    </button>
  );
}
