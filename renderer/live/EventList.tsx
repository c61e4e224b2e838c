// biome-ignore-all lint/a11y/useSemanticElements: a virtual grid is made of boxes, a table would lay out every row
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus and names its active row
import { type KeyboardEvent, useRef, useState } from 'react';
import type { WatchEvent } from '../../shared/contract/watch.ts';
import { showPath } from '../actions/live.ts';
import { safeText } from '../app/words.ts';
import { EventGlyph } from '../marks/EventGlyph.tsx';
import type { StripLayers } from '../marks/StripView.tsx';
import { layerLabel } from '../marks/strip.ts';
import { useLive } from '../state/live.ts';
import { NONE, sizeText } from '../tree/format.ts';
import { isFiltering } from './filter.ts';
import { useShownEvents } from './shown.ts';
import { useHeld } from './useHeld.ts';
import { aboutText, pathOf, pathText, timeText, whoText } from './words.ts';

const ROW_PX = 24;
const HEAD_PX = 20;
const HEADS = ['Time', 'Event', 'Path', 'Temporary', 'Layer', 'Bytes', 'Process'] as const;

/** The events, the newest first. What comes in never pushes away what is being read. */
export function EventList({ strips }: { strips: StripLayers }) {
  const box = useRef<HTMLDivElement>(null);
  const { log } = useLive((live) => live.past);
  useLive((live) => live.turn);
  useLive((live) => live.pausedAt);
  const filter = useShownEvents(({ filter: now }) => now);
  const shown = useShownEvents.getState().shown();
  const { count, next } = shown;
  /** Number of the event that the keyboard is at. */
  const [active, setActive] = useState<number | null>(null);
  const held = useHeld(box, { count, next, rowPx: ROW_PX, headPx: HEAD_PX, isPinned: active !== null, list: filter });
  const at = shown.numberAt;

  const choose = (index: number): void => {
    if (count === 0) return;
    const to = Math.max(0, Math.min(count - 1, index));
    setActive(at(to));
    held.rows.scrollToIndex(to);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW_PX) - 1);
    const now = active === null ? -1 : (shown.indexOf(active) ?? -1);
    const to: Record<string, number> = {
      ArrowDown: now + 1,
      ArrowUp: now - 1,
      PageDown: now + page,
      PageUp: now - page,
      Home: 0,
      End: count - 1,
    };
    const index = to[event.key];
    const chosen = active === null ? undefined : log.at(active);
    if (index !== undefined) choose(index);
    else if (event.key === 'Enter' && chosen) void showPath(pathOf(chosen));
    else if (event.key === 'Escape' && active !== null) setActive(null);
    else return;
    event.preventDefault();
  };

  return (
    <div
      ref={box}
      role="grid"
      aria-label="Events"
      aria-rowcount={count + 1}
      aria-activedescendant={active === null ? undefined : `event-${active}`}
      tabIndex={0}
      className="events"
      onKeyDown={onKeyDown}
      {...held.handlers}
    >
      <div role="rowgroup" className="events-top">
        <div role="row" className="event events-head" aria-rowindex={1}>
          {HEADS.map((head) => (
            <span key={head} role="columnheader" className={`ev-${head.toLowerCase()}`}>
              {head}
            </span>
          ))}
        </div>
      </div>
      {count === 0 ? (
        <Nothing isFiltered={isFiltering(filter)} />
      ) : (
        <div role="rowgroup" className="events-body" style={{ height: count * ROW_PX }}>
          {held.rows.getVirtualItems().map(({ index, start }) => {
            const event = log.at(at(index));
            return event ? (
              <EventRow
                key={at(index)}
                id={at(index)}
                event={event}
                index={index}
                top={start}
                isActive={at(index) === active}
                strips={strips}
                onChoose={() => {
                  setActive(at(index));
                  void showPath(pathOf(event));
                }}
              />
            ) : null;
          })}
        </div>
      )}
    </div>
  );
}

/** Why no event stands here. */
function Nothing({ isFiltered }: { isFiltered: boolean }) {
  const phase = useLive((live) => live.phase);
  const text = isFiltered
    ? 'No event is like this.'
    : phase === 'watching'
      ? 'Nothing has happened yet. What does is told here within a tenth of a second.'
      : 'Nothing was told.';
  return <p className="events-blank two">{text}</p>;
}

type EventRowProps = {
  id: number;
  event: WatchEvent;
  index: number;
  top: number;
  isActive: boolean;
  strips: StripLayers;
  onChoose: () => void;
};

function EventRow({ id, event, index, top, isActive, strips, onChoose }: EventRowProps) {
  const { text, isPath } = pathText(event);
  const role = strips.roleOf(event.layer);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keys
    <div
      role="row"
      id={`event-${id}`}
      aria-rowindex={index + 2}
      aria-selected={isActive}
      className={isActive ? 'event sel' : 'event'}
      style={{ top }}
      onClick={onChoose}
    >
      <span role="gridcell" className="mono two">
        {timeText(event.time)}
      </span>
      <span role="gridcell" className="st" title={aboutText(event)}>
        <EventGlyph event={event.event} of={role} />
        <span className="cut">{event.event}</span>
      </span>
      <span role="gridcell" className={isPath ? 'mono ev-path' : 'ev-path dim'} title={isPath ? text : undefined}>
        <bdi>{text}</bdi>
      </span>
      <span role="gridcell" className="mono two ev-temporary cut">
        {event.temp === undefined ? '' : safeText(event.temp)}
      </span>
      <span role="gridcell" className="mono">
        <b className={`c-${role}`}>{event.layer < 0 ? 'W' : layerLabel(event.layer)}</b>
      </span>
      <span role="gridcell" className="ev-bytes">
        {event.bytes === undefined ? (
          NONE
        ) : event.bytes === 'unknown' ? (
          <span className="unknown">unknown</span>
        ) : (
          sizeText(event.bytes)
        )}
      </span>
      <span role="gridcell" className="cut" title={whoText(event)}>
        {event.command === 'unknown' ? <span className="unknown">unknown</span> : safeText(event.command)}{' '}
        {event.pid !== null && <span className="dim">{event.pid}</span>}
      </span>
    </div>
  );
}
