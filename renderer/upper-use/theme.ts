import { useEffect, useState } from 'react';
import uPlot from 'uplot';
import { sizeText } from '../tree/format.ts';
import { timeLabels } from './growth.ts';

/** The theme that is painted; changes with it, so that what is drawn on a canvas is drawn anew. */
export function useTheme(): string {
  const [theme, setTheme] = useState(() => document.documentElement.dataset.theme ?? '');
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(document.documentElement.dataset.theme ?? ''));
    observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    return () => observer.disconnect();
  }, []);
  return theme;
}

/** Options of the growth chart, in the colours and the type that the tokens have on this element now. */
export function chartOptions(
  element: HTMLElement,
  size: { width: number; height: number },
  onMove: (chart: uPlot) => void,
): uPlot.Options {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: token('--text-2'),
    font: `11px ${token('--font-ui')}`,
    grid: { stroke: token('--line'), width: 1 },
    ticks: { stroke: token('--line-strong'), width: 1, size: 4 },
    border: { show: true, stroke: token('--line-strong'), width: 1 },
    gap: 4,
  };
  return {
    ...size,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
    scales: { y: { range: (_, __, max) => [0, max === 0 ? 1 : max * 1.05] } },
    axes: [
      { ...axis, size: 26, space: 80, values: (_, values) => timeLabels(values) },
      {
        ...axis,
        size: 56,
        space: 32,
        incrs: BINARY_STEPS,
        values: (_, values) => values.map((one) => sizeText(String(one))),
      },
    ],
    series: [
      {},
      {
        stroke: token('--upper'),
        fill: token('--upper-bg'),
        width: 1.5,
        points: { show: false },
        ...(uPlot.paths.stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {}),
      },
    ],
    hooks: { setCursor: [onMove] },
  };
}

/** 1, 2, 5, 10, 20, 50, 100, 200, 500 of each binary unit: so that the axis says round sizes. */
const BINARY_STEPS = [0, 1, 2, 3, 4, 5].flatMap((power) =>
  [1, 2, 5, 10, 20, 50, 100, 200, 500].map((step) => step * 1024 ** power),
);
