import 'uplot/dist/uPlot.min.css';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import type { UpperUse } from '../../shared/ipc/engine.ts';
import { sizeText, whenText } from '../tree/format.ts';
import { burstOf, indexAt, seriesOf } from './growth.ts';
import { useSize } from './Treemap.tsx';
import { chartOptions, useTheme } from './theme.ts';

/** When the upper grew: bytes by the birth of their inodes, added up. Left and right walk its points. */
export function Growth({ use }: { use: UpperUse }) {
  const { growth } = use;
  const series = useMemo(() => seriesOf(growth), [growth]);
  const [at, setAt] = useState<number | null>(null);
  if (growth.length === 0) {
    return (
      <div className="upper-growth upper-growth-none">
        <h3>When it grew</h3>
        <p className="two">
          <i className="unknown">unknown</i>: the upper’s filesystem keeps no birth times.
        </p>
      </div>
    );
  }
  const last = growth.length - 1;
  const onKeyDown = (event: KeyboardEvent): void => {
    const now = at ?? last;
    const page = Math.max(1, Math.round(growth.length / 10));
    const moves: Record<string, number> = {
      ArrowLeft: now - 1,
      ArrowRight: now + 1,
      ArrowDown: now - 1,
      ArrowUp: now + 1,
      PageDown: now - page,
      PageUp: now + page,
      Home: 0,
      End: last,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setAt(Math.max(0, Math.min(to, last)));
  };
  return (
    <div className="upper-growth">
      <h3>
        When it grew
        <span className="two">{at === null ? burstWord(growth) : pointWord(growth, at)}</span>
      </h3>
      <div
        className="upper-chart"
        role="slider"
        tabIndex={0}
        aria-label="When the upper grew"
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={at ?? last}
        aria-valuetext={pointWord(growth, at ?? last)}
        aria-describedby="upper-growth-words"
        onKeyDown={onKeyDown}
        onBlur={() => setAt(null)}
      >
        <Chart series={series} at={at} onPoint={setAt} />
      </div>
      <p className="sr" id="upper-growth-words">
        {burstWord(growth)}
      </p>
    </div>
  );
}

type ChartProps = {
  series: ReturnType<typeof seriesOf>;
  at: number | null;
  onPoint: (index: number | null) => void;
};

function Chart({ series, at, onPoint }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { width, height } = useSize(box);
  const theme = useTheme();
  const point = useRef(onPoint);
  point.current = onPoint;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme's colours are read when the chart is made
  useEffect(() => {
    const { current } = box;
    if (!current || width === 0 || height === 0) return;
    const moved = (chart: uPlot): void => {
      const { left } = chart.cursor;
      const inside = left !== undefined && left !== null && left >= 0;
      point.current(inside ? indexAt(series.times, chart.posToVal(left, 'x')) : null);
    };
    const options = chartOptions(current, { width, height }, moved);
    plot.current = new uPlot(options, [series.times, series.bytes], current);
    // A canvas does not wait for the fonts that it is drawn with.
    void document.fonts.ready.then(() => plot.current?.redraw(false, true));
    return () => {
      plot.current?.destroy();
      plot.current = null;
    };
  }, [series, width, height, theme]);
  const mark = at === null ? undefined : series.times[at];
  return (
    <div className="upper-plot" ref={box}>
      {mark !== undefined && <Marker plot={plot.current} time={mark} bytes={series.bytes[at as number] as number} />}
    </div>
  );
}

/** The point that is read out, on the line. */
function Marker({ plot, time, bytes }: { plot: uPlot | null; time: number; bytes: number }) {
  if (plot === null) return null;
  const ratio = window.devicePixelRatio;
  const left = plot.valToPos(time, 'x') + plot.bbox.left / ratio;
  const top = plot.valToPos(bytes, 'y') + plot.bbox.top / ratio;
  return <span className="upper-marker" style={{ left, top }} />;
}

const when = (ns: string): string => whenText(ns, Date.now());

function pointWord(growth: UpperUse['growth'], index: number): string {
  const [ns, bytes] = growth[index] as [string, string];
  return `${when(ns)}: ${sizeText(bytes)}`;
}

/** The one sentence that the picture says. */
function burstWord(growth: UpperUse['growth']): string {
  const burst = burstOf(growth);
  const [first, last] = [growth[0], growth.at(-1)];
  if (!first || !last) return '';
  if (burst === null) return `${sizeText(last[1])}, on ${when(last[0])}`;
  const [from, to] = [when(growth[burst.from]?.[0] as string), when(growth[burst.to]?.[0] as string)];
  const span = from === to ? `at ${from}` : `from ${from} to ${to}`;
  return `${sizeText(String(burst.bytes))} of ${sizeText(last[1])} came ${span}`;
}
