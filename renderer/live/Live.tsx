import './live.css';
import { Pause, Play } from 'lucide-react';
import { useMemo } from 'react';
import { setPaused, setWatching } from '../actions/live.ts';
import { stripLayers } from '../marks/StripView.tsx';
import { useLive } from '../state/live.ts';
import type { OpenStack } from '../state/session.ts';
import { EventList } from './EventList.tsx';
import { SpanMenu } from './SpanMenu.tsx';
import { Standing } from './Standing.tsx';
import { Timeline } from './Timeline.tsx';

/** The lane below the tree: what happens in the stack that is open, as it happens. */
export function Live({ stack }: { stack: OpenStack }) {
  const strips = useMemo(() => stripLayers(stack.facts.layers), [stack]);
  const phase = useLive((live) => live.phase);
  const isPaused = useLive((live) => live.pausedAt !== null);
  const isRunning = phase !== 'off' && phase !== 'failed' && phase !== 'unmounted';
  return (
    <section className="live" aria-label="Live" data-pane="live">
      <div className="live-head">
        <b>Live</b>
        <Standing />
        <span className="grow" />
        <SpanMenu />
        {isRunning ? (
          <button
            type="button"
            className={isPaused ? 'on' : ''}
            aria-pressed={isPaused}
            onClick={() => setPaused(!isPaused)}
          >
            <Pause className="i" aria-hidden="true" />
            Pause
          </button>
        ) : (
          <button type="button" onClick={() => setWatching(true)}>
            <Play className="i" aria-hidden="true" />
            Watch
          </button>
        )}
      </div>
      <div className="live-body">
        <EventList strips={strips} />
        <Timeline />
      </div>
    </section>
  );
}
