import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layerRanges, runsOf } from './ranges.ts';

describe('layerRanges', () => {
  it('joins runs and keeps the upper apart', () => {
    expect(layerRanges([0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11])).toBe('U, 1–6, 8–11');
    expect(layerRanges([13, 15, 16, 17])).toBe('13, 15–17');
    expect(layerRanges([0])).toBe('U');
    expect(layerRanges([0, 1])).toBe('U, 1');
    expect(layerRanges([])).toBe('');
  });

  it('names each layer once, whatever the set', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 60 })), (set) => {
        const layers = [...set].sort((a, b) => a - b);
        const text = layerRanges(layers);
        const back = text === '' ? [] : text.split(', ').flatMap((part) => expand(part));
        expect(back).toEqual(layers);
      }),
    );
  });
});

function expand(part: string): number[] {
  const [from, to] = part.split('–').map((end) => (end === 'U' ? 0 : Number(end)));
  return Array.from({ length: (to ?? from ?? 0) - (from ?? 0) + 1 }, (_, i) => (from ?? 0) + i);
}

describe('runsOf', () => {
  it('joins neighbours of one key, never over another, and leaves null alone', () => {
    const runs = runsOf(['a1', 'a2', 'x', 'y', 'a3'], (item) => (item.startsWith('a') ? 'a' : null));
    expect(runs).toEqual([['a1', 'a2'], ['x'], ['y'], ['a3']]);
  });

  it('loses nothing of 500 layers', () => {
    const layers = Array.from({ length: 500 }, (_, i) => i);
    const runs = runsOf(layers, (layer) => (layer % 100 === 7 ? null : 'absent'));
    expect(runs.length).toBe(11);
    expect(runs.flat()).toEqual(layers);
  });
});
