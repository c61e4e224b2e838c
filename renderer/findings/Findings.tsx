import './findings.css';
import { useVirtualizer } from '@tanstack/react-virtual';
import { X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { Severity } from '../../shared/contract/finding.ts';
import type { FindingCode } from '../../shared/contract/scan.ts';
import type { FindingRow } from '../../shared/ipc/engine.ts';
import { focusTree, revealPath } from '../actions/tree.ts';
import { whatFailed } from '../app/failure-words.ts';
import { runCommand } from '../commands/registry.ts';
import { type StripLayers, stripLayers } from '../marks/StripView.tsx';
import { useFindings } from '../state/findings.ts';
import { useLayout } from '../state/layout.ts';
import { useSelection } from '../state/selection.ts';
import type { OpenStack } from '../state/session.ts';
import { countText } from '../tree/format.ts';
import { LineView } from './LineView.tsx';
import { Lines } from './lines.ts';
import { useFindingRows } from './pages.ts';
import { SeverityIcon, severityCount } from './Severity.tsx';

const ROW_PX = 24;
const HEAD_PX = 32;
const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

const close = (): void => {
  useLayout.setState({ main: 'tree' });
  // Once the tree stands again.
  setTimeout(focusTree, 0);
};

/** Every finding of the open stack, grouped by code. Stands in place of the tree. */
export function Findings({ stack }: { stack: OpenStack }) {
  const found = useFindings();
  const [only, setOnly] = useState<Severity | null>(null);
  const [open, setOpen] = useState<ReadonlySet<FindingCode>>(new Set());
  const groups = useMemo(
    () =>
      SEVERITIES.flatMap((one) =>
        (only ?? one) === one ? found.groups.filter(({ severity }) => severity === one) : [],
      ),
    [found.groups, only],
  );
  const strips = useMemo(() => stripLayers(stack.facts.layers), [stack]);
  const totals = found.totals;
  const counts = { error: totals?.errors ?? 0, warning: totals?.warnings ?? 0, note: totals?.notes ?? 0 };
  return (
    <section
      className="findings"
      aria-label="Findings"
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
      }}
    >
      <header className="findings-bar">
        <button
          type="button"
          className={only === null ? 'on' : 'quiet'}
          aria-pressed={only === null}
          onClick={() => setOnly(null)}
        >
          All
        </button>
        {SEVERITIES.filter((severity) => counts[severity] > 0).map((severity) => (
          <button
            key={severity}
            type="button"
            className={only === severity ? 'on' : 'quiet'}
            aria-pressed={only === severity}
            onClick={() => setOnly(severity)}
          >
            <SeverityIcon of={severity} />
            {severityCount(severity, counts[severity])}
          </button>
        ))}
        <span className="grow" />
        {found.phase === 'reading' && <Looking />}
        {found.groups.length > 0 && (
          <button type="button" onClick={() => runCommand('cures')}>
            Write a script of the cures…
          </button>
        )}
        <button
          type="button"
          className="quiet only-icon"
          aria-label="Back to the tree"
          title="Back to the tree (Esc)"
          onClick={close}
        >
          <X className="i" aria-hidden />
        </button>
      </header>
      {found.groups.length === 0 ? (
        <Nothing />
      ) : (
        <List
          groups={groups}
          lines={new Lines(groups, open)}
          strips={strips}
          onOpen={(code) => setOpen((before) => new Set([...before, code]))}
        />
      )}
    </section>
  );
}

function Looking() {
  const progress = useFindings((found) => found.progress);
  return (
    <span className="two" role="status">
      looking{progress ? `: ${countText(progress.checked)} of ${countText(progress.total)} objects` : '…'}
    </span>
  );
}

function Nothing() {
  const { phase, failure } = useFindings();
  if (phase === 'failed')
    return (
      <div className="findings-blank" role="alert">
        <b>The findings could not be told</b>
        <p className="two">{failure && whatFailed(failure)} Press F5 to scan again.</p>
      </div>
    );
  return (
    <div className="findings-blank" role="status">
      <b>{phase === 'ready' ? 'Nothing was found' : 'Looking…'}</b>
      <p className="two">
        {phase === 'ready'
          ? 'Every number and every mark of this stack is as a program would expect it.'
          : 'Findings come once the layers are read.'}
      </p>
    </div>
  );
}

type ListProps = {
  groups: Parameters<typeof useFindingRows>[0];
  lines: Lines;
  strips: StripLayers;
  onOpen: (code: FindingCode) => void;
};

function List({ groups, lines, strips, onOpen }: ListProps) {
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const selected = useSelection((selection) => selection.path);
  const rowOf = useFindingRows(groups);
  const virtual = useVirtualizer({
    count: lines.count,
    getScrollElement: () => box.current,
    estimateSize: (index) => (lines.at(index)?.kind === 'head' ? HEAD_PX : ROW_PX),
    overscan: 8,
  });
  useEffect(() => box.current?.focus(), []);
  // Other lines have other heights at the same places.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines decide the heights
  useEffect(() => virtual.measure(), [virtual, lines.count, groups]);

  const choose = (index: number): void => {
    const at = Math.max(0, Math.min(lines.count - 1, index));
    setActive(at);
    virtual.scrollToIndex(at);
    const line = lines.at(at);
    const finding = line?.kind === 'object' ? rowOf(line.group.code, line.at) : null;
    if (finding && line) select(finding, line.group.code);
  };
  const run = (index: number): void => {
    const line = lines.at(index);
    if (line?.kind === 'more' || line?.kind === 'head') onOpen(line.group.code);
    const finding = line?.kind === 'object' ? rowOf(line.group.code, line.at) : null;
    if (finding) showInTree(finding);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 600) / ROW_PX) - 2);
    const to: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      PageDown: active + page,
      PageUp: active - page,
      Home: 0,
      End: lines.count - 1,
    };
    const next = to[event.key];
    if (next !== undefined && !event.ctrlKey && !event.altKey && !event.metaKey) choose(next);
    else if (event.key === 'Enter') run(active);
    else return;
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual grid is made of boxes
    <div
      ref={box}
      role="grid"
      aria-label="Findings"
      aria-rowcount={lines.count + 1}
      aria-activedescendant={`finding-${active}`}
      tabIndex={0}
      className="findings-list"
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      {/* biome-ignore lint/a11y/useFocusableInteractive: the grid has the focus and names its active row */}
      <div role="row" className="findings-head" aria-rowindex={1}>
        {['Finding, entry', 'What is the matter', 'st_ino', 'real'].map((title) => (
          // biome-ignore lint/a11y/useSemanticElements: as above
          // biome-ignore lint/a11y/useFocusableInteractive: as above
          <span key={title} role="columnheader">
            {title}
          </span>
        ))}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div role="rowgroup" className="findings-body" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const line = lines.at(index);
          if (line === null) return null;
          const finding = line.kind === 'object' ? rowOf(line.group.code, line.at) : null;
          return (
            <LineView
              key={index}
              index={index}
              top={start}
              line={line}
              finding={finding}
              strips={strips}
              active={index === active}
              selected={finding !== null && finding.path === selected}
              onChoose={() => choose(index)}
              onRun={() => run(index)}
            />
          );
        })}
      </div>
    </div>
  );
}

function select({ id, path, row }: FindingRow, chosen: FindingCode): void {
  useFindings.setState({ chosen });
  useSelection.setState({ id, path, index: null, row });
}

/** Shows the object in the tree, with its findings beside it. */
function showInTree({ path }: FindingRow): void {
  useLayout.setState({ main: 'tree' });
  setTimeout(() => void revealPath(path).then(focusTree), 0);
}
