import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { showPath } from '../actions/live.ts';
import { panned, useTimeline, zoomed } from '../state/timeline.ts';
import { barsBetween, type Lane, momentsBetween } from './lanes.ts';
import { END_PX, type Hit, LANE_PX, NAMES_PX } from './paint.ts';
import { type TimelineAction, timelineAction } from './timeline-keys.ts';
import { usePainted } from './usePainted.ts';
import { laneText } from './words.ts';

const ZOOM = 1.5;
/** A press that moves less is a click. */
const CLICK_PX = 4;
/** Lanes that are told in words. */
const TOLD = 20;

/** When each process did what: bars from the birth of a temporary file to its end, and the moments of events. */
export function Timeline() {
  const body = useRef<HTMLDivElement>(null);
  const axis = useRef<HTMLCanvasElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const isHeld = useRef(false);
  const [chosen, setChosen] = useState<string | null>(null);
  /** What the keyboard is at in the chosen lane, and what is said of it. */
  const [item, setItem] = useState<Hit | null>(null);
  const [tip, setTip] = useState<{ x: number; y: number; text: string } | null>(null);
  const { painted, hits, now } = usePainted({ body, axis, canvas }, chosen, isHeld);
  const drag = useRef<{ x: number; moved: boolean } | null>(null);
  const { lanes, from, to } = painted;

  const msPerPx = (): number =>
    useTimeline.getState().span / Math.max(1, (body.current?.clientWidth ?? 0) - NAMES_PX - END_PX);
  const pan = (by: number): void => useTimeline.setState((at) => panned(at, by, now()));
  const zoom = (factor: number, around: number | null): void =>
    useTimeline.setState((at) => zoomed(at, factor, around, now()));

  const hitAt = (event: { clientX: number; clientY: number }): Hit | null => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box) return null;
    const [x, y] = [event.clientX - box.left - NAMES_PX, event.clientY - box.top];
    const isUnder = (hit: Hit): boolean => x >= hit.x0 - 2 && x <= hit.x1 + 2 && y >= hit.y && y < hit.y + LANE_PX;
    // What was drawn last lies on top.
    return hits.current.filter(isUnder).at(-1) ?? null;
  };

  // The wheel zooms with Ctrl and pans sideways; React's own listeners could not keep the page from doing so too.
  // biome-ignore lint/correctness/useExhaustiveDependencies: they read what stands now
  useEffect(() => {
    const box = body.current;
    if (!box) return;
    const onWheel = (event: WheelEvent): void => {
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (event.ctrlKey) {
        const left = canvas.current?.getBoundingClientRect().left ?? 0;
        const { span, until } = useTimeline.getState();
        zoom(
          event.deltaY > 0 ? ZOOM : 1 / ZOOM,
          (until ?? now()) - span + (event.clientX - left - NAMES_PX) * msPerPx(),
        );
      } else if (sideways !== 0) pan(sideways * msPerPx());
      else return;
      event.preventDefault();
    };
    box.addEventListener('wheel', onWheel, { passive: false });
    return () => box.removeEventListener('wheel', onWheel);
  }, []);

  const onPointerDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    drag.current = { x: event.clientX, moved: false };
    event.currentTarget.setPointerCapture(event.pointerId);
    setTip(null);
  };
  const onPointerMove = (event: PointerEvent): void => {
    isHeld.current = true;
    const held = drag.current;
    if (held === null) {
      const hit = hitAt(event);
      setTip(hit && { x: event.clientX, y: event.clientY + 14, text: hit.text });
      return;
    }
    const by = event.clientX - held.x;
    if (!held.moved && Math.abs(by) < CLICK_PX) return;
    drag.current = { x: event.clientX, moved: true };
    pan(-by * msPerPx());
  };
  const onPointerUp = (event: PointerEvent): void => {
    const held = drag.current;
    drag.current = null;
    const hit = held && !held.moved ? hitAt(event) : null;
    if (!hit) return;
    setChosen(hit.lane);
    setItem(hit);
    void showPath(hit.path);
  };

  const chooseLane = (index: number): void => {
    const lane = lanes[Math.max(0, Math.min(lanes.length - 1, index))];
    if (!lane || !body.current) return;
    setChosen(lane.key);
    setItem(null);
    const top = lanes.indexOf(lane) * LANE_PX;
    const { scrollTop, clientHeight } = body.current;
    if (top < scrollTop) body.current.scrollTop = top;
    else if (top + LANE_PX > scrollTop + clientHeight) body.current.scrollTop = top + LANE_PX - clientHeight;
  };
  const step = (by: 1 | -1): void => {
    const own = hits.current.filter(({ lane }) => lane === chosen).sort((a, b) => a.at - b.at);
    const at = item === null ? (by > 0 ? -1 : own.length) : own.findIndex((one) => one.at === item.at);
    setItem(own[Math.max(0, Math.min(own.length - 1, at + by))] ?? null);
  };
  const act = (action: TimelineAction): void => {
    const { span } = useTimeline.getState();
    const [first] = lanes;
    switch (action.do) {
      case 'pan':
        pan(span * action.by);
        break;
      case 'zoom':
        zoom(action.by === 'in' ? 1 / ZOOM : ZOOM, null);
        break;
      case 'lane': {
        const at = lanes.findIndex(({ key }) => key === chosen);
        chooseLane(at + action.by);
        break;
      }
      case 'item':
        step(action.by);
        break;
      case 'start':
        if (first) useTimeline.setState({ until: first.first + span });
        break;
      case 'now':
        useTimeline.setState({ until: null });
        break;
      case 'show':
        void showPath(item?.path ?? null);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const action = timelineAction(event.key);
    if (action === null) return;
    event.preventDefault();
    act(action);
  };
  const leave = (): void => {
    isHeld.current = document.activeElement === body.current;
    setTip(null);
  };

  return (
    <div className="timeline">
      <div className="timeline-axis">
        <span>Process</span>
        <canvas ref={axis} />
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: it is no set of fields */}
      <div
        ref={body}
        role="group"
        aria-label="Timeline"
        aria-roledescription="timeline"
        aria-describedby="timeline-keys"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is worked by keys
        tabIndex={0}
        className="timeline-body"
        onKeyDown={onKeyDown}
        onFocus={() => {
          isHeld.current = true;
        }}
        onBlur={() => {
          isHeld.current = false;
        }}
      >
        <div className="timeline-size" style={{ height: lanes.length * LANE_PX }}>
          <div
            className="timeline-view"
            onPointerDown={onPointerDown}
            onPointerMove={onPointerMove}
            onPointerUp={onPointerUp}
            onPointerLeave={leave}
          >
            <canvas ref={canvas} />
          </div>
        </div>
      </div>
      <p id="timeline-keys" className="sr">
        Left and right move in time, plus and minus zoom, up and down go through the processes, comma and full stop
        through what one did, Enter shows it in the tree, End goes back to now.
      </p>
      <ul className="sr">
        {lanes.slice(0, TOLD).map((lane) => (
          <li key={lane.key}>{laneText(lane, momentsIn(lane, from, to), [...barsBetween(lane, from, to)])}</li>
        ))}
      </ul>
      <span className="sr" role="status">
        {item?.text ?? ''}
      </span>
      {tip && (
        <div
          className="tip"
          aria-hidden="true"
          style={
            tip.x > window.innerWidth / 2
              ? { right: window.innerWidth - tip.x, bottom: window.innerHeight - tip.y + 28 }
              : { left: tip.x, bottom: window.innerHeight - tip.y + 28 }
          }
        >
          {tip.text}
        </div>
      )}
    </div>
  );
}

function momentsIn(lane: Lane, from: number, to: number): number {
  for (const { count } of momentsBetween(lane, from, to, to - from + 1)) return count;
  return 0;
}
