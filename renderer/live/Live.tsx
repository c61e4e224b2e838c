import './live.css';
import { Download, Pause, Play, Users } from 'lucide-react';
import { useMemo } from 'react';
import { setPaused, setWatching } from '../actions/live.ts';
import { showDialog } from '../dialogs/open.ts';
import { stripLayers } from '../marks/StripView.tsx';
import { useLayout } from '../state/layout.ts';
import { useLive } from '../state/live.ts';
import type { OpenStack } from '../state/session.ts';
import { ByProcess } from './ByProcess.tsx';
import { EventList } from './EventList.tsx';
import { FilterTools } from './FilterTools.tsx';
import { LiveNotice } from './LiveNotice.tsx';
import { SpanMenu } from './SpanMenu.tsx';
import { Standing } from './Standing.tsx';
import { Timeline } from './Timeline.tsx';

/** The lane below the tree: what happens in the stack that is open, as it happens. */
export function Live({ stack }: { stack: OpenStack }) {
  const strips = useMemo(() => stripLayers(stack.facts.layers), [stack]);
  const isByProcess = useLayout((layout) => layout.live === 'by-process');
  return (
    <section className="live" aria-label="Live" data-pane="live">
      <div className="live-head">
        <b>Live</b>
        <Standing />
        <span className="grow" />
        {!isByProcess && <FilterTools />}
        <button
          type="button"
          className={isByProcess ? 'on' : ''}
          aria-pressed={isByProcess}
          title="Who copied up how much, in how many files"
          onClick={() => useLayout.setState({ live: isByProcess ? 'events' : 'by-process' })}
        >
          <Users className="i" aria-hidden="true" />
          By process
        </button>
        <button
          type="button"
          className="quiet only-icon"
          aria-label="Export the events shown…"
          title="Export the events shown…"
          onClick={() => showDialog('export-events')}
        >
          <Download className="i" aria-hidden="true" />
        </button>
        <SpanMenu />
        <Control />
      </div>
      <LiveNotice facts={stack.facts} />
      <div className="live-body">
        {isByProcess ? <ByProcess /> : <EventList strips={strips} />}
        <Timeline />
      </div>
    </section>
  );
}

/** Pause, while it is watched; else the way to watch. */
function Control() {
  const phase = useLive((live) => live.phase);
  const isPaused = useLive((live) => live.pausedAt !== null);
  if (phase === 'off' || phase === 'failed' || phase === 'unmounted')
    return (
      <button type="button" onClick={() => setWatching(true)}>
        <Play className="i" aria-hidden="true" />
        Watch
      </button>
    );
  return (
    <button type="button" className={isPaused ? 'on' : ''} aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
      <Pause className="i" aria-hidden="true" />
      Pause
    </button>
  );
}
