// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid is made of boxes
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid takes the keys
import type { ReactNode } from 'react';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { FindingRow } from '../../shared/ipc/engine.ts';
import { Glyph } from '../marks/Glyph.tsx';
import { Name } from '../marks/Name.tsx';
import type { StripLayers } from '../marks/StripView.tsx';
import { layerLabel } from '../marks/strip.ts';
import { countText, NONE } from '../tree/format.ts';
import { numberCell } from '../tree/NumberCell.tsx';
import type { Line } from './lines.ts';
import { SeverityIcon } from './Severity.tsx';

type LineProps = {
  index: number;
  top: number;
  line: Line;
  /** The object of an object's line; null while it is awaited. */
  finding: FindingRow | null;
  strips: StripLayers;
  active: boolean;
  selected: boolean;
  onChoose: () => void;
  onRun: () => void;
};

/** One line: a finding's head, one of its objects, or how many more it has. */
export function LineView({ index, top, line, finding, strips, active, selected, onChoose, onRun }: LineProps) {
  const className = `findings-row is-${line.kind}${selected ? ' sel' : ''}${active ? ' active' : ''}`;
  return (
    <div
      role="row"
      id={`finding-${index}`}
      className={className}
      style={{ top }}
      aria-rowindex={index + 2}
      aria-label={labelOf(line, finding)}
      aria-selected={active}
      onClick={line.kind === 'object' ? onChoose : onRun}
      onDoubleClick={onRun}
    >
      {cellsOf(line, finding, strips)}
    </div>
  );
}

function labelOf(line: Line, finding: FindingRow | null): string {
  const { code, title, count } = line.group;
  if (line.kind === 'head') return `${code}: ${title}, ${countText(count)} ${count === 1 ? 'entry' : 'entries'}`;
  if (line.kind === 'more') return `${code}: show ${countText(line.count)} more`;
  return finding ? `${code}: ${textForEyes(finding.path) || '/'}: ${finding.what}` : `${code}: reading`;
}

function cellsOf(line: Line, finding: FindingRow | null, strips: StripLayers): ReactNode {
  const { group } = line;
  if (line.kind === 'head')
    return (
      <>
        <span role="gridcell" className={`findings-name f-${group.severity}`}>
          <SeverityIcon of={group.severity} />
          <b className="mono cut">{group.code}</b>
        </span>
        <span role="gridcell" className="cut">
          {group.title}
        </span>
        <span role="gridcell" className="findings-count two">
          {countText(group.count)} {group.count === 1 ? 'entry' : 'entries'}
        </span>
      </>
    );
  if (line.kind === 'more')
    return (
      <span role="gridcell" className="findings-more two">
        and {countText(line.count)} more
      </span>
    );
  if (finding === null)
    return (
      <span role="gridcell" className="findings-name">
        <span className="ghost" />
      </span>
    );
  const { row } = finding;
  return (
    <>
      <span role="gridcell" className="findings-name">
        <Glyph status={row.status} top={strips.roleOf(row.cells[0]?.[0] ?? 1)} />
        <span className="mono cut" title={textForEyes(finding.path)}>
          <bdi>{finding.path === '' ? '/' : <Name bytes={finding.path} />}</bdi>
        </span>
      </span>
      <span role="gridcell" className="two cut" title={finding.what}>
        {finding.what}
      </span>
      <span role="gridcell" className="findings-number mono">
        {numberCell(row, 'ino', false)}
      </span>
      <span role="gridcell" className="findings-number mono">
        {row.real === null ? (
          NONE
        ) : (
          <>
            <span className={`lay c-${strips.roleOf(row.real.layer)}`}>{layerLabel(row.real.layer)}</span>{' '}
            {row.real.ino}
          </>
        )}
      </span>
    </>
  );
}
