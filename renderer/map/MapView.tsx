import './map.css';
import { useVirtualizer } from '@tanstack/react-virtual';
import { X } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { type Bytes, bytesOfBase64, bytesOfText } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { MapObject } from '../../shared/map/record.ts';
import { setSetting } from '../actions/settings.ts';
import { scanAgain } from '../actions/stacks.ts';
import { focusTree } from '../actions/tree.ts';
import { nextStep, whatFailed } from '../app/failure-words.ts';
import { go } from '../jump/PathResults.tsx';
import { useLayout } from '../state/layout.ts';
import { useSession } from '../state/session.ts';
import { useSettings } from '../state/settings.ts';
import { clockText, countText, sizeText, wholeTime } from '../tree/format.ts';
import { Bitmap } from './Bitmap.tsx';
import { type MapState, useMap, useMapRows } from './use-map.ts';

const ROW_PX = 24;

const close = (): void => {
  useLayout.setState({ main: 'tree' });
  // Once the tree stands again.
  setTimeout(focusTree, 0);
};

/** The database that was proposed in 2017, over the open stack: upper inode to lower inode, and back. */
export function MapView() {
  const state = useMap();
  const isKept = useSettings((settings) => settings.map);
  const hasUpper = useSession(({ stack }) => stack?.facts.layers[0]?.role === 'upper');
  const [by, setBy] = useState<'upper' | 'lower'>('upper');
  const keep = (on: boolean): void => {
    setSetting('map', on);
    if (on) void scanAgain();
  };
  return (
    <section className="map" aria-label="Inode map" onKeyDown={(event) => event.key === 'Escape' && close()}>
      <header className="map-bar">
        <h2>Inode map</h2>
        <span className="two cut">
          {state.phase === 'ready' ? figuresWord(state) : 'upper inode to lower inode, and back'}
        </span>
        <span className="grow" />
        {hasUpper && (
          <label>
            <input type="checkbox" checked={isKept} onChange={(event) => keep(event.target.checked)} /> Keep in step
            with each scan
          </label>
        )}
        <button type="button" onClick={close}>
          <X className="i" aria-hidden />
          Back to the tree
        </button>
      </header>
      {state.phase === 'ready' ? (
        <>
          <div className="map-figures">
            <Bitmap of={state.figures.upper} title="upper" />
            <Bitmap of={state.figures.lower} title="lower" />
          </div>
          <Rows key={by} state={state} by={by} onOrder={setBy} />
        </>
      ) : (
        <Blank state={state} hasUpper={hasUpper}>
          {hasUpper && !isKept && (
            <button type="button" onClick={() => keep(true)}>
              Keep a map of this stack
            </button>
          )}
        </Blank>
      )}
    </section>
  );
}

type Ready = Extract<MapState, { phase: 'ready' }>;

function figuresWord({ figures: { mappings, bytes, readAtNs } }: Ready): string {
  const each = mappings === 0 ? '' : `, ${countText(Math.round(bytes / mappings))} bytes each`;
  const when = readAtNs === null ? '' : `, as of ${clockText(readAtNs)}`;
  return `${countText(mappings)} ${mappings === 1 ? 'mapping' : 'mappings'} in ${sizeText(String(bytes))}${each}${when}`;
}

function Blank({ state, hasUpper, children }: { state: MapState; hasUpper: boolean; children: ReactNode }) {
  const [title, text] =
    state.phase === 'failed'
      ? ['The map could not be read', `${whatFailed(state.failure)} ${nextStep(state.failure) ?? ''}`]
      : !hasUpper
        ? ['This stack has no upper', 'Nothing can have been copied up, so there is nothing to map.']
        : state.phase === 'reading'
          ? ['Reading the map…', '']
          : [
              'There is no map of this stack yet',
              'It keeps, in a file of the program, which lower inode each upper inode was copied up from: the database that was proposed for overlayfs in 2017. The layers themselves are not touched.',
            ];
  return (
    <div className="map-blank" role={state.phase === 'failed' ? 'alert' : 'status'}>
      <b>{title}</b>
      <p className="two">{text}</p>
      {children}
    </div>
  );
}

const pathOf = ({ path, pathB64 }: MapObject): Bytes =>
  pathB64 === undefined ? bytesOfText(path) : bytesOfBase64(pathB64);

function Rows({
  state,
  by,
  onOrder,
}: {
  state: Ready;
  by: 'upper' | 'lower';
  onOrder: (by: 'upper' | 'lower') => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const count = state.figures.mappings;
  const rowOf = useMapRows(state.db, by, state.edition);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  useEffect(() => box.current?.focus(), []);
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 600) / ROW_PX) - 2);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -count,
      End: count,
    };
    const step = steps[event.key];
    const row = rowOf(active);
    if (step !== undefined) {
      const next = Math.max(0, Math.min(count - 1, active + step));
      setActive(next);
      virtual.scrollToIndex(next);
    } else if (event.key === 'Enter' && row) void go(pathOf(row));
    else return;
    event.preventDefault();
  };
  const order = (side: 'upper' | 'lower') => (
    <button
      type="button"
      className={by === side ? 'on' : ''}
      aria-pressed={by === side}
      title={`In the order of the ${side} numbers`}
      onClick={() => onOrder(side)}
    >
      by {side}
    </button>
  );
  return (
    <>
      <div className="map-orders">
        {order('upper')}
        {order('lower')}
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a virtual grid is made of boxes */}
      <div
        ref={box}
        role="grid"
        aria-label="Mappings"
        aria-rowcount={count + 1}
        aria-activedescendant={`mapping-${active}`}
        tabIndex={0}
        className="map-list"
        onKeyDown={onKeyDown}
      >
        <MapHead />
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        <div role="rowgroup" className="map-body" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => (
            <MapLine
              key={index}
              index={index}
              top={start}
              row={rowOf(index)}
              active={index === active}
              onChoose={() => setActive(index)}
            />
          ))}
        </div>
      </div>
    </>
  );
}

const TITLES = ['upper', 'its handle', 'lower', 'its handle', 'path', 'since'];

// biome-ignore-start lint/a11y/useSemanticElements: a virtual grid is made of boxes
// biome-ignore-start lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
// biome-ignore-start lint/a11y/useKeyWithClickEvents: the grid takes the keys
function MapHead() {
  return (
    <div role="row" className="map-row map-head" aria-rowindex={1}>
      {TITLES.map((title, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the columns never move
        <span key={index} role="columnheader">
          {title}
        </span>
      ))}
    </div>
  );
}

type LineProps = { index: number; top: number; row: MapObject | null; active: boolean; onChoose: () => void };

function MapLine({ index, top, row, active, onChoose }: LineProps) {
  return (
    <div
      role="row"
      id={`mapping-${index}`}
      className={active ? 'map-row active' : 'map-row'}
      style={{ top }}
      aria-rowindex={index + 2}
      aria-selected={active}
      onClick={onChoose}
      onDoubleClick={() => row && void go(pathOf(row))}
    >
      {row === null ? (
        <span role="gridcell">
          <span className="ghost" />
        </span>
      ) : (
        <>
          <span role="gridcell" className="mono map-number">
            <span className="lay c-upper">U</span> {row.upper.ino}
          </span>
          <span role="gridcell" className="mono two cut" title={`filesystem ${row.upper.fs}, device ${row.upper.dev}`}>
            {row.upper.handle ?? '–'}
          </span>
          <span role="gridcell" className="mono map-number">
            <span className="lay c-lower">{row.lower.layer}</span> {row.lower.ino}
          </span>
          <span role="gridcell" className="mono two cut" title={`filesystem ${row.lower.fs}, device ${row.lower.dev}`}>
            {row.lower.handle ?? '–'}
          </span>
          <span role="gridcell" className="mono cut">
            <bdi>{textForEyes(pathOf(row)) || '/'}</bdi>
          </span>
          <span role="gridcell" className="two cut" title={row.since === 'unknown' ? undefined : wholeTime(row.since)}>
            {row.since === 'unknown' ? <i className="unknown">unknown</i> : clockText(row.since)}
          </span>
        </>
      )}
    </div>
  );
}
// biome-ignore-end lint/a11y/useKeyWithClickEvents: the grid takes the keys
// biome-ignore-end lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
// biome-ignore-end lint/a11y/useSemanticElements: a virtual grid is made of boxes
